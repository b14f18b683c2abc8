"""The service loop: see a service and its tasks, let the scheduler decide, do it, and report it as ECS does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow

from lab.aws import backends
from lab.ecs.records import BREAKER_OPEN, add_event, new_deployment, set_rollout
from lab.ecs.scheduler import (
    DeploymentView,
    Health,
    Plan,
    Rollout,
    ServiceView,
    Stop,
    TaskView,
    backoff,
    plan,
)
from lab.ecs.task import Place, TaskRun

if TYPE_CHECKING:
    from moto.ecs.models import Service

FAILED_HEALTH = "Task failed ELB health checks"


@dataclass
class Memory:
    """What the loop keeps of a service between its looks: nothing that the API shows."""

    failures: int = 0
    not_before: float = 0.0
    completed: str | None = None
    """The task definition of the last completed deployment, for a rollback."""
    healthy: set[str] = field(default_factory=set)
    steady: bool = False


def reconcile(place: Place, service: "Service", runs: Sequence[TaskRun], memory: Memory) -> bool:
    """Take the service's next step; whether it is in transition. `runs` has tasks that have just stopped, too.

    Hold the backends' lock.
    """
    if not service.deployments:
        return False
    now = place.clock()
    _note_failures(service, [run for run in runs if run.stopped], memory, now)
    present = [run for run in runs if not run.stopped]
    if service.status == "DRAINING" and not present:
        service.status, service.deployments = "INACTIVE", []
        return False
    tasks = [_view(service, run) for run in present]
    _note_health(service, tasks, memory)
    decided = plan(_service_view(service, memory.not_before <= now), tasks)
    _stop(service, present, decided.stops)
    started = _start(place, service, decided.start)
    _report(service, present, decided)
    _advance_rollout(service, decided, memory)
    steady = not started and not decided.stops and all(_settled(task) for task in tasks)
    steady = steady and len(tasks) == service.desired_count
    if steady and not memory.steady and service.status == "ACTIVE":
        add_event(service, "has reached a steady state.")
    memory.steady = steady
    return not steady


def _settled(task: TaskView) -> bool:
    return task.health == Health.HEALTHY and not task.stopping


def _view(service: "Service", run: TaskRun) -> TaskView:
    health, trouble = run.health(float(service.health_check_grace_period_seconds or 0))
    return TaskView(
        id=run.id,
        deployment=run.task.started_by,
        health=health,
        age=(utcnow() - run.task.created_at).total_seconds(),
        stopping=run.stopping,
        trouble=trouble,
    )


def _service_view(service: "Service", may_start: bool) -> ServiceView:
    configuration = service.deployment_configuration
    breaker = configuration["deploymentCircuitBreaker"]
    return ServiceView(
        desired=service.desired_count if service.status == "ACTIVE" else 0,
        deployments=tuple(
            DeploymentView(item["id"], Rollout(item["rolloutState"]), item["failedTasks"])
            for item in service.deployments
        ),
        minimum_healthy_percent=configuration["minimumHealthyPercent"],
        maximum_percent=configuration["maximumPercent"],
        circuit_breaker=breaker["enable"],
        rollback=breaker["rollback"],
        may_start=may_start,
    )


def _note_failures(service: "Service", stopped: Sequence[TaskRun], memory: Memory, now: float) -> None:
    """Tasks that ended by themselves, or were stopped for failing health checks, throttle and count."""
    primary = service.deployments[0]
    for run in stopped:
        task = run.task
        if task.stop_code == "UserInitiated" or (
            task.stop_code == "ServiceSchedulerInitiated" and not task.stopped_reason.startswith(FAILED_HEALTH)
        ):
            continue
        memory.failures += 1
        memory.not_before = now + backoff(memory.failures)
        if task.started_by == primary["id"] and primary["rolloutState"] == Rollout.IN_PROGRESS:
            primary["failedTasks"] += 1
        if memory.failures == 3:
            add_event(service, "is unable to consistently start tasks successfully.")


def _note_health(service: "Service", tasks: Sequence[TaskView], memory: Memory) -> None:
    """A task that turns healthy ends a row of failures."""
    primary = service.deployments[0]
    healthy = {task.id for task in tasks if task.health == Health.HEALTHY}
    if healthy - memory.healthy:
        memory.failures, memory.not_before = 0, 0.0
        if any(task.id in healthy - memory.healthy and task.deployment == primary["id"] for task in tasks):
            primary["failedTasks"] = 0
    memory.healthy = healthy


def _stop(service: "Service", runs: Sequence[TaskRun], stops: Sequence[Stop]) -> None:
    by_id = {run.id: run for run in runs}
    for stop in stops:
        by_id[stop.task].stop("ServiceSchedulerInitiated", stop.reason)
        if stop.reason.startswith(FAILED_HEALTH):
            arn = stop.reason.rsplit(" ", 1)[-1].rstrip(")")
            reason = "due to (reason Health checks failed)"
            add_event(service, f"(task {stop.task}) is unhealthy in (target-group {arn}) {reason}")
    if stops:
        names = " ".join(f"(task {stop.task})" for stop in stops)
        add_event(service, f"has stopped {len(stops)} running tasks: {names}.")
        if service.load_balancers:
            add_event(service, f"has begun draining connections on {len(stops)} tasks.")


def _start(place: Place, service: "Service", count: int) -> int:
    if count == 0:
        return 0
    tags = {"SERVICE": service.tags}.get(service.propagate_tags) or []
    tasks = backends.ecs(place.settings).run_task(
        service.cluster_name,
        service.deployments[0]["taskDefinition"],
        count,
        None,
        service.deployments[0]["id"],
        [dict(tag) for tag in tags],
        "FARGATE",
        service.network_configuration,
        f"service:{service.name}",
    )
    names = " ".join(f"(task {task.id})" for task in tasks)
    add_event(service, f"has started {len(tasks)} tasks: {names}.")
    return len(tasks)


def _report(service: "Service", runs: Sequence[TaskRun], decided: Plan) -> None:
    """Set the counts that DescribeServices shows, and drop deployments that are over."""
    service.deployments = [item for item in service.deployments if item["id"] not in decided.finished]
    for deployment in service.deployments:
        mine = [run for run in runs if run.task.started_by == deployment["id"]]
        deployment["runningCount"] = sum(run.status == "RUNNING" for run in mine)
        deployment["pendingCount"] = sum(run.status in ("PROVISIONING", "PENDING") for run in mine)
        if deployment["status"] == "PRIMARY":
            deployment["desiredCount"] = 0 if decided.rollout == Rollout.FAILED else service.desired_count
        else:
            deployment["desiredCount"] = sum(not run.stopping for run in mine)
    service.running_count = sum(item["runningCount"] for item in service.deployments)
    service.pending_count = sum(item["pendingCount"] for item in service.deployments)


def _advance_rollout(service: "Service", decided: Plan, memory: Memory) -> None:
    primary: dict[str, Any] = service.deployments[0]
    if decided.rollout == primary["rolloutState"]:
        return
    name = f"(deployment {primary['id']})"
    if decided.rollout == Rollout.COMPLETED:
        memory.completed = primary["taskDefinition"]
        set_rollout(service, Rollout.COMPLETED, f"ECS deployment {primary['id']} completed.")
        add_event(service, f"{name} deployment completed.")
        return
    add_event(service, f"{name} deployment failed: tasks failed to start.")
    if not decided.roll_back or memory.completed in (None, primary["taskDefinition"]):
        set_rollout(service, Rollout.FAILED, BREAKER_OPEN)
        return
    set_rollout(service, Rollout.FAILED, f"{BREAKER_OPEN[:-1]}, rolling back.")
    service.task_definition = memory.completed
    memory.failures, memory.not_before = 0, 0.0
    back = new_deployment(service)
    reason = f"ECS deployment circuit breaker: rolling back to deploymentId {back['id']}."
    back["rolloutStateReason"] = reason
    add_event(service, f"rolling back to (deployment {back['id']}).")
