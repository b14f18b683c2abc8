# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""mongosync: MongoDB's own program for a copy that follows the source, driven over its HTTP API.

It keeps its state in the target (the database __mdb_internal_mongosync), so each stage starts it, waits for what the
stage is about, and ends it again: a stage that was killed, or the next one, goes on from there.
"""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError, NotReadyError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.child import Child, nameless
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.job import EngineError, Job, Tell
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.mongosync_api import (
    HOST,
    SOURCE,
    TARGET,
    MongosyncApi,
    Progress,
    RefusedError,
    UnansweredError,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.uris import Mask, config_line

PORT = 27182
"""mongosync's own default. It is fixed, so that a second mongosync on this machine is noticed."""

ANSWERS_AFTER = 600.0
"""Seconds within which it must answer. After a restart it may take more than two minutes, says its documentation."""

COMMITS_AFTER = 3600.0
"""Seconds that the cut-over may take: it builds what is left of the indexes."""

LAG = 10.0
"""Seconds behind that count as caught up: it writes to the source every few seconds itself, so 0 is not reached."""

LOOKS = 2
"""In a row, which must find it caught up."""

EVERY = 2.0
"""Seconds between two looks."""


@dataclass(frozen=True)
class Mongosync:
    """The engine. Give it the path of the program: see `download.mongosync`. Raises as its methods say.

    All of them can be called again, in any order, by any process, while no other one runs: what has been reached is
    not done twice.
    """

    program: Path
    port: int = PORT
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    name = "mongosync"
    follows = True
    """It follows the source: the stages are copy, catch up, freeze, verify."""

    def copy(self, job: Job, tell: Tell) -> Progress:
        """Begin or go on, until the first copy is complete and changes are being applied. Raises EngineError."""
        with self._running(job) as sync:
            return sync.until(lambda seen: seen.can_commit or seen.can_write, tell)

    def catch_up(self, job: Job, tell: Tell, lag: float = LAG) -> Progress:
        """Until the target is at most `lag` seconds behind, in two looks. Raises EngineError."""
        with self._running(job) as sync:
            return sync.until(_caught_up(lag), tell)

    def commit(self, job: Job, tell: Tell) -> Progress:
        """Cut over, after all writes to the source have been stopped; the target may be written from then on.

        A write to the source that comes later is lost, so freeze first. Raises EngineError or NotReadyError.
        """
        with self._running(job) as sync:
            if not sync.until(lambda seen: seen.can_commit or _committing(seen), tell).state.startswith("COMMITT"):
                sync.commit()
            return sync.until(lambda seen: seen.can_write, tell, COMMITS_AFTER)

    @contextmanager
    def _running(self, job: Job) -> Iterator[Sync]:
        """mongosync as a child, which has ended when the block is left."""
        _alone(self.port)
        mask = Mask((job.source_uri, job.target_uri))
        with (
            # It writes its metrics to wherever it is started.
            tempfile.TemporaryDirectory(dir=job.workdir) as place,
            nameless(config(job, self.port), job.workdir) as (path, descriptor),
            Child(
                [str(self.program), "--config", path], mask, SimpleQueue(), inherit=(descriptor,), cwd=Path(place)
            ) as child,
        ):
            yield Sync(job, MongosyncApi(self.port, mask), child, self.clock, self.sleep)


class Sync:
    """A mongosync that runs."""

    def __init__(
        self,
        job: Job,
        api: MongosyncApi,
        child: Child,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._job, self._api, self._child, self._clock, self._sleep = job, api, child, clock, sleep
        self._answered = False

    def until(self, reached: Callable[[Progress], bool], tell: Tell, seconds: float | None = None) -> Progress:
        """Start or resume it where needed, and look every few seconds until `reached`.

        Raises EngineError when it ends or refuses, NotReadyError after `seconds`, or when it does not answer at all.
        """
        began = answered = self._clock()
        last = "no answer yet"
        while True:
            try:
                seen = self._look()
            except UnansweredError as error:
                last = f"no answer ({error})"
                if self._clock() - answered > ANSWERS_AFTER:
                    raise NotReadyError("mongosync", ANSWERS_AFTER, last) from error
            else:
                answered, last = self._clock(), seen.words
                tell.status(last)
                if reached(seen):
                    return seen
            if seconds is not None and self._clock() - began > seconds:
                raise NotReadyError("mongosync's cut-over", seconds, last)
            self._sleep(EVERY)

    def commit(self) -> None:
        """Ask for the cut-over. Raises EngineError."""
        try:
            self._api.commit()
        except UnansweredError as error:
            raise EngineError(
                f"mongosync was asked to cut over and did not answer: {error}. Run it again: it goes on from here."
            ) from error

    def _look(self) -> Progress:
        self._alive()
        seen = self._progress()
        match seen.state:
            case "IDLE":
                self._unless_moved(seen.state, lambda: self._api.start(self._job.databases))
            case "PAUSED":
                self._unless_moved(seen.state, self._api.resume)
            case "REVERSING":
                raise EngineError(
                    "mongosync is reversing: it copies from the target to the source. This migration has not asked for "
                    "that. End whatever drives mongosync, and look at both clusters before you run it again."
                )
        return seen

    def _progress(self) -> Progress:
        try:
            seen = self._api.progress()
        except RefusedError as error:
            # While it starts, says its documentation, it may fail and is to be asked again.
            if not self._answered:
                raise UnansweredError(str(error)) from error
            raise
        self._answered = True
        return seen

    def _unless_moved(self, before: str, ask: Callable[[], None]) -> None:
        """`ask`; a refusal counts only while the state is still the one before: mongosync moves by itself as well."""
        try:
            ask()
        except RefusedError:
            if self._progress().state == before:
                raise

    def _alive(self) -> None:
        code = self._child.code()
        if code is None:
            return
        words = "".join(f"\n  {line}" for line in self._child.last()) or " nothing"
        raise EngineError(
            f"mongosync has ended with exit code {code}. It said last:{words}\n"
            f"When that is mended, run it again: it goes on from its state in the target."
        )


def config(job: Job, port: int) -> str:
    """mongosync's configuration, https://www.mongodb.com/docs/mongosync/current/reference/configuration/, in YAML."""
    settings = {
        SOURCE: job.source_uri,
        TARGET: job.target_uri,
        "port": port,
        "verbosity": "WARN",
        "acceptDisclaimer": True,
        "disableTelemetry": True,
    }
    return "".join(config_line(key, value) for key, value in settings.items())


def _caught_up(lag: float) -> Callable[[Progress], bool]:
    looks = 0

    def reached(seen: Progress) -> bool:
        nonlocal looks
        near = seen.can_commit and seen.lag is not None and seen.lag <= lag
        looks = looks + 1 if near else 0
        return looks >= LOOKS or _committing(seen)

    return reached


def _committing(seen: Progress) -> bool:
    return seen.state in ("COMMITTING", "COMMITTED")


def _alone(port: int) -> None:
    """Raises InputError when something listens on `port`: two mongosyncs must not write to one target."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        if probe.connect_ex((HOST, port)) == 0:
            raise InputError(
                f"Something listens on {HOST}:{port} already, perhaps the mongosync of an earlier run. End it, or give "
                f"another port if it has nothing to do with this migration (migrate_mongosync_port)."
            )
