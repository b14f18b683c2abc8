# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The plan: what has to change for what is there to be what is wanted. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import AmbiguousError, FixedPropertyError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Known, Wanted, known, resolve

Action = Literal["create", "update", "delete"]


@dataclass(frozen=True)
class Change:
    """One step. `before` and `after` hold only the properties that the step changes."""

    action: Action
    kind: str
    name: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    wanted: Wanted | None = None
    found: Found | None = None


def plan(
    wanted: Sequence[Wanted], found: Sequence[Found], fixed: Mapping[str, frozenset[str]] | None = None
) -> list[Change]:
    """The changes in the order to make them: creations and updates as `wanted` lists them, then deletions.

    What is found but not wanted is deleted, users before what they use: `found` lists what is used first.
    `fixed` names, by kind, the properties AWS cannot change.

    Raises AmbiguousError where two resources have the same kind and name, FixedPropertyError where a fixed
    property would have to change.
    """
    _refuse_twins(found)
    there = known(list(found))
    changes = [change for item in wanted if (change := _change(item, there, fixed or {}))]
    keep = {(item.kind, item.name) for item in wanted}
    return changes + [
        Change("delete", item.kind, item.name, before=item.properties, found=item)
        for item in reversed(found)
        if (item.kind, item.name) not in keep
    ]


def _refuse_twins(found: Sequence[Found]) -> None:
    for (kind, name), times in Counter((item.kind, item.name) for item in found).items():
        if times > 1:
            first, second = [item.id for item in found if (item.kind, item.name) == (kind, name)][:2]
            raise AmbiguousError(kind, name, (first, second))


def _change(item: Wanted, there: Known, fixed: Mapping[str, frozenset[str]]) -> Change | None:
    old = there.get((item.kind, item.name))
    after = resolve(item.properties, there)
    if old is None:
        return Change("create", item.kind, item.name, after=after | resolve(item.initial, there), wanted=item)
    different = [key for key, value in after.items() if not _same(key, value, old.properties.get(key))]
    if not different:
        return None
    for key in different:
        if key in fixed.get(item.kind, ()):
            raise FixedPropertyError(item.kind, item.name, key, old.properties.get(key), after[key])
    return Change(
        "update",
        item.kind,
        item.name,
        before={key: old.properties.get(key) for key in different},
        after={key: after[key] for key in different},
        wanted=item,
        found=old,
    )


def _same(key: str, wanted: Any, there: Any) -> bool:
    """Tags that somebody else has added are left alone; everything else must be equal."""
    if key == "tags":
        return bool(wanted.items() <= (there or {}).items())
    return bool(wanted == there)
