# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""One run of ecs_blue_green: take the lock, see what there is, work on the release, tell what came of it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from ansible_collections.calstack.aws.plugins.module_utils._alb import origin
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import service_name
from ansible_collections.calstack.aws.plugins.module_utils._release import lock, plan
from ansible_collections.calstack.aws.plugins.module_utils._release.announcement import Notification, What
from ansible_collections.calstack.aws.plugins.module_utils._release.api import Look
from ansible_collections.calstack.aws.plugins.module_utils._release.controller import Controller
from ansible_collections.calstack.aws.plugins.module_utils._release.document import next_id
from ansible_collections.calstack.aws.plugins.module_utils._release.effects import Hands
from ansible_collections.calstack.aws.plugins.module_utils._release.entry import (
    Asked,
    CannotBeginError,
    Case,
    Circumstances,
    Outset,
    outset,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.follow import follow
from ansible_collections.calstack.aws.plugins.module_utils._release.gates import config
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.judge import refusals as alarm_refusals
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.metrics import Metrics
from ansible_collections.calstack.aws.plugins.module_utils._release.heart import Heart
from ansible_collections.calstack.aws.plugins.module_utils._release.holder import Holder, LockHeldError
from ansible_collections.calstack.aws.plugins.module_utils._release.inputs import Inputs
from ansible_collections.calstack.aws.plugins.module_utils._release.inspector import Inspector
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release, Request, other
from ansible_collections.calstack.aws.plugins.module_utils._release.notify import Notifier
from ansible_collections.calstack.aws.plugins.module_utils._release.ports import Audience
from ansible_collections.calstack.aws.plugins.module_utils._release.probe import cohort_header
from ansible_collections.calstack.aws.plugins.module_utils._release.prober import Prober
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event
from ansible_collections.calstack.aws.plugins.module_utils._release.reporting import revision_changes, write_report
from ansible_collections.calstack.aws.plugins.module_utils._release.revision_change import derive, same
from ansible_collections.calstack.aws.plugins.module_utils._release.session import FencedRecords, LockHeartbeat
from ansible_collections.calstack.aws.plugins.module_utils._release.store import Store
from ansible_collections.calstack.aws.plugins.module_utils._release.survey import Survey, caller, survey
from ansible_collections.calstack.aws.plugins.module_utils._release.table import StoreUnavailableError
from ansible_collections.calstack.aws.plugins.module_utils._release.telling import phase_words
from ansible_collections.calstack.aws.plugins.module_utils._release.words import advice
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World

ASKING: dict[str, Literal["pause", "abort"]] = {"paused": "pause", "aborted": "abort", "rolled_back": "abort"}
"""What a wanted state means to a controller that is at work."""

TOLD: dict[Phase, What] = {
    Phase.PAUSED: "paused",
    Phase.PROMOTED: "promoted",
    Phase.ROLLED_BACK: "rolled_back",
    Phase.ROLLBACK_FAILED: "failed",
}


@dataclass(frozen=True)
class Done:
    """What came of a run. `release` is None where there was none to work on; `plan` is check mode's."""

    changed: bool
    words: str
    release: Release | None = None
    plan: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sight:
    """All that is read before anything is decided. A way back does without the survey where it cannot be had."""

    survey: Survey | None
    there: Circumstances


class Job:
    """`clients` make boto3 clients (`clients.brisk`), `store` is the environment's table."""

    def __init__(
        self,
        inputs: Inputs,
        clients: Any,
        store: Store,
        audience: Audience,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._inputs, self._clients, self._store = inputs, clients, store
        self._audience, self._clock, self._sleep = audience, clock, sleep
        self._look = Look(clients, inputs.stack, clock)
        self._inspector: Inspector | None = None

    def check(self) -> Done:
        """What a run would do; only reads."""
        sight = self._see()
        held = lock.look(self._store)
        if held and held.expires + lock.SKEW > self._clock():
            if not self._asks:
                raise LockHeldError(self._store.table.name, held, self._clock())
            words = f"{held.holder} would be asked to {ASKING[self._inputs.state]} the release {held.release_id}"
            return Done(True, words, plan=(words,))
        start = self._outset(sight)
        if start.release is None:
            return Done(False, start.words)
        if start.request:
            words = f"{start.release.label} would be paused where it is, in {start.release.phase}"
            return Done(True, words, start.release, (words,))
        if start.new:
            self._refuse(start.release, sight)
            self._prober(start.release, sight)
        different = revision_changes(self._look, start.release)
        free = sight.survey.free_addresses if sight.survey else {}
        lines = plan.plan(start.release, sight.there.world, self._gates(start.release), different, free)
        return Done(True, start.words, start.release, tuple(lines), tuple(different))

    def run(self) -> Done:
        """Do it. Raises CalstackError; a release that was rolled back is no error here: see `Done.release`."""
        if self._asks and (left := self._ask()) and self._is_what_was_asked(left):
            return Done(True, phase_words(left), left)
        with self._locked() as (held, heart):
            sight = self._see()
            start = self._outset(sight)
            if start.release is None:
                return Done(False, start.words)
            return Done(True, start.words, self._work(start.release, start, sight, held, heart))

    @property
    def _asks(self) -> bool:
        """Whether a controller at work would be asked. Going back to a certain release is none of its business."""
        return self._inputs.state in ASKING and not self._inputs.to

    def _ask(self) -> Release | None:
        """What the controller at work has left; None where none is."""
        held = lock.look(self._store)
        at_work = self._store.load(held.release_id) if held and held.release_id else None
        request: Request | None = Request(ASKING[self._inputs.state], self._who, self._clock())
        if self._inputs.state == "rolled_back" and at_work and at_work.kind == "rollback":
            request = None  # somebody is going back already: to abort that would keep what both want to be rid of
        return follow(self._store, request, self._audience, self._clock, sleep=self._sleep)

    def _is_what_was_asked(self, left: Release) -> bool:
        """Otherwise there is something left to do, by ourselves."""
        if self._inputs.state == "paused":
            return left.phase == Phase.PAUSED
        if self._inputs.state == "rolled_back" and left.kind == "rollback":
            return left.phase == Phase.PROMOTED
        return left.phase in (Phase.ROLLED_BACK, Phase.ROLLBACK_FAILED)

    @contextmanager
    def _locked(self) -> Iterator[tuple[lock.Lock, Heart]]:
        holder = Holder(self._who, socket.gethostname(), os.getpid())
        held = lock.acquire(self._store, holder, self._inputs.lease, self._tell, self._clock, sleep=self._sleep)
        try:
            with Heart(held) as heart:
                yield held, heart
        finally:
            with suppress(StoreUnavailableError):  # the lease will end by itself, and what went wrong is to be told
                lock.release(held)

    @cached_property
    def _who(self) -> str:
        return caller(self._clients)

    def _see(self) -> Sight:
        last, world = self._store.latest(), self._look.world()
        seen = self._survey()
        newest = {colour: revision["taskDefinitionArn"] for colour, revision in seen.newest.items()} if seen else {}
        target = self._store.load(self._inputs.to) if self._inputs.to else None
        unchanged = self._unchanged(seen, world) if seen else False
        return Sight(seen, Circumstances(world=world, newest=newest, unchanged=unchanged, last=last, target=target))

    def _survey(self) -> Survey | None:
        """An image is looked for only to be released: a way back must not fail for what it has no use for."""
        stack, state = self._inputs.stack, self._inputs.state
        if state == "released":
            asked = self._inputs
            return survey(self._clients, stack, asked.image, asked.label, self._look, commit=asked.commit)
        try:
            return survey(self._clients, stack, look=self._look)
        except CalstackError as error:
            if state == "promoted":
                raise
            self._tell(f"going on without it: {error}")
            return None

    def _unchanged(self, seen: Survey, world: World) -> bool:
        """Whether stable runs what a release would bring."""
        serving = [colour for colour in world.colours if world.share(colour)]
        if len(serving) != 1:
            return False
        stable = world.colours[serving[0]]
        candidate = other(stable.name)
        family = service_name(self._inputs.stack, candidate)
        wanted = derive(seen.newest[candidate], family, candidate, seen.image or stable.image)
        return same(wanted, self._look.revision(stable.task_definition))

    def _outset(self, sight: Sight) -> Outset:
        inputs, last = self._inputs, sight.there.last
        asked = Asked(
            state=inputs.state,
            stack=inputs.stack,
            image=sight.survey.image if sight.survey else "",
            label=(sight.survey.label if sight.survey else "") or self._label(sight),
            to=inputs.to,
            stable_colour=inputs.stable_colour,
            steps=inputs.steps,
            gates=inputs.raw_gates,
            pace=inputs.pace,
            one_offs=inputs.one_offs,
            by=self._who,
        )
        return outset(Case(asked, sight.there, next_id(self._clock(), last.id if last else ""), self._clock()))

    def _label(self, sight: Sight) -> str:
        """Without an image: what is stable now, with the settings that have changed since."""
        last = sight.there.last
        if last is None or not last.label:
            return "the image that is stable"
        return last.label if last.phase == Phase.PROMOTED else last.stable_label or "the image that is stable"

    def _refuse(self, release: Release, sight: Sight) -> None:
        """Raises CannotBeginError for what would fail half-way."""
        against = plan.refusals(release, sight.there.world, sight.survey.free_addresses) if sight.survey else []
        gates = self._gates(release)
        if gates.alarms:
            against += alarm_refusals(gates, self._metrics(gates).alarms(gates.alarms))
        if against:
            raise CannotBeginError(f"{release.label} cannot be released now: {'; '.join(against)}.")

    def _gates(self, release: Release) -> config.Gates:
        """The release's own, as it began with them; a way back has none but the health of its tasks."""
        if release.kind == "rollback":
            return config.Gates(error_rate=None, latency=None)
        return config.parse(release.gates)

    def _metrics(self, gates: config.Gates) -> Metrics:
        return Metrics(self._clients, gates.period, self._look.places.balancer)

    def _prober(self, release: Release, sight: Sight) -> Prober | None:
        """Raises InputError for probes that cannot be made on this machine."""
        probes = self._gates(release).probes
        if not probes or not sight.survey:
            return None
        secret, where = probes.origin_secret_arn, f"{config.WHERE}.probes.origin_secret_arn"
        edges = origin.headers(self._clients("secretsmanager"), secret, where) if secret else {}
        return Prober(probes, cohort_header(sight.survey.test_conditions), self._clock, edges)

    def _work(self, release: Release, start: Outset, sight: Sight, held: lock.Lock, heart: Heart) -> Release:
        release = replace(release, generation=held.generation)
        if start.new:
            self._refuse(release, sight)
            heart.clear_request()  # of a holder that died: it meant another release
        # Made before anything is recorded; but what only goes back or stands still must not fail for want of them.
        asks = release.phase != Phase.ROLL_BACK and not start.request
        prober = self._prober(release, sight) if asks else None
        self._inspector = Inspector(self._gates(release), prober, self._metrics(self._gates(release)))
        records = FencedRecords(self._store, held)
        kind = "phase" if start.turns(sight.there.last) else "note"
        beginning = Event(self._clock(), kind, start.words, release.phase.value, release.weight)
        records.save(release, beginning)
        self._audience.event(beginning)
        topic = self._inputs.topic_arn or self._look.places.topic
        notifier = Notifier(self._clients, topic, self._inputs.webhook, self._tell)
        if start.new:
            notifier.send(self._told("started", release))
        controller = Controller(
            eyes=self._look,
            hands=Hands(self._clients, release.stack, self._look),
            judge=self._inspector,
            records=records,
            heart=LockHeartbeat(heart, held),
            audience=self._audience,
            lease=self._inputs.lease,
            clock=self._clock,
            sleep=self._sleep,
        )
        ended = controller.run(release, start.request or heart.request)
        notifier.send(self._told(TOLD[ended.phase], ended))
        return ended

    def report(self, release: Release) -> dict[str, str]:
        """Write the release's report, where one is wanted; returns its paths by kind."""
        if not self._inputs.report_dir:
            return {}
        probes = self._inspector.samples(release.started_at) if self._inspector else ()
        where = (self._inputs.report_dir, self._inputs.environment)
        try:
            return write_report(self._clients, self._look, self._store, release, *where, self._tell, probes)
        except Exception as error:  # whatever is wrong with a picture, the release is over and its result must be told
            self._tell(f"the report of {release.id} could not be written: {error}")
            return {}

    def _told(self, what: What, release: Release) -> Notification:
        first = next(iter(advice(release, f"inventories/{self._inputs.environment}")), None)
        return Notification(what, release, release.reason, first.command if first else "")

    def _tell(self, words: str) -> None:
        self._audience.event(Event(self._clock(), "note", words, "", 0))
