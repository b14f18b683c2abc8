# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What proves two collections equal: hashes over their documents' raw BSON, in the order of `_id`. Pure.

Documents are hashed in blocks of a fixed number, so that two sides can be compared while they are read, and a
difference is found without a second read of what was equal. A collection's hash is over those of its blocks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

BLOCK = 1000
"""Documents a block."""
SIZE = 16
"""Bytes of a hash (BLAKE2b)."""


@dataclass(frozen=True)
class Block:
    """`last` is the last document, from which the next block can be found."""

    hash: bytes
    documents: int
    last: Any


def blocks(documents: Iterable[Any]) -> Iterator[Block]:
    """The blocks of RawBSONDocuments."""
    digest, count, last = _new(), 0, None
    for last in documents:
        digest.update(last.raw)
        count += 1
        if count == BLOCK:
            yield Block(digest.digest(), count, last)
            digest, count = _new(), 0
    if count:
        yield Block(digest.digest(), count, last)


class Fold:
    """A collection's hash, block by block."""

    def __init__(self) -> None:
        self._digest = _new()
        self.documents = 0

    def add(self, block: Block) -> None:
        self._digest.update(block.hash)
        self.documents += block.documents

    @property
    def hash(self) -> str:
        return self._digest.hexdigest()


def first_difference(source: Iterable[Any], target: Iterable[Any]) -> tuple[Any, Any] | None:
    """The first two documents, in the same order, that are not the same; None in place of one that is not there."""
    one, other = iter(source), iter(target)
    while True:
        left, right = next(one, None), next(other, None)
        if left is None and right is None:
            return None
        if left is None or right is None or left.raw != right.raw:
            return left, right


def _new() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=SIZE)
