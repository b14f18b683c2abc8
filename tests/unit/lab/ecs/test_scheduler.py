"""The service scheduler against a small world that does what it is told."""

from dataclasses import dataclass, field, replace

from hypothesis import assume, given
from hypothesis import strategies as st

from lab.ecs.scheduler import (
    DeploymentView,
    Health,
    Plan,
    Rollout,
    ServiceView,
    TaskView,
    backoff,
    failure_threshold,
    plan,
)

OLD, NEW = DeploymentView("old", Rollout.COMPLETED), DeploymentView("new")


def tasks(deployment: str, count: int, health: Health = Health.HEALTHY, start: int = 0) -> list[TaskView]:
    return [TaskView(f"{deployment}{number}", deployment, health, age=number) for number in range(start, start + count)]


@dataclass
class World:
    """Started tasks turn healthy at the next round, stopping ones are gone a round later."""

    service: ServiceView
    tasks: list[TaskView]
    serial: int = 1000
    violations: list[str] = field(default_factory=list)

    def step(self) -> Plan:
        decided = plan(self.service, self.tasks)
        self._check(decided)
        stopped = {stop.task for stop in decided.stops}
        moved = [
            replace(task, health=Health.HEALTHY if task.health == Health.STARTING else task.health)
            for task in self.tasks
            if not task.stopping
        ]
        self.tasks = [replace(task, stopping=task.id in stopped, age=task.age + 1) for task in moved]
        for _ in range(decided.start):
            self.serial += 1
            self.tasks.append(TaskView(f"t{self.serial}", self.service.primary.id, Health.STARTING))
        kept = [item for item in self.service.deployments if item.id not in decided.finished]
        kept[0] = replace(kept[0], rollout=decided.rollout)
        self.service = replace(self.service, deployments=tuple(kept))
        return decided

    def _check(self, decided: Plan) -> None:
        service = self.service
        stopped = {stop.task for stop in decided.stops}
        live = [task for task in self.tasks if not task.stopping]
        healthy = [task for task in live if task.health == Health.HEALTHY]
        left = [task for task in healthy if task.id not in stopped]
        if len(left) < min(service.minimum_healthy, len(healthy)):
            self.violations.append(f"{len(left)} healthy left of {len(healthy)}, minimum {service.minimum_healthy}")
        if decided.start and len(live) + decided.start > service.maximum:
            self.violations.append(f"{len(live)} + {decided.start} tasks, maximum {service.maximum}")


services = st.builds(
    ServiceView,
    desired=st.integers(0, 7),
    deployments=st.just((NEW, OLD)),
    minimum_healthy_percent=st.integers(0, 100),
    maximum_percent=st.integers(100, 200),
)
worlds = st.builds(
    lambda service, old, new: World(
        service,
        [TaskView(f"o{number}", "old", health, age=50 + number) for number, health in enumerate(old)]
        + [TaskView(f"n{number}", "new", health, age=number) for number, health in enumerate(new)],
    ),
    services,
    st.lists(st.sampled_from(Health), max_size=8),
    st.lists(st.sampled_from(Health), max_size=8),
)


@given(worlds)
def test_it_stays_between_minimum_and_maximum_in_every_step(world: World) -> None:
    for _ in range(12):
        world.step()
    assert world.violations == []


@given(worlds)
def test_it_converges_to_the_desired_count_of_the_new_deployment(world: World) -> None:
    # ECS cannot roll either when its own limits leave it no room.
    assume(world.service.maximum > world.service.minimum_healthy or world.service.desired == 0)
    for _ in range(40):
        world.step()
    assert len(world.tasks) == world.service.desired
    assert {task.deployment for task in world.tasks} <= {"new"}
    assert world.service.deployments == (replace(NEW, rollout=Rollout.COMPLETED),)


def test_the_minimum_rounds_up_and_the_maximum_down() -> None:
    service = ServiceView(3, (NEW,), minimum_healthy_percent=50, maximum_percent=150)
    assert (service.minimum_healthy, service.maximum) == (2, 4)


def test_the_new_come_before_the_old_go() -> None:
    service = ServiceView(2, (NEW, OLD))
    first = plan(service, tasks("old", 2))
    assert (first.start, first.stops) == (2, ())
    second = plan(service, tasks("old", 2) + tasks("new", 2, Health.STARTING))
    assert (second.start, second.stops) == (0, ())
    third = plan(service, [*tasks("old", 2), *tasks("new", 1), *tasks("new", 1, Health.STARTING, start=1)])
    assert [stop.task for stop in third.stops] == ["old0"]
    assert third.stops[0].reason == "Scaling activity initiated by (deployment new)"


def test_with_no_room_above_old_ones_go_first_down_to_the_minimum() -> None:
    service = ServiceView(4, (NEW, OLD), minimum_healthy_percent=50, maximum_percent=100)
    assert [stop.task for stop in plan(service, tasks("old", 4)).stops] == ["old0", "old1"]


def test_a_rollout_is_complete_only_when_the_old_are_gone() -> None:
    service = ServiceView(1, (NEW, OLD))
    draining = replace(tasks("old", 1)[0], stopping=True)
    assert plan(service, [*tasks("new", 1), draining]).rollout == Rollout.IN_PROGRESS
    done = plan(service, tasks("new", 1))
    assert (done.rollout, done.finished) == (Rollout.COMPLETED, ("old",))


def test_a_service_without_tasks_is_complete_at_once() -> None:
    assert plan(ServiceView(0, (NEW,)), []).rollout == Rollout.COMPLETED


def test_scaling_in_takes_the_youngest_healthy() -> None:
    settled = replace(NEW, rollout=Rollout.COMPLETED)
    assert [stop.task for stop in plan(ServiceView(2, (settled,)), tasks("new", 4)).stops] == ["new0", "new1"]


def test_a_settled_service_replaces_an_unhealthy_task_before_it_stops_it() -> None:
    service = ServiceView(2, (replace(NEW, rollout=Rollout.COMPLETED),))
    sick = TaskView("sick", "new", Health.UNHEALTHY, trouble="Task failed ELB health checks")
    before = plan(service, [*tasks("new", 1), sick])
    assert (before.start, before.stops) == (1, ())
    after = plan(service, [*tasks("new", 2), sick])
    assert [(stop.task, stop.reason) for stop in after.stops] == [("sick", "Task failed ELB health checks")]


def test_a_rollout_stops_an_unhealthy_task_at_once() -> None:
    sick = TaskView("sick", "new", Health.UNHEALTHY)
    assert [stop.task for stop in plan(ServiceView(1, (NEW, OLD)), [*tasks("old", 1), sick]).stops] == ["sick"]


def test_the_circuit_breaker_fails_the_rollout_and_spares_the_old() -> None:
    failing = replace(NEW, failed_tasks=3)
    service = ServiceView(2, (failing, OLD), circuit_breaker=True)
    decided = plan(service, tasks("old", 2) + tasks("new", 1, Health.STARTING))
    assert (decided.rollout, decided.start, decided.roll_back) == (Rollout.FAILED, 0, False)
    assert [stop.task for stop in decided.stops] == ["new0"]
    assert decided.finished == ()


def test_a_rollback_is_asked_for_once() -> None:
    failing = replace(NEW, failed_tasks=3)
    service = ServiceView(2, (failing, OLD), circuit_breaker=True, rollback=True)
    assert plan(service, tasks("old", 2)).roll_back
    failed = replace(service, deployments=(replace(failing, rollout=Rollout.FAILED), OLD))
    assert not plan(failed, tasks("old", 2)).roll_back


def test_without_a_circuit_breaker_it_tries_for_ever() -> None:
    service = ServiceView(2, (replace(NEW, failed_tasks=99),))
    assert (plan(service, []).start, plan(service, []).rollout) == (2, Rollout.IN_PROGRESS)


def test_nothing_starts_while_throttled() -> None:
    assert plan(ServiceView(2, (NEW,), may_start=False), []).start == 0


def test_the_failure_threshold_is_half_the_desired_count_within_3_and_200() -> None:
    assert [failure_threshold(count) for count in (1, 6, 7, 25, 400, 1000)] == [3, 3, 4, 13, 200, 200]


def test_backoff_grows_from_nothing_to_a_quarter_minute() -> None:
    assert [backoff(count) for count in (0, 1, 2, 3, 5, 50)] == [0, 0, 0.5, 1, 4, 15]
