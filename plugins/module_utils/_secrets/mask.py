# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The shapes in which a value could show up in a message. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

SHORTEST = 8
"""Of shorter values every text has some by chance: Ansible would star out account numbers and ARNs."""


def masks(values: Iterable[Any], public: Iterable[str]) -> set[str]:
    """What to star out for `values`, except what is part of the `public` names anyway."""
    names = list(public)
    shapes = {shape for value in values for part in parts(value) for shape in _shapes(part)}
    return {shape for shape in shapes if len(shape) >= SHORTEST and not any(shape in name for name in names)}


def parts(value: Any) -> Iterator[str]:
    """A value and the secrets inside it: the leaves of JSON, the password of a connection string."""
    if isinstance(value, Mapping):
        yield json.dumps(value)
        for item in value.values():
            yield from parts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from parts(item)
    elif isinstance(value, str):
        yield value
        yield from _inside(value)


def _inside(text: str) -> Iterator[str]:
    try:
        inner = json.loads(text)
    except ValueError:
        inner = None
    if isinstance(inner, dict | list):
        yield from parts(inner)
    try:
        password = urlsplit(text).password
    except ValueError:
        password = None
    if password:
        yield from (password, unquote(password))


def _shapes(text: str) -> Iterator[str]:
    yield text
    yield text.strip()
    yield json.dumps(text)[1:-1]
    yield quote(text, safe="")
    yield quote(text)
    yield quote_plus(text)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # Without padding too, and cut to whole groups, so that more text after it changes nothing.
        encoded = encode(text.encode()).decode()
        yield encoded
        yield encode(text.encode()[: len(text.encode()) // 3 * 3]).decode()
