# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Following a side: batch after batch onto the other one, each position saved when what comes before it is applied."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._migrate.apply import Applier
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import StillWrittenError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.events import Operation, operation
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Namespace
from ansible_collections.calstack.aws.plugins.module_utils._migrate.progress import Teller, duration
from ansible_collections.calstack.aws.plugins.module_utils._migrate.server import Server
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stream import Batch, Stream

LOOKS = 2
"""Looks in a row with little lag that count as caught up: one could be luck."""


@dataclass
class Followed:
    """What came of following: `operations` that were read, `written` as writes on the other side, and in which
    collections."""

    operations: int = 0
    written: int = 0
    touched: set[Namespace] = field(default_factory=set)


@dataclass(frozen=True)
class Follower:
    """`save` stores a position with the keys that were put aside up to there and the number of operations."""

    stream: Stream
    applier: Applier
    since: Server
    save: Callable[[Mapping[str, Any], int], None]
    tell: Teller
    clock: Callable[[], float] = field(default=time.monotonic)

    def until_near(self, lag: float) -> Followed:
        """Until the other side is less than `lag` seconds behind, twice in a row."""
        followed, near = Followed(), 0
        while near < LOOKS:
            batch = self._step(followed)
            behind = 0.0 if batch.last is None else max(0.0, self.since.clock() - batch.last)
            near = near + 1 if behind < lag else 0
            self.tell.status(f"catching up: {followed.operations:,} writes repeated, {duration(behind)} behind")
        return followed

    def until_quiet(self, seconds: float, *, since: Any = None, exempt: Collection[Namespace] = ()) -> Followed:
        """Until nothing has come for `seconds`. Deletes in the `exempt` collections do not count: documents expire.

        `since` is the operation time after which there should be no writes: those that come nevertheless are applied,
        then StillWrittenError is raised. None: writes only make it last longer.
        """
        followed = Followed()
        quiet_from = self.clock()
        while True:
            batch = self._step(followed)
            if since is not None and (found := late(batch, since, exempt)):
                raise StillWrittenError(self.since.side, found)
            if late(batch, None, exempt):
                quiet_from = self.clock()
            quiet = self.clock() - quiet_from
            if quiet >= seconds and _at_end(batch, since):
                return followed
            self.tell.status(
                f"waiting until the {self.since.side} is quiet: {followed.operations:,} writes repeated, "
                f"nothing new for {duration(quiet)} of {duration(seconds)}"
            )

    def _step(self, followed: Followed) -> Batch:
        batch = self.stream.read()
        operations: list[Operation] = []
        try:
            for event in batch.events:
                found = operation(event)
                if found:
                    operations.append(found)
        finally:
            # What comes before a definition that changed is applied, but the position stays before it.
            followed.written += self.applier.apply(operations)
        followed.operations += len(operations)
        followed.touched |= {each.namespace for each in operations}
        if batch.events and self.applier.aside:
            self.applier.retry()
        self.save(batch.token, len(operations))
        return batch


def _at_end(batch: Batch, since: Any) -> bool:
    """Whether all that was written until `since` has been read; documents may go on expiring for ever."""
    return not batch.events or (since is not None and batch.events[-1]["clusterTime"] > since)


def late(batch: Batch, since: Any, exempt: Collection[Namespace]) -> dict[str, int]:
    """The writes after the operation time `since` (None: all), by collection."""
    counts: Counter[str] = Counter()
    for event in batch.events:
        names = event.get("ns") or {}
        namespace = Namespace(names.get("db", ""), names.get("coll", ""))
        expired = event["operationType"] == "delete" and namespace in exempt
        if not expired and not namespace.is_system and (since is None or event["clusterTime"] > since):
            counts[str(namespace)] += 1
    return dict(counts)
