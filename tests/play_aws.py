"""A small model of AWS on a virtual clock, for the release engine's tests: its eyes, hands, records, lock and gates.

It plays what a release rests on (weights, tasks, scalable targets, schedules, conditional writes) with the faults that
the real one has, and it notes what must never happen in `wrongs`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import singledispatchmethod
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import FAILED, STEADY
from ansible_collections.calstack.aws.plugins.module_utils._release import action as actions
from ansible_collections.calstack.aws.plugins.module_utils._release import document, entry
from ansible_collections.calstack.aws.plugins.module_utils._release.controller import Controller
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.holder import LockLostError
from ansible_collections.calstack.aws.plugins.module_utils._release.model import (
    SERVING,
    Pace,
    Phase,
    Release,
    Request,
    Scaling,
    Step,
    other,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event
from ansible_collections.calstack.aws.plugins.module_utils._release.table import StoreUnavailableError
from ansible_collections.calstack.aws.plugins.module_utils._release.world import Colour, OneOffState, World
from botocore.exceptions import ClientError

NOON = 1_763_812_800.0
"""2025-11-22 12:00 UTC."""
STACK = "calstack-test"
LEASE = 30.0
DRAIN = 5.0
FORGOTTEN = 3600.0
CLAMPED = Scaling(minimum=2)
RESTS = Scaling(minimum=0)


class Killed(BaseException):
    """SIGKILL: nothing of the controller runs any more."""


def refused(words: str = "you may not") -> CalstackError:
    return _aws_error("AccessDeniedException", 403, words)


def throttled() -> CalstackError:
    return _aws_error("ThrottlingException", 400, "Rate exceeded")


def failing() -> CalstackError:
    return _aws_error("InternalFailure", 500, "something broke")


def _aws_error(code: str, status: int, words: str) -> CalstackError:
    error = CalstackError(f"AWS answered {code}: {words}")
    answer: Any = {"Error": {"Code": code, "Message": words}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error.__cause__ = ClientError(answer, "Play")
    return error


@dataclass(frozen=True)
class Behaviour:
    """How an image's tasks fare: seconds until they are healthy, or that they crash or never get there."""

    healthy_after: float = 3.0
    crashes: bool = False
    never_healthy: bool = False


@dataclass
class Task:
    definition: str
    born: float
    stops: float = 0.0
    """When its last request is done; 0 while it is wanted."""


@dataclass
class Service:
    definition: str
    desired: int
    scaling: Scaling
    maximum: int = 10
    tasks: list[Task] = field(default_factory=list)
    crashes: int = 0
    failed: bool = False
    deployed: float = 0.0


@dataclass
class OneOffTask:
    arn: str
    started: float
    ends: float
    exit_code: int


@dataclass
class Lock:
    generation: int = 0
    held: bool = False
    beat: float = 0.0
    request: Request | None = None


class PlayAws:
    """`blue` serves with two tasks of image v1; green rests, as site.yml leaves them."""

    def __init__(self, tasks: int = 2) -> None:
        self.now = NOON
        self.revisions = {"blue:1": "v1", "green:1": "placeholder"}
        self.services = {
            "blue": Service("blue:1", tasks, replace(CLAMPED, minimum=min(2, tasks)), deployed=NOON),
            "green": Service("green:1", 0, RESTS, deployed=NOON),
        }
        self.services["blue"].tasks = [Task("blue:1", NOON - 100) for _ in range(tasks)]
        self.weights: dict[str, int] = {"blue": 100, "green": 0}
        self.stickiness = 0
        self.others = False
        self.sticky: set[str] = set()
        self.rule_by = "site"
        self.test_colour = "green"
        self.behaviours: dict[str, Behaviour] = {}
        self.one_offs: dict[tuple[str, str], OneOffTask] = {}
        self.one_off_runs: Counter[tuple[str, str]] = Counter()
        self.one_off_seconds = 5.0
        self.one_off_exit = 0
        self.dead_man: tuple[str, float] | None = None
        self.retirement: tuple[str, float, Scaling] | None = None
        self.kept: list[str] = []
        self.records: dict[str, Release] = {}
        self.timeline: dict[str, list[Event]] = {}
        self.lock = Lock()
        self.evidence = "pass"
        self.calls: list[actions.Action] = []
        self.rule_log: list[tuple[float, dict[str, int]]] = []
        """What we have set the production rule to, and when."""
        self.writes = 0
        self.steps_done = 0
        self.faults: dict[int, str] = {}
        """By number of side effect or record, counted together from 1."""
        self.calls_fail: tuple[float, Callable[[], CalstackError]] = (0.0, throttled)
        self.reads_fail_until = 0.0
        self.table_away_until = 0.0
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.wrongs: list[str] = []

    # Time

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """What is due on the way happens in its order; services move in between."""
        end = self.now + seconds
        while (due := self._next_due(end)) is not None:
            self.now = max(self.now, due)
            self._settle()
            self._fire()
        self.now = end
        self._settle()

    def at(self, seconds: float, what: Callable[[], None]) -> None:
        self.later.append((self.now + seconds, what))

    def _next_due(self, end: float) -> float | None:
        times = [when for when, _ in self.later]
        times += [item[1] for item in (self.dead_man, self.retirement) if item]
        return min((when for when in times if when <= end), default=None)

    def _fire(self) -> None:
        due = [item for item in self.later if item[0] <= self.now]
        self.later = [item for item in self.later if item[0] > self.now]
        for _, what in due:
            what()
        if self.dead_man and self.dead_man[1] <= self.now:
            self.weights, self.stickiness, self.others = {self.dead_man[0]: 100}, 0, False
            self.rule_by, self.dead_man = "dead-man switch", None
        if self.retirement and self.retirement[1] <= self.now:
            colour, _, scaling = self.retirement
            self._check_stop(colour, 0, "a retirement")
            self.services[colour].desired, self.services[colour].scaling = 0, scaling
            self.retirement = None
        self._settle()

    # ECS

    def _settle(self) -> None:
        for service in self.services.values():
            self._move(service)

    def _move(self, service: Service) -> None:
        behaviour = self.behaviour(service.definition)
        service.tasks = [task for task in service.tasks if not task.stops or task.stops > self.now]
        if behaviour.crashes:
            crashed = [task for task in service.tasks if task.definition == service.definition]
            service.crashes += len(crashed)
            if service.desired and self.now - service.deployed > 6:
                service.failed = True
            service.tasks = [task for task in service.tasks if task not in crashed]
        wanted = [task for task in service.tasks if task.definition == service.definition and not task.stops]
        old = [task for task in service.tasks if task.definition != service.definition and not task.stops]
        if not service.failed:
            for _ in range(service.desired - len(wanted)):
                service.tasks.append(Task(service.definition, self.now))
        self._stop(wanted[service.desired :])
        ready = sum(1 for task in wanted[: service.desired] if self._healthy(task))
        self._stop(old[max(0, service.desired - ready) :])

    def _stop(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            task.stops = self.now + DRAIN

    def behaviour(self, definition: str) -> Behaviour:
        return self.behaviours.get(self.revisions[definition], Behaviour())

    def _healthy(self, task: Task) -> bool:
        behaviour = self.behaviour(task.definition)
        ready = self.now - task.born >= behaviour.healthy_after
        return ready and not (task.stops or behaviour.crashes or behaviour.never_healthy)

    def healthy(self, colour: str) -> int:
        return sum(1 for task in self.services[colour].tasks if self._healthy(task))

    def rollout(self, service: Service) -> str:
        if service.failed:
            return FAILED
        live = [task for task in service.tasks if not task.stops]
        if all(task.definition == service.definition for task in live) and len(live) == service.desired:
            starting = [task for task in live if self.now - task.born < 1]
            if not starting:
                return STEADY
        return f"{len(live)} of {service.desired} tasks running"

    def lose_tasks(self, colour: str, number: int = 1) -> None:
        """They are gone at once; ECS starts others."""
        live = [task for task in self.services[colour].tasks if not task.stops]
        for task in live[:number]:
            self.services[colour].tasks.remove(task)
        self._settle()

    def autoscale(self, colour: str, desired: int) -> None:
        """As Application Auto Scaling would, if it may."""
        service = self.services[colour]
        desired = min(max(desired, service.scaling.minimum), service.maximum)
        grows = desired > service.desired
        if service.desired and not (service.scaling.scale_out if grows else service.scaling.scale_in):
            service.desired = desired
        self._settle()

    def by_hand(self, weights: dict[str, int], stickiness: int = 0, others: bool = False) -> None:
        self.weights, self.stickiness, self.others, self.rule_by = dict(weights), stickiness, others, "hand"

    # Eyes

    def world(self, release: Release | None = None) -> World:
        if self.now < self.reads_fail_until:
            raise failing()
        self._settle()
        one_offs = {
            name: self._one_off_state(task)
            for (ident, name), task in self.one_offs.items()
            if release and ident == release.id and name not in release.one_offs_done
            if self.now - task.ends < FORGOTTEN
        }
        colours = {name: self._colour(name) for name in self.services}
        return World(self.now, colours, dict(self.weights), self.stickiness, self.others, self.test_colour, one_offs)

    def _colour(self, name: str) -> Colour:
        service = self.services[name]
        pending = sum(1 for task in service.tasks if self.now - task.born < 1)
        return Colour(
            name=name,
            task_definition=service.definition,
            image=self.revisions[service.definition],
            desired=service.desired,
            running=len(service.tasks) - pending,
            pending=pending,
            rollout=self.rollout(service),
            evidence=" Tasks stopped because: exit code 1." if service.failed else "",
            healthy=self.healthy(name),
            targets={"healthy": self.healthy(name)},
            scaling=service.scaling,
            maximum=service.maximum,
            group=f"group/{name}",
            sticky=name in self.sticky,
        )

    def _one_off_state(self, task: OneOffTask) -> OneOffState:
        if self.now < task.ends:
            return OneOffState(task.arn, "RUNNING")
        return OneOffState(task.arn, "STOPPED", task.exit_code, "" if not task.exit_code else "Essential container.")

    # Hands

    def do(self, action: actions.Action) -> str:
        fault = self._fault()
        if fault == "kill before":
            raise Killed
        if fault in ("refused", "throttled", "failing"):
            raise {"refused": refused, "throttled": throttled, "failing": failing}[fault]()
        if self.now < self.calls_fail[0]:
            raise self.calls_fail[1]()
        self.calls.append(action)
        made = self._do(action)
        self._settle()
        if fault == "kill after":
            raise Killed
        if fault == "lost":
            raise failing()
        return made

    def _fault(self) -> str:
        self.steps_done += 1
        return self.faults.pop(self.steps_done, "")

    @singledispatchmethod
    def _do(self, action: Any) -> str:
        raise AssertionError(f"nobody plays {action!r}")

    @_do.register
    def _set_weights(self, action: actions.SetWeights) -> str:
        self.rule_log.append((self.now, dict(action.weights)))
        if not sum(action.weights.values()):
            self.wrongs.append(f"all weights 0: {action.weights}")
        for colour, weight in action.weights.items():
            grows = weight > self.weights.get(colour, 0)
            # Who cannot look decides on what was seen last.
            seen = self.now >= self.reads_fail_until
            if seen and grows and not self.healthy(colour) and self.healthy(other(colour)):
                self.wrongs.append(f"{colour} gets {weight} % without a healthy task")
        self.weights, self.stickiness, self.others = dict(action.weights), action.stickiness, False
        self.rule_by = "us"
        return ""

    @_do.register
    def _set_test_rule(self, action: actions.SetTestRule) -> str:
        self.test_colour = action.colour
        return ""

    @_do.register
    def _register(self, action: actions.RegisterRevision) -> str:
        newest = self.newest(action.colour)
        given_up = self.services[action.colour].failed and self.services[action.colour].definition == newest
        if self.revisions[newest] == action.image and not given_up:
            return newest
        arn = f"{action.colour}:{int(newest.partition(':')[2]) + 1}"
        self.revisions[arn] = action.image
        return arn

    def newest(self, colour: str) -> str:
        numbers = [int(arn.partition(":")[2]) for arn in self.revisions if arn.startswith(f"{colour}:")]
        return f"{colour}:{max(numbers)}"

    @_do.register
    def _update_service(self, action: actions.UpdateService) -> str:
        service = self.services[action.colour]
        self._check_stop(action.colour, action.desired, "UpdateService")
        if action.task_definition and action.task_definition != service.definition:
            service.definition, service.failed, service.crashes = action.task_definition, False, 0
            service.deployed = self.now
        service.desired = action.desired
        return ""

    def _check_stop(self, colour: str, desired: int, what: str) -> None:
        stuck = self.stickiness and colour in self.weights
        if not desired and (self.weights.get(colour) or stuck) and self.rule_by == "us":
            self.wrongs.append(f"{what} stops {colour}, which has users")
        last = not desired and self.healthy(colour) and not self.healthy(other(colour))
        if last and what == "UpdateService" and self.now >= self.reads_fail_until:
            self.wrongs.append(f"{what} stops {colour}, which has the last healthy tasks")

    @_do.register
    def _set_scaling(self, action: actions.SetScaling) -> str:
        service = self.services[action.colour]
        if action.scaling.minimum != service.scaling.minimum and action.scaling.minimum > service.desired:
            raise CalstackError(f"a least number of {action.scaling.minimum} would change {action.colour} at once")
        service.scaling = action.scaling
        service.desired = max(service.desired, service.scaling.minimum)
        return ""

    @_do.register
    def _run_one_off(self, action: actions.RunOneOff) -> str:
        key = (action.release, action.one_off.name)
        known = self.one_offs.get(key)
        if known and self.now - known.ends < FORGOTTEN:
            return known.arn
        self.one_off_runs[key] += 1
        if self.one_off_runs[key] > 1:
            self.wrongs.append(f"the one-off task {action.one_off.name} ran twice")
        arn = f"task/{len(self.one_offs) + 1}"
        self.one_offs[key] = OneOffTask(arn, self.now, self.now + self.one_off_seconds, self.one_off_exit)
        return arn

    @_do.register
    def _stop_one_off(self, action: actions.StopOneOff) -> str:
        for task in self.one_offs.values():
            if task.arn == action.arn and self.now < task.ends:
                task.ends, task.exit_code = self.now, 137
        return ""

    @_do.register
    def _arm(self, action: actions.ArmDeadMan) -> str:
        self.dead_man = (action.stable, action.at)
        return ""

    @_do.register
    def _disarm(self, action: actions.DisarmDeadMan) -> str:
        self.dead_man = None
        return ""

    @_do.register
    def _retire(self, action: actions.ScheduleRetirement) -> str:
        self.retirement = (action.colour, action.at, action.scaling)
        return ""

    @_do.register
    def _cancel(self, action: actions.CancelRetirement) -> str:
        self.retirement = None
        return ""

    @_do.register
    def _keep(self, action: actions.KeepImage) -> str:
        self.kept.append(action.image)
        return ""

    # The table

    def answer_table(self) -> None:
        if self.now < self.table_away_until:
            raise StoreUnavailableError("recording", "it does not answer")

    def latest(self) -> Release | None:
        self.answer_table()
        return self.records[max(self.records)] if self.records else None

    def acquire(self) -> Session:
        """Waits as a real one does: until the lease of a dead holder is over."""
        self.answer_table()
        if self.lock.held:
            self.advance(max(0.0, self.lock.beat + LEASE - self.now))
            self.answer_table()
        self.lock = Lock(self.lock.generation + 1, True, self.now, self.lock.request)
        return Session(self, self.lock.generation)

    # People

    def begin(self, asked: entry.Asked) -> tuple[Session, Release | None, Request | None, str]:
        """What a run does before its controller begins."""
        session = self.acquire()
        last, world = self.latest(), self.world()
        stable = next((name for name in world.colours if world.share(name) == 100), "")
        unchanged = bool(stable) and world.colours[stable].image == asked.image
        newest = {colour: self.newest(colour) for colour in self.services}
        there = entry.Circumstances(world, newest, unchanged, last, self.records.get(asked.to))
        ident = document.next_id(self.now, last.id if last else "")
        try:
            start = entry.outset(entry.Case(asked, there, ident, self.now))
        except CalstackError:
            session.give_back()
            raise
        if start.release is None:
            session.give_back()
            return session, None, None, start.words
        release = replace(start.release, generation=session.generation)
        session.save(release, Event(self.now, "phase" if start.new else "note", start.words, release.phase.value, 0))
        return session, release, start.request or self.lock.request, start.words

    def controller(self, session: Session) -> Controller:
        return Controller(
            eyes=self,
            hands=self,
            judge=Judge(self),
            records=session,
            heart=session,
            audience=Audience(),
            lease=LEASE,
            clock=lambda: self.now,
            sleep=self.sleep,
        )

    def run(self, asked: entry.Asked) -> Release | None:
        """A whole run of the module. A killed one leaves its lock; what it raises is raised."""
        session, release, request, _ = self.begin(asked)
        if release is None:
            return self.latest()
        try:
            ended = self.controller(session).run(release, request)
        except Exception:
            session.give_back()
            raise
        session.give_back()
        return ended


@dataclass
class Session:
    """Records and heartbeat of one run, fenced by its generation."""

    aws: PlayAws
    generation: int
    beaten: float = 0.0

    def __post_init__(self) -> None:
        self.beaten = self.aws.now

    def save(self, release: Release, event: Event | None = None) -> None:
        plain = json.loads(json.dumps(document.from_release(release)))
        self._write(lambda: self.aws.records.update({release.id: document.to_release(plain)}), release, event)

    def append(self, release: Release, event: Event) -> None:
        self._write(lambda: None, release, event)

    def _write(self, what: Callable[[], None], release: Release, event: Event | None) -> None:
        fault = self.aws._fault()
        if fault == "kill before":
            raise Killed
        self.aws.answer_table()
        self._ours()
        self.aws.writes += 1
        what()
        if event:
            self.aws.timeline.setdefault(release.id, []).append(event)
        if fault == "kill after":
            raise Killed
        if fault in ("lost", "throttled", "failing"):
            raise StoreUnavailableError("recording", "its answer was lost")

    def _ours(self) -> None:
        if not self.aws.lock.held or self.aws.lock.generation != self.generation:
            raise LockLostError("releases", "somebody else has it")

    def _beat(self) -> None:
        """The heart beats in a thread of its own; here it is enough that it is seen to."""
        if self.aws.now >= self.aws.table_away_until:
            self._ours()
            self.beaten = self.aws.lock.beat = self.aws.now

    @property
    def request(self) -> Request | None:
        return self.aws.lock.request

    def check(self) -> None:
        self._beat()
        if self.left() <= 0:
            raise LockLostError("releases", "its lease is over")

    def left(self) -> float:
        return self.beaten + LEASE - self.aws.now

    def give_back(self) -> None:
        lock = self.aws.lock
        if self.aws.now >= self.aws.table_away_until and lock.generation == self.generation:
            self.aws.lock = Lock(lock.generation)


@dataclass
class Judge:
    aws: PlayAws
    watching: bool = False

    def watch(self, release: Release) -> None:
        self.watching = True

    def rest(self) -> None:
        self.watching = False

    def verdicts(self, release: Release, world: World, now: float) -> list[Verdict]:
        if release.kind == "rollback" or release.phase not in SERVING | {Phase.SMOKE}:
            return []
        return [Verdict("probes", self.aws.evidence, f"as played: {self.aws.evidence}")]  # type: ignore[arg-type]


class Audience:
    def event(self, event: Event) -> None: ...

    def tick(self, tick: object) -> None: ...


CANARY = (Step(10, 10.0), Step(50, 10.0), Step(100, 10.0))
QUICK = Pace(start_timeout=60, smoke_timeout=20, rollback_timeout=120, capacity_wait=20, patience=10, keep_warm=600)


def asked(image: str = "v2", state: str = "released", **more: Any) -> entry.Asked:
    given: dict[str, Any] = {"label": image, "steps": CANARY, "gates": {"probes": {}}, "pace": QUICK, "by": "ana"}
    return entry.Asked(state=state, stack=STACK, image=image, **given | more)
