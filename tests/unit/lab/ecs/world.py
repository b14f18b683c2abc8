"""An emulator, a runner and a balancer in memory, and a clock that is turned by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab.aws import backends
from lab.balancer.health import TargetState
from lab.balancer.targets import Target
from lab.ecs import records, task
from lab.ecs import service as loop
from lab.ecs.runner import Handle, TaskSpec
from lab.ecs.task import Place, TaskRun
from lab.images import Image, ImageNotFound
from lab.settings import Settings

GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/blue/1"
ROLE = "arn:aws:iam::123456789012:role/start"
DIGEST = "sha256:" + "0" * 64


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def utcnow(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC).replace(tzinfo=None)


class FakeHandle:
    def __init__(self) -> None:
        self.code: int | None = None
        self.signals: list[str] = []
        self.obedient = True

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.signals.append("TERM")
        if self.obedient:
            self.code = 0

    def kill(self) -> None:
        self.signals.append("KILL")
        self.code = 137


@dataclass
class FakeRunner:
    started: list[TaskSpec] = field(default_factory=list)
    handles: list[FakeHandle] = field(default_factory=list)
    error: Exception | None = None

    def start(self, spec: TaskSpec) -> Handle:
        if self.error:
            raise self.error
        self.started.append(spec)
        self.handles.append(FakeHandle())
        return self.handles[-1]


@dataclass
class FakeTargets:
    states: dict[Target, str] = field(default_factory=dict)
    draining: set[Target] = field(default_factory=set)
    default: str = "healthy"

    def register(self, target: Target) -> None:
        self.states[target] = self.default

    def deregister(self, target: Target) -> None:
        if self.states.pop(target, None):
            self.draining.add(target)

    def state(self, target: Target) -> TargetState:
        return TargetState(self.states.get(target, "unused"))

    def gone(self, target: Target) -> bool:
        return target not in self.states and target not in self.draining


class FakeImages:
    def __init__(self) -> None:
        self.missing = False
        self.arguments: tuple[str, ...] = ()

    def resolve(self, reference: str) -> Image:
        if self.missing:
            raise ImageNotFound(f"failed to resolve ref {reference}")
        given = {"APP_VERSION": "1"}
        command = ("python", "entry")
        return Image("app", DIGEST, Path("/image"), Path("/venv/bin/python"), given, command, self.arguments)


class World:
    """`definition` and `container` are what tasks are made of; change them before a task is made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
        self.clock = Clock()
        self.runner, self.targets, self.images = FakeRunner(), FakeTargets(), FakeImages()
        settings = Settings(home=home, network="127.90", cache=home)
        self.place = Place(settings, self.runner, self.images, self.targets, self.clock)  # type: ignore[arg-type]  # fakes
        self.container: dict[str, Any] = {"name": "app", "image": "app:1", "portMappings": [{"containerPort": 5000}]}
        self.definition = SimpleNamespace(
            container_definitions=[self.container], execution_role_arn=ROLE, cpu=None, memory=None
        )
        self.interfaces: dict[str, Any] = {}
        self.made: list[TaskRun] = []
        allow_all = [{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}]
        monkeypatch.setattr("lab.ecs.injection.role_policies", lambda *_: allow_all)
        ecs = SimpleNamespace(describe_task_definition=lambda _: self.definition, run_task=self._run_task)
        ec2 = SimpleNamespace(enis=self.interfaces, delete_network_interface=self.interfaces.pop)
        monkeypatch.setattr(backends, "ecs", lambda _: ecs)
        monkeypatch.setattr(backends, "ec2", lambda _: ec2)
        for module in (records, loop, task):
            monkeypatch.setattr(module, "utcnow", self.clock.utcnow)

    def task(self, number: int = 1, started_by: str = "", balanced: bool = True) -> TaskRun:
        address, interface = f"127.90.16.{number}", f"eni-{number}"
        self.interfaces[interface] = object()
        details = [
            {"name": "privateIPv4Address", "value": address},
            {"name": "networkInterfaceId", "value": interface},
        ]
        record = SimpleNamespace(
            id=f"task{number}",
            status="PROVISIONING",
            desired_status="RUNNING",
            version=1,
            started_by=started_by,
            stop_code=None,
            stopped_reason=None,
            created_at=self.clock.utcnow(),
            task_definition_arn="arn:app:1",
            overrides={},
            attachments=[{"id": "attachment", "status": "ATTACHED", "details": details}],
            containers=[SimpleNamespace(exitCode=None, last_status="PENDING")],
        )
        balancers: list[Mapping[str, Any]] = [{"targetGroupArn": GROUP, "containerPort": 5000}] if balanced else []
        run = TaskRun(self.place, record, balancers)
        self.made.append(run)
        return run

    def _run_task(self, _: str, __: str, count: int, *given: Any) -> list[Any]:
        made = [self.task(len(self.made) + 1, started_by=given[1]) for _ in range(count)]
        return [run.task for run in made]

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    def service(self, desired: int = 2, **configuration: Any) -> Any:
        made = SimpleNamespace(
            name="blue",
            arn="arn:aws:ecs:eu-west-1:123456789012:service/calstack/blue",
            cluster_arn="arn:cluster",
            cluster_name="calstack",
            status="ACTIVE",
            desired_count=desired,
            running_count=0,
            pending_count=0,
            task_definition="app:1",
            launch_type="FARGATE",
            network_configuration={},
            health_check_grace_period_seconds=10,
            load_balancers=[{"targetGroupArn": GROUP}],
            propagate_tags="NONE",
            tags=[],
            events=[],
            deployments=[],
            deployment_configuration={
                "minimumHealthyPercent": 100,
                "maximumPercent": 200,
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                **configuration,
            },
        )
        records.new_deployment(made)
        return made

    def step(self, made: Any, memory: loop.Memory) -> bool:
        """One tick: tasks, then the service."""
        for run in self.made:
            run.advance()
        moving = loop.reconcile(self.place, made, self.made, memory)
        self.made = [run for run in self.made if not run.stopped]
        return moving
