# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The proof: both sides read in the order of `_id` at once, hashed, and compared block by block."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._migrate.copy import documents
from ansible_collections.calstack.aws.plugins.module_utils._migrate.digest import Block, Fold, blocks, first_difference
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Namespace
from ansible_collections.calstack.aws.plugins.module_utils._migrate.progress import Count
from ansible_collections.calstack.aws.plugins.module_utils._migrate.server import Server

AHEAD = 8
"""Blocks that one side may be read ahead of the other."""


@dataclass(frozen=True)
class Verified:
    """A collection that is the same on both sides: so many documents with this hash (see digest)."""

    namespace: str
    documents: int
    hash: str
    indexes: int

    def report(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Unequal:
    """A collection that is not, and where the first difference is."""

    namespace: str
    where: str

    def __str__(self) -> str:
        return f"{self.namespace}: {self.where}"


def compare(
    source: Server, target: Server, namespace: Namespace, indexes: int, count: Callable[[Count], None]
) -> Verified | Unequal:
    """Compare a collection's documents; `count` is told of each block."""
    fold = Fold()
    before: Any = None
    with _Ahead(source, namespace) as here, _Ahead(target, namespace) as there:
        while True:
            one, other = here.next(), there.next()
            if one is None and other is None:
                return Verified(str(namespace), fold.documents, fold.hash, indexes)
            if one is None or other is None or one.hash != other.hash:
                break
            fold.add(one)
            before = one.last
            count(Count(one.documents))
    return _locate(source, target, namespace, before)


def _locate(source: Server, target: Server, namespace: Namespace, after: Any) -> Verified | Unequal:
    """Where the first difference behind the document `after` is."""
    found = first_difference(documents(source, namespace, after), documents(target, namespace, after))
    if found is None:
        return Unequal(str(namespace), "it changed while it was compared")
    here, there = found
    if here is None:
        return Unequal(str(namespace), f"only the target has _id {_shown(there)}")
    if there is None:
        return Unequal(str(namespace), f"only the source has _id {_shown(here)}")
    if here["_id"] == there["_id"]:
        return Unequal(str(namespace), f"the documents with _id {_shown(here)} differ")
    return Unequal(str(namespace), f"where the source has _id {_shown(here)} the target has _id {_shown(there)} next")


def _shown(document: Any) -> str:
    text = repr(document["_id"])
    return text if len(text) <= 100 else f"{text[:97]}..."


class _Ahead:
    """A side's blocks, read in a thread so that both sides work at once."""

    def __init__(self, server: Server, namespace: Namespace) -> None:
        self._blocks: queue.Queue[Any] = queue.Queue(AHEAD)
        self._over = threading.Event()
        self._found: Iterator[Block] = blocks(documents(server, namespace))
        self._thread = threading.Thread(target=self._read, name=f"hash {namespace}", daemon=True)

    def next(self) -> Block | None:
        """None: there are no more. Raises what reading raised."""
        found = self._blocks.get()
        if isinstance(found, BaseException):
            raise found
        block: Block | None = found
        return block

    def _read(self) -> None:
        try:
            for block in self._found:
                self._put(block)
                if self._over.is_set():
                    return
            self._put(None)
        except BaseException as error:  # handed over to whoever compares, who raises it
            self._put(error)

    def _put(self, item: Any) -> None:
        while not self._over.is_set():
            try:
                self._blocks.put(item, timeout=0.2)
            except queue.Full:
                continue
            return

    def __enter__(self) -> _Ahead:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
