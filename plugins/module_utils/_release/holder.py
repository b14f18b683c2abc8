# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Who holds an environment's lock, and what a person is told about it. Pure."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._release import document
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Request

LOCK = {"pk": {"S": "lock"}, "sk": {"S": "lock"}}
"""The lock's key: one item a table."""


@dataclass(frozen=True)
class Holder:
    """A controller: the caller's ARN, its host and process, and a token that no other run has."""

    by: str
    host: str
    pid: int
    token: str = field(default_factory=lambda: uuid4().hex)

    def __str__(self) -> str:
        return f"{self.by} on {self.host} (process {self.pid})"


@dataclass(frozen=True)
class Held:
    """The lock while somebody holds it.

    Times are by the holder's clock, `lease` is in seconds, `beat` counts heartbeats. `release_id` is empty until
    something has been recorded under the lock.
    """

    holder: Holder
    generation: int
    since: float
    beat: int
    beat_at: float
    lease: float
    release_id: str = ""
    request: Request | None = None

    @property
    def expires(self) -> float:
        return self.beat_at + self.lease

    def age(self, now: float) -> float:
        """Seconds since the last heartbeat; 0 where the holder's clock is ahead."""
        return max(0.0, now - self.beat_at)


class Fence(Protocol):
    """What a writer shows: once its lock has been taken over, the token is another and the generation higher."""

    @property
    def token(self) -> str: ...

    @property
    def generation(self) -> int: ...


class LockHeldError(CalstackError):
    """Another controller, which lives, works on the environment's releases."""

    def __init__(self, table: str, held: Held, now: float) -> None:
        self.held = held
        work = f"release {held.release_id}" if held.release_id else "a release"
        super().__init__(
            f"{held.holder} works on {work} since {_clock(held.since)}: it holds the lock in {table}, and its last "
            f"heartbeat was {held.age(now):.0f} s ago. Nothing has been changed. playbooks/status.yml shows how far it "
            f"is; playbooks/rollback.yml asks it to stop and puts everything back."
        )


class LockLostError(CalstackError):
    """The lock is not ours any more: whatever this controller still has in mind, it must not do it."""

    def __init__(self, table: str, why: str) -> None:
        super().__init__(
            f"this run has lost the lock in {table}: {why}. It stops here and changes nothing more. "
            f"playbooks/status.yml shows who works on the release now, and where it is."
        )


def ours(lock: Fence, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The condition of a write that only the lock's holder may make; `values` are what else the write names."""
    own = {":token": {"S": lock.token}, ":generation": {"N": str(lock.generation)}}
    return {
        "ConditionExpression": "#token = :token AND generation = :generation",
        "ExpressionAttributeNames": {"#token": "token"},
        "ExpressionAttributeValues": {**own, **(values or {})},
    }


def to_item(held: Held) -> dict[str, Any]:
    """The lock's item."""
    who = {"by": held.holder.by, "host": held.holder.host, "pid": held.holder.pid}
    item: dict[str, Any] = {
        "token": {"S": held.holder.token},
        "holder": {"S": json.dumps(who)},
        "generation": {"N": str(held.generation)},
        "since": {"N": seconds(held.since)},
        "beat": {"N": str(held.beat)},
        "beat_at": {"N": seconds(held.beat_at)},
        "lease": {"N": seconds(held.lease)},
    }
    if held.release_id:
        item["release"] = {"S": held.release_id}
    if held.request:
        item["request"] = request_value(held.request)
    return LOCK | item


def to_held(item: Mapping[str, Any]) -> Held | None:
    """What the lock's item says; None where nobody holds it."""
    if "token" not in item:
        return None
    who = json.loads(item["holder"]["S"])
    request = item.get("request")
    return Held(
        holder=Holder(who["by"], who["host"], who["pid"], item["token"]["S"]),
        generation=int(item["generation"]["N"]),
        since=float(item["since"]["N"]),
        beat=int(item["beat"]["N"]),
        beat_at=float(item["beat_at"]["N"]),
        lease=float(item["lease"]["N"]),
        release_id=item.get("release", {}).get("S", ""),
        request=document.to_request(json.loads(request["S"])) if request else None,
    )


def request_value(request: Request) -> dict[str, str]:
    return {"S": json.dumps(document.from_request(request), sort_keys=True)}


def seconds(value: float) -> str:
    return f"{value:.3f}"


def taken(held: Held | None) -> str:
    """Why a lock is not ours, by who has it now."""
    return f"{held.holder} took it over at {_clock(held.since)}" if held else "nobody holds it any more"


def _clock(moment: float) -> str:
    return time.strftime("%H:%M:%S UTC", time.gmtime(moment))
