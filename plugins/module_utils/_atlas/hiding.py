# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Secrets that must not show in a message: Atlas repeats what it was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._secrets.mask import masks

STARS = "********"


class Hidden:
    """The secrets seen so far, in all shapes; `tell` is told of the shapes too."""

    def __init__(self, tell: Callable[[Iterable[str]], None]) -> None:
        self._tell = tell
        self._shapes: set[str] = set()

    def add(self, secrets: Iterable[str]) -> None:
        values = [secret for secret in secrets if secret]
        shapes = masks(values, ())
        self._tell(shapes)
        # A password that is too short for `masks` is one that Atlas complains about, and may quote.
        self._shapes = self._shapes | shapes | set(values)

    def out_of(self, text: str) -> str:
        """`text` with stars for secrets, the longest first, so that no rest of one stays."""
        for shape in sorted(self._shapes, key=len, reverse=True):
            text = text.replace(shape, STARS)
        return text


def passwords(body: Any) -> Iterator[str]:
    """Every password within the body of a request."""
    if isinstance(body, Mapping):
        for key, value in body.items():
            if key == "password" and isinstance(value, str):
                yield value
            else:
                yield from passwords(value)
    elif isinstance(body, list | tuple):
        for item in body:
            yield from passwords(item)
