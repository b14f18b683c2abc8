# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A side's change stream: what was written since a position, in batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import doing
from ansible_collections.calstack.aws.plugins.module_utils._migrate.server import Server
from ansible_collections.calstack.aws.plugins.module_utils._migrate.state import token

EVENTS = 5000
"""The most events of a batch: applying it takes about a second, and that much is applied again after a kill."""
BYTES = 16 * 1024 * 1024
"""The most bytes of a batch, as far as single events allow (they have up to 16 MiB)."""
SECONDS = 1.0
"""How long a batch is gathered while events come."""
AWAIT_MS = 250
"""Milliseconds that the server holds a request while nothing happens."""


@dataclass(frozen=True)
class Batch:
    """`token` is the position after the last event; `last` that event's cluster time in seconds since 1970."""

    events: tuple[Any, ...] = field(repr=False)
    token: Mapping[str, Any]
    last: int | None


class Stream:
    """An open change stream."""

    def __init__(self, stream: Any, side: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._side = side
        self._clock = clock

    def position(self) -> Mapping[str, Any]:
        """Where it is now."""
        return token(self._stream.resume_token)

    def read(self, events: int = EVENTS, seconds: float = SECONDS) -> Batch:
        """The next events, or none if there are none for AWAIT_MS. Raises LostTokenError, MigrationError."""
        read: list[Any] = []
        held, end = 0, self._clock() + seconds
        with doing(f"following the {self._side}"):
            while len(read) < events and held < BYTES:
                event = self._stream.try_next()
                if event is None:
                    break
                read.append(event)
                held += len(event.raw)
                # With a steady trickle there is always one more.
                if self._clock() >= end:
                    break
        last = read[-1]["clusterTime"].time if read else None
        return Batch(tuple(read), self.position(), last)


@contextmanager
def follow(server: Server, databases: Sequence[str], position: Mapping[str, Any] | None = None) -> Iterator[Stream]:
    """The changes of `databases` since `position`; None: from now on.

    One database is watched by itself, which a user with `read` on it may; several in one stream of the whole cluster.
    """
    options: dict[str, Any] = {"full_document": "updateLookup", "max_await_time_ms": AWAIT_MS}
    if position is not None:
        options["resume_after"] = position
    # Large updates would be told twice, and events have the size limit of documents.
    pipeline: list[dict[str, Any]] = [{"$project": {"updateDescription": 0}}]
    watched: Any = server.client[databases[0]] if len(databases) == 1 else server.client
    if len(databases) > 1:
        ours = {"$in": list(databases)}
        pipeline.insert(0, {"$match": {"$or": [{"ns.db": ours}, {"to.db": ours}]}})
    with doing(f"following the {server.side}"):
        stream = watched.watch(pipeline, **options)
    try:
        yield Stream(stream, server.side)
    finally:
        stream.close()
