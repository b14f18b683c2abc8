# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Read, plan, (in check mode stop,) apply, verify: the one way every component takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, ForeignError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import ENVIRONMENT_TAG, STACK_TAG, Kind
from ansible_collections.calstack.aws.plugins.module_utils._core.plan import Change, plan
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import (
    Found,
    Known,
    Wanted,
    known,
    references,
    resolve,
)

VERIFY_SECONDS = 30.0
READERS = 8


@dataclass(frozen=True)
class Result:
    """What was done, and every resource of the component as it is now (in check mode: as it was)."""

    changes: tuple[Change, ...]
    found: tuple[Found, ...]


def converge(
    kinds: Sequence[Kind],
    wanted: Sequence[Wanted],
    *,
    check: bool = False,
    guard: Callable[[Sequence[Change]], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Result:
    """Make the scope of `kinds` hold exactly `wanted`; nothing wanted takes everything down.

    `kinds` are in order of use: what is used by others first. A run that was killed is completed by the next,
    because each run starts from what is there. `guard` sees the plan, in check mode too, before anything is changed,
    and raises what speaks against it.

    Raises CalstackError.
    """
    if strange := {item.kind for item in wanted} - {kind.kind for kind in kinds}:
        raise CalstackError(f"nobody converges {', '.join(sorted(strange))}: this is a bug of the component.")
    found = read(kinds, wanted)
    changes = _plan(kinds, wanted, found)
    if guard:
        guard(changes)
    if check or not changes:
        return Result(tuple(changes), tuple(found))
    _apply(kinds, changes, found)
    return Result(tuple(changes), tuple(_verify(kinds, wanted, clock, sleep)))


def read(kinds: Sequence[Kind], wanted: Sequence[Wanted]) -> list[Found]:
    """Everything there is, in the order of `kinds`. Raises ForeignError for what has our name but another owner."""

    def one(kind: Kind) -> list[Found]:
        with doing(f"reading {kind.kind}s of {kind.scope.stack}"):
            return kind.read([item for item in wanted if item.kind == kind.kind])

    with ThreadPoolExecutor(READERS) as pool:
        found = [(kind, item) for kind, items in zip(kinds, pool.map(one, kinds), strict=True) for item in items]
    for kind, item in found:
        _refuse_foreign(kind, item)
    return [item for _kind, item in found]


def _refuse_foreign(kind: Kind, item: Found) -> None:
    tags = item.properties.get("tags")
    if tags is None or (kind.adopts and ENVIRONMENT_TAG not in tags):
        return
    scope = kind.scope
    if (tags.get(ENVIRONMENT_TAG), tags.get(STACK_TAG)) != (scope.environment, scope.stack):
        raise ForeignError(item.kind, item.name, item.id, {ENVIRONMENT_TAG: scope.environment, STACK_TAG: scope.stack})


def _plan(kinds: Sequence[Kind], wanted: Sequence[Wanted], found: Sequence[Found]) -> list[Change]:
    return plan(wanted, found, {kind.kind: kind.fixed for kind in kinds})


def _apply(kinds: Sequence[Kind], changes: Sequence[Change], found: Sequence[Found]) -> None:
    by_kind = {kind.kind: kind for kind in kinds}
    there = known(list(found))
    created: list[Found] = []

    def settle(items: list[Found]) -> None:
        for item in items:
            created.remove(item)
            with doing(f"waiting for {item.kind} {item.name}"):
                there[item.kind, item.name] = by_kind[item.kind].settle(item)

    for change in changes:
        kind = by_kind[change.kind]
        # Nothing is waited for before it is used: what takes AWS minutes becomes ready while the rest is made.
        settle(_needed(change, created))
        with doing(f"{change.action} {change.kind} {change.name}"):
            item = _make(kind, change, there)
        if item:
            there[item.kind, item.name] = item
            created.append(item)
    settle(list(created))


def _needed(change: Change, created: Sequence[Found]) -> list[Found]:
    """What must be ready before `change`: what it refers to; all, before anything is deleted that they replace."""
    if change.wanted is None:
        return list(created)
    used = {(ref.kind, ref.name) for ref in references((change.wanted.properties, change.wanted.initial))}
    return [item for item in created if (item.kind, item.name) in used]


def _make(kind: Kind, change: Change, there: Known) -> Found | None:
    """One change; returns what was created."""
    if change.wanted is None:
        if change.found:
            kind.delete(change.found)
        return None
    for ref in references((change.wanted.properties, change.wanted.initial)):
        if (ref.kind, ref.name) not in there:
            raise CalstackError(
                f"it refers to {ref.kind} {ref.name}, which nobody makes: this is a bug of the component."
            )
    properties = resolve(change.wanted.properties, there)
    if change.found is None:
        return kind.create(change.name, properties | resolve(change.wanted.initial, there))
    kind.update(change.found, {key: properties[key] for key in change.after}, properties)
    return None


def _verify(
    kinds: Sequence[Kind],
    wanted: Sequence[Wanted],
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> list[Found]:
    """Read again until nothing is left to do: AWS's describe calls lag a few seconds behind."""
    end = clock() + VERIFY_SECONDS
    while left := _plan(kinds, wanted, found := read(kinds, wanted)):
        if clock() >= end:
            names = ", ".join(f"{change.action} {change.kind} {change.name}" for change in left)
            raise CalstackError(f"AWS took all changes, but read back afterwards these are not there: {names}.")
        sleep(0.5)
    return found
