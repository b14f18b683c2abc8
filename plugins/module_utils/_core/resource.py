# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What is wanted and what is there, in the same words, so that they can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

KNOWN_AFTER_APPLY = "(known after apply)"
"""Stands for an id that AWS has not given out yet: only check mode ever shows it."""


@dataclass(frozen=True)
class Ref:
    """An attribute of another resource of the same component, which may not exist yet."""

    kind: str
    name: str
    attribute: str = "id"


@dataclass(frozen=True)
class Wanted:
    """A resource as it should be.

    `properties` converge on every run. `initial` is used when the resource is created and never looked at
    again: it belongs to somebody else from then on (weights, images and desired counts to the release).
    Values are plain JSON-like data, sequences are tuples, what has no order is a frozenset, and a Ref may stand for
    any value.
    """

    kind: str
    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    initial: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """A resource as AWS describes it, normalised: `properties` has the keys and shapes of Wanted's.

    `attributes` is what other resources may refer to besides the id (`arn`, `dns_name`, …).
    """

    kind: str
    name: str
    id: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)


Known = Mapping[tuple[str, str], Found]
"""Resources that exist, by kind and name."""


def known(found: tuple[Found, ...] | list[Found]) -> dict[tuple[str, str], Found]:
    return {(item.kind, item.name): item for item in found}


def resolve(value: Any, there: Known) -> Any:
    """`value` with each Ref replaced by what it refers to, or by KNOWN_AFTER_APPLY."""
    if isinstance(value, Ref):
        item = there.get((value.kind, value.name))
        if item is None:
            return KNOWN_AFTER_APPLY
        return item.id if value.attribute == "id" else item.attributes[value.attribute]
    if isinstance(value, Mapping):
        return {key: resolve(item, there) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(resolve(item, there) for item in value)
    if isinstance(value, frozenset):
        return frozenset(resolve(item, there) for item in value)
    return value


def references(value: Any) -> Iterator[Ref]:
    """Every Ref within `value`."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, tuple | frozenset):
        for item in value:
            yield from references(item)
