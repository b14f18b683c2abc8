# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The lock of an environment's releases: a living holder is refused, a dead one survived.

Whether a holder lives is seen from its heartbeats while we watch; clocks of different machines are trusted to SKEW.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._release.holder import (
    LOCK,
    Held,
    Holder,
    LockHeldError,
    LockLostError,
    ours,
    request_value,
    seconds,
    taken,
    to_held,
    to_item,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Request
from ansible_collections.calstack.aws.plugins.module_utils._release.store import Store
from ansible_collections.calstack.aws.plugins.module_utils._release.table import Item, RefusedError

SKEW = 5.0
"""Seconds by which the clocks of two controllers may differ."""
BEATS = 4
"""Heartbeats in a lease: some may be lost."""


@dataclass
class Lock:
    """The lock, held. `expires` is when its lease ends, by `monotonic`; `request` is what somebody asked last."""

    store: Store
    holder: Holder
    generation: int
    lease: float
    expires: float
    request: Request | None = None
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic

    @property
    def token(self) -> str:
        return self.holder.token


def acquire(
    store: Store,
    holder: Holder,
    lease: float = 30.0,
    tell: Callable[[str], None] = lambda _: None,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Lock:
    """Take the lock for `lease` seconds; heartbeats (`heart.Heart`) keep it.

    Where somebody has it, watch the holder for `patience` seconds, and take over unless there is a heartbeat. `tell`
    is given the words for people. Called again with the same `holder` after a StoreUnavailableError, it goes on with
    the lock that it may have taken.

    Raises LockHeldError as soon as the holder shows that it lives.
    """
    watched: Held | None = None
    end = 0.0
    while True:
        now = monotonic()
        there = store.table.get(f"reading the lock in {store.table.name}", LOCK)
        held = to_held(there)
        if held and watched and _mark(held) != _mark(watched):
            raise LockHeldError(store.table.name, held, clock())
        if held is None or held.holder.token == holder.token or (watched and now >= end):
            try:
                item = _take(store, there, held, holder, lease, clock())
            except RefusedError as refused:
                faster = to_held(refused.there[0])
                if faster:
                    raise LockHeldError(store.table.name, faster, clock()) from refused
                continue
            return Lock(store, holder, item.generation, lease, now + lease, item.request, clock, monotonic)
        if watched is None:
            watched, end = held, now + patience(held, clock())
            tell(_waiting(store.table.name, held, end - now, clock()))
        sleep(min(1.0, lease / (2 * BEATS)))


def patience(held: Held, now: float) -> float:
    """How long, in seconds, a holder is watched without a heartbeat until it counts as dead. `now`: since the epoch.

    A whole lease without one is proof. It is less where the lease is over by the clocks, but never so short that a
    living holder's next heartbeat is missed: a clock that is wrong by hours must not cost it the lock.
    """
    return min(held.lease, max(1.5 * held.lease / BEATS, held.expires + SKEW - now))


def heartbeat(lock: Lock) -> Request | None:
    """Begin the lease anew, and see what somebody asks of us. Raises LockLostError."""
    now = lock.monotonic()
    values = {":one": {"N": "1"}, ":now": {"N": seconds(lock.clock())}}
    item = _ours(lock, "heartbeat of", "SET beat = beat + :one, beat_at = :now", values)
    lock.expires = now + lock.lease
    held = to_held(item)
    lock.request = held.request if held else None
    return lock.request


def clear_request(lock: Lock) -> None:
    """Take note of `lock.request`; one that has been made since stays. Raises LockLostError."""
    if lock.request is None:
        return
    answered, lock.request = lock.request, None
    condition = ours(lock, {":answered": request_value(answered)})
    condition["ExpressionAttributeNames"]["#request"] = "request"
    condition["ConditionExpression"] += " AND #request = :answered"
    words = f"answering a request at the lock in {lock.store.table.name}"
    try:
        lock.store.table.update(words, LOCK, "REMOVE #request", **condition)
    except RefusedError as refused:
        _check(lock, refused)


def release(lock: Lock) -> None:
    """Give the lock back; the generation stays for the next holder. Not ours any more is as good."""
    item: dict[str, Any] = LOCK | {"generation": {"N": str(lock.generation)}}
    try:
        lock.store.table.put(f"giving back the lock in {lock.store.table.name}", item, **ours(lock))
    except RefusedError:
        return


def look(store: Store) -> Held | None:
    """Who holds the lock; None: nobody."""
    return to_held(store.table.get(f"reading the lock in {store.table.name}", LOCK))


def ask(store: Store, request: Request) -> bool:
    """Leave a request for the holder, who sees it with its next heartbeat; False: nobody holds the lock.

    A pause does not take the place of an abort that is still to be answered.
    """
    condition: dict[str, Any] = {
        "ConditionExpression": "attribute_exists(#token)",
        "ExpressionAttributeNames": {"#token": "token", "#request": "request"},
        "ExpressionAttributeValues": {":request": request_value(request)},
    }
    if request.verb == "pause":
        condition["ConditionExpression"] += " AND (attribute_not_exists(#request) OR NOT contains(#request, :abort))"
        condition["ExpressionAttributeValues"][":abort"] = {"S": '"verb": "abort"'}
    words = f"asking the holder of the lock in {store.table.name} to {request.verb}"
    try:
        store.table.update(words, LOCK, "SET #request = :request", **condition)
    except RefusedError as refused:
        return to_held(refused.there[0]) is not None
    return True


def _take(store: Store, there: Item, held: Held | None, holder: Holder, lease: float, now: float) -> Held:
    """Put our item where exactly `there` is. Raises RefusedError where it has changed.

    Our own token counts as unchanged: botocore repeats a write whose answer was lost.
    """
    if held and held.holder.token == holder.token:
        mine = replace(held, beat=held.beat + 1, beat_at=now, lease=lease)
    else:
        generation = 1 + (int(there["generation"]["N"]) if there else _last_generation(store))
        mine = Held(holder, generation, now, 0, now, lease)
        if held:
            # What was asked of the dead holder, and not answered, is asked of us.
            mine = replace(mine, release_id=held.release_id, request=held.request)
    values: dict[str, Any] = {":mine": {"S": holder.token}}
    if held:
        unchanged = "#token = :token AND beat = :beat"
        values |= {":token": {"S": held.holder.token}, ":beat": {"N": str(held.beat)}}
    elif there:
        unchanged = "attribute_not_exists(#token) AND generation = :generation"
        values |= {":generation": there["generation"]}
    else:
        unchanged = "attribute_not_exists(pk)"
    store.table.put(
        f"taking the lock in {store.table.name}",
        to_item(mine),
        ConditionExpression=f"({unchanged}) OR #token = :mine",
        ExpressionAttributeNames={"#token": "token"},
        ExpressionAttributeValues=values,
    )
    return mine


def _last_generation(store: Store) -> int:
    """Where there is no lock item, it is the first release, or somebody has deleted the item: generations go on."""
    latest = store.latest()
    return latest.generation if latest else 0


def _ours(lock: Lock, doing: str, change: str, values: dict[str, Any]) -> Item:
    try:
        words = f"{doing} the lock in {lock.store.table.name}"
        return lock.store.table.update(words, LOCK, change, **ours(lock, values))
    except RefusedError as refused:
        _check(lock, refused)
        raise


def _check(lock: Lock, refused: RefusedError) -> None:
    held = to_held(refused.there[0])
    if held is None or (held.holder.token, held.generation) != (lock.token, lock.generation):
        raise LockLostError(lock.store.table.name, taken(held)) from refused


def _mark(held: Held) -> tuple[str, int]:
    return held.holder.token, held.beat


def _waiting(table: str, held: Held, wait: float, now: float) -> str:
    return (
        f"waiting up to {wait:.0f} s for the lock in {table}, which {held.holder} has: "
        f"its last heartbeat was {held.age(now):.0f} s ago"
    )
