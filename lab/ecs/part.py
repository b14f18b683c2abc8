"""ECS as a part of the lab: plays every task and every service of the emulator, a step at a time."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow

from lab.aws import backends
from lab.aws.ecs import number_tasks
from lab.balancer.targets import Targets
from lab.ecs.docker_runner import DockerRunner
from lab.ecs.process_runner import ProcessRunner
from lab.ecs.report import report
from lab.ecs.runner import Runner
from lab.ecs.service import Memory, reconcile
from lab.ecs.task import Place, TaskRun
from lab.images import ImageStore
from lab.settings import Settings

if TYPE_CHECKING:
    from moto.ecs.models import Service, Task

log = logging.getLogger(__name__)

QUICK, SLOW = 0.1, 1.0
STOP_GRACE = 2.0
# ECS shows a stopped task for about an hour.
FORGET_STOPPED = timedelta(hours=1)


def runner(settings: Settings) -> Runner:
    return DockerRunner(settings) if settings.containers else ProcessRunner(settings)


class EcsPart:
    name = "ecs"

    def __init__(self, settings: Settings, targets: Targets, place: Place | None = None) -> None:
        self._settings = settings
        self._place = place or Place(settings, runner(settings), ImageStore(settings), targets)
        self._runs: dict[str, TaskRun] = {}
        self._memories: dict[str, Memory] = {}
        self._faults: dict[str, str] = {}

    def start(self) -> None:
        number_tasks(self._settings)

    def tick(self) -> float:
        with backends.LOCK:
            self._faults = {}
            self._adopt()
            for run in self._runs.values():
                self._guard(f"task {run.id}", run.advance)
            moving = [self._reconcile(service) for service in self._services()]
            self._adopt()
            self._runs = {key: run for key, run in self._runs.items() if not run.stopped}
            on_the_way = any(run.status != "RUNNING" or run.stopping for run in self._runs.values())
        return QUICK if on_the_way or any(moving) else SLOW

    def trouble(self) -> str | None:
        return "; ".join(self._faults.values()) or None

    def report(self) -> dict[str, Any]:
        """Clusters, services, tasks and the last stopped ones, for `lab status`."""
        with backends.LOCK:
            return report(self._settings, self._place.targets)

    def stop(self) -> None:
        with backends.LOCK:
            for run in self._runs.values():
                self._guard(f"task {run.id}", run.abandon)
            deadline = time.monotonic() + STOP_GRACE
            while not self._all_stopped() and time.monotonic() < deadline:
                time.sleep(0.05)
            for run in self._runs.values():
                self._guard(f"task {run.id}", run.kill)
            self._all_stopped()
            self._runs.clear()

    def _guard(self, name: str, step: Callable[[], object]) -> bool:
        """One task's or service's fault must not hold up the others; `lab status` tells of it."""
        try:
            return bool(step())
        except Exception as error:
            log.exception("%s", name)
            self._faults[name] = f"{name}: {type(error).__name__}: {error} (see lab.log)"
            return False

    def _reconcile(self, service: "Service") -> bool:
        runs, memory = self._runs_of(service), self._memory(service)
        return self._guard(f"service {service.name}", lambda: reconcile(self._place, service, runs, memory))

    def _services(self) -> list["Service"]:
        services = backends.ecs(self._settings).services.values()
        return [service for service in services if service.status != "INACTIVE"]

    def _all_stopped(self) -> bool:
        for run in self._runs.values():
            self._guard(f"task {run.id}", run.advance)
        return all(run.stopped for run in self._runs.values())

    def _adopt(self) -> None:
        """Take up tasks that RunTask or a service loop has made, and forget those that stopped long ago."""
        backend = backends.ecs(self._settings)
        for tasks in backend.tasks.values():
            for arn, task in list(tasks.items()):
                if task.status == "STOPPED":
                    if arn not in self._runs and task.stopped_at < utcnow() - FORGET_STOPPED:
                        del tasks[arn]
                elif arn not in self._runs:
                    self._guard(f"task {task.id}", partial(self._take_up, task))

    def _take_up(self, task: "Task") -> None:
        self._runs[task.task_arn] = TaskRun(self._place, task, self._load_balancers(task))

    def _load_balancers(self, task: "Task") -> list[dict[str, Any]]:
        kind, _, name = task.group.partition(":")
        service = backends.ecs(self._settings).services.get(f"{task.cluster_name}:{name}")
        return list(service.load_balancers) if service and kind == "service" else []

    def _runs_of(self, service: "Service") -> list[TaskRun]:
        group = f"service:{service.name}"
        return [
            run
            for run in self._runs.values()
            if run.task.group == group and run.task.cluster_name == service.cluster_name
        ]

    def _memory(self, service: "Service") -> Memory:
        # A service that is deleted and made anew must not inherit.
        key = f"{service.arn} {service.created_at}"
        return self._memories.setdefault(key, Memory())
