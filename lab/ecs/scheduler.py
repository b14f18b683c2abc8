"""What ECS's service scheduler decides: which tasks to start and to stop, and how a rollout fares.

Everything here is a pure function of what is seen. The rules are those of the ECS developer guide:
rolling update (minimumHealthyPercent, maximumPercent), deployment circuit breaker, and replacement of unhealthy tasks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How far a task with desiredStatus RUNNING has come."""

    STARTING = "starting"  # not running yet, or its targets' first health checks are not passed
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"  # fails its health checks, and the grace period is over


class Rollout(StrEnum):
    """A deployment's rolloutState."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


@dataclass(frozen=True)
class TaskView:
    """A task that is not STOPPED. `age` orders tasks: higher is older. `stopping`: its desiredStatus is STOPPED."""

    id: str
    deployment: str
    health: Health
    age: float = 0.0
    stopping: bool = False
    trouble: str = ""


@dataclass(frozen=True)
class DeploymentView:
    id: str
    rollout: Rollout = Rollout.IN_PROGRESS
    failed_tasks: int = 0


@dataclass(frozen=True)
class ServiceView:
    """A service, its PRIMARY deployment first. `desired` is 0 for a service that is being deleted.

    `may_start` is false while starts are throttled after failures.
    """

    desired: int
    deployments: tuple[DeploymentView, ...]
    minimum_healthy_percent: int = 100
    maximum_percent: int = 200
    circuit_breaker: bool = False
    rollback: bool = False
    may_start: bool = True

    @property
    def minimum_healthy(self) -> int:
        return math.ceil(self.desired * self.minimum_healthy_percent / 100)

    @property
    def maximum(self) -> int:
        return math.floor(self.desired * self.maximum_percent / 100)

    @property
    def primary(self) -> DeploymentView:
        return self.deployments[0]


@dataclass(frozen=True)
class Stop:
    task: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """`start` tasks of the PRIMARY deployment; `stops`; the PRIMARY's new state; deployments that are over.

    `roll_back`: the PRIMARY has just failed, and the last completed deployment is to be deployed again.
    """

    start: int
    stops: tuple[Stop, ...]
    rollout: Rollout
    finished: tuple[str, ...]
    roll_back: bool = False


def failure_threshold(desired: int) -> int:
    """Failed tasks at which the circuit breaker opens: half the desired count, at least 3, at most 200."""
    return min(200, max(3, math.ceil(desired * 0.5)))


def plan(service: ServiceView, tasks: Sequence[TaskView]) -> Plan:
    """The next step of `service`."""
    rollout = _rollout(service, tasks)
    live = [task for task in tasks if not task.stopping]
    if service.desired == 0:
        start, stops = 0, _scale_to_zero(live, service.primary.id)
    elif rollout == Rollout.FAILED:
        start, stops = 0, _abandon(live, service.primary.id)
    else:
        start, stops = _roll(service, live, settled=rollout == Rollout.COMPLETED)
    present = {task.deployment for task in tasks}
    finished = tuple(
        item.id for item in service.deployments[1:] if rollout != Rollout.FAILED and item.id not in present
    )
    newly_failed = rollout == Rollout.FAILED and service.primary.rollout != Rollout.FAILED
    return Plan(start, tuple(stops), rollout, finished, newly_failed and service.rollback)


def _rollout(service: ServiceView, tasks: Sequence[TaskView]) -> Rollout:
    primary = service.primary
    if primary.rollout != Rollout.IN_PROGRESS:
        return primary.rollout
    if service.circuit_breaker and primary.failed_tasks >= failure_threshold(service.desired):
        return Rollout.FAILED
    steady = [task for task in tasks if task.deployment == primary.id and task.health == Health.HEALTHY]
    others = [task for task in tasks if task.deployment != primary.id]
    if not others and len(steady) == len(tasks) == service.desired and not any(task.stopping for task in tasks):
        return Rollout.COMPLETED
    return Rollout.IN_PROGRESS


def _scale_to_zero(live: Sequence[TaskView], deployment: str) -> list[Stop]:
    return [Stop(task.id, _scaling(deployment)) for task in live]


def _abandon(live: Sequence[TaskView], failed: str) -> list[Stop]:
    """A failed deployment starts nothing more and loses what never became healthy; older tasks stay."""
    return [
        Stop(task.id, task.trouble or _scaling(failed))
        for task in live
        if task.deployment == failed and task.health != Health.HEALTHY
    ]


def _roll(service: ServiceView, live: Sequence[TaskView], settled: bool) -> tuple[int, list[Stop]]:
    """Start up to maximumPercent, then stop what is too much without going below minimumHealthyPercent."""
    primary = service.primary.id
    useful = [task for task in live if task.deployment == primary and task.health != Health.UNHEALTHY]
    missing = max(0, service.desired - len(useful))
    room = max(0, service.maximum - len(live))
    start = min(missing, room) if service.may_start else 0
    ledger = _Ledger(service, live, surplus=len(useful) - service.desired, crowded=missing - room, settled=settled)
    going = [task for task in _dispensable_first(live, primary) if ledger.take(task)]
    return start, [Stop(task.id, task.trouble or _scaling(primary)) for task in going]


class _Ledger:
    """What may still be stopped in this step. `crowded`: starts that wait for room below maximumPercent."""

    def __init__(
        self, service: ServiceView, live: Sequence[TaskView], *, surplus: int, crowded: int, settled: bool
    ) -> None:
        self._primary = service.primary.id
        self._surplus = surplus
        self._crowded = crowded
        self._settled = settled
        healthy = [task for task in live if task.health == Health.HEALTHY]
        self._spare = len(healthy) - service.minimum_healthy
        self._beyond_desired = len(healthy) - service.desired
        self._lacking = service.desired - sum(task.deployment == self._primary for task in healthy)

    def take(self, task: TaskView) -> bool:
        """Whether `task` goes; if so it is booked."""
        if not self._goes(task):
            return False
        self._crowded -= 1
        if task.deployment == self._primary and task.health != Health.UNHEALTHY:
            self._surplus -= 1
        if task.health == Health.HEALTHY:
            self._spare -= 1
            self._beyond_desired -= 1
        return True

    def _goes(self, task: TaskView) -> bool:
        current = task.deployment == self._primary
        match task.health:
            case Health.HEALTHY if current:
                return self._surplus > 0  # which leaves the desired count of healthy ones
            case Health.HEALTHY:
                return self._spare > 0 and (self._beyond_desired > 0 or self._crowded > 0)
            case Health.STARTING:
                return not current or self._surplus > 0
            case Health.UNHEALTHY:
                # In a settled service its replacement comes first, if there is room for both.
                return not current or not self._settled or self._lacking <= 0 or self._crowded > 0
        return False


def _dispensable_first(live: Sequence[TaskView], primary: str) -> list[TaskView]:
    """Older deployments first; in each the longest failing, then the last started, then the youngest."""

    def rank(task: TaskView) -> tuple[bool, int, float, str]:
        order = (Health.UNHEALTHY, Health.STARTING, Health.HEALTHY).index(task.health)
        return task.deployment == primary, order, -task.age if order == 0 else task.age, task.id

    return sorted(live, key=rank)


def _scaling(deployment: str) -> str:
    return f"Scaling activity initiated by (deployment {deployment})"


def backoff(failures: int) -> float:
    """Seconds to wait before the next start after so many failures in a row: none after the first, then up to 15.

    ECS throttles in the same spirit, but up to 27 minutes.
    """
    return 0.0 if failures <= 1 else min(15.0, 0.5 * 2.0 ** (failures - 2))
