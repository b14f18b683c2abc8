"""One task's way from PROVISIONING to STOPPED, as ECS walks it.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
"""

import logging
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow

from lab.aws import backends
from lab.aws.ecs import addresses
from lab.balancer.targets import Target, Targets
from lab.ecs.awslogs import LogShipper
from lab.ecs.injection import ExecutionRole, InitializationError, log_stream, may_pull, secrets
from lab.ecs.runner import Handle, Runner, TaskSpec
from lab.ecs.scheduler import Health
from lab.ecs.size import cpus, mebibytes
from lab.images import ContainerImage, Image, ImageNotFound, ImageStore
from lab.settings import Settings

if TYPE_CHECKING:
    from moto.ecs.models import Task

log = logging.getLogger(__name__)

STOP_TIMEOUT = 30.0
# A service without a balancer has no health but this: its tasks count once they have run for a little while.
STEADY_SECONDS = 2.0


@dataclass(frozen=True)
class Place:
    """What tasks are run with."""

    settings: Settings
    runner: Runner
    images: ImageStore
    targets: Targets
    clock: Callable[[], float] = time.monotonic


class TaskRun:
    """A task of the emulator that is being played. Hold the backends' lock around every method."""

    def __init__(self, place: Place, task: "Task", load_balancers: Sequence[Mapping[str, Any]] = ()) -> None:
        self.task = task
        self.id: str = task.id
        self._place = place
        self._definition = backends.ecs(place.settings).describe_task_definition(task.task_definition_arn)
        self._container: dict[str, Any] = self._definition.container_definitions[0]
        details = {item["name"]: item["value"] for item in task.attachments[0]["details"]} if task.attachments else {}
        self.address: str = details.get("privateIPv4Address", "")
        self._interface: str = details.get("networkInterfaceId", "")
        self.targets = tuple(
            Target(item["targetGroupArn"], self.address, int(item["containerPort"]))
            for item in load_balancers
            if item.get("targetGroupArn")
        )
        self._handle: Handle | None = None
        self._shipper: LogShipper | None = None
        self._since = place.clock()
        self._killed = False

    @property
    def status(self) -> str:
        return str(self.task.status)

    @property
    def stopped(self) -> bool:
        return self.status == "STOPPED"

    @property
    def stopping(self) -> bool:
        return bool(self.task.desired_status == "STOPPED")

    def stop(self, code: str, reason: str) -> None:
        """Ask the task to stop; `code` is ECS's stopCode."""
        if not self.stopping:
            self.task.desired_status = "STOPPED"
            self.task.stop_code, self.task.stopped_reason = code, reason

    def health(self, grace: float) -> tuple[Health, str]:
        """How far the task is, and what ECS says of it when it is unhealthy after `grace` seconds of running."""
        running = self._place.clock() - self._since
        if self.status != "RUNNING":
            return Health.STARTING, ""
        if not self.targets:
            return Health.HEALTHY if running >= STEADY_SECONDS else Health.STARTING, ""
        states = {target: self._place.targets.state(target).state for target in self.targets}
        for target, state in states.items():
            if state == "unhealthy":
                trouble = f"Task failed ELB health checks in (target-group {target.group_arn})"
                return (Health.UNHEALTHY, trouble) if running >= grace else (Health.STARTING, "")
        return Health.STARTING if "initial" in states.values() else Health.HEALTHY, ""

    def advance(self) -> None:
        """Take the step that is due."""
        if self.stopped:
            return
        if self._shipper:
            self._shipper.ship()
        code = self._handle.poll() if self._handle else None
        if code is not None:
            self.stop("EssentialContainerExited", "Essential container in task exited")
            self._finish(code)
        elif self.stopping:
            self._advance_stop()
        elif self.status == "PROVISIONING":
            self._launch()
        elif self.status == "PENDING":
            self._run()

    def abandon(self) -> None:
        """SIGTERM without draining: the lab itself goes down."""
        self.stop("ServiceSchedulerInitiated", "The lab goes down")
        if self._handle and self.status != "STOPPING":
            self._handle.terminate()
            self._move("STOPPING")

    def kill(self) -> None:
        if self._handle:
            self._handle.kill()

    def _launch(self) -> None:
        self._move("PENDING")
        self.task.pull_started_at = utcnow()
        try:
            spec, image = self._spec()
            self._handle = self._place.runner.start(spec)
        except InitializationError as error:
            self._fail(str(error))
        except ImageNotFound as error:
            self._fail(f"CannotPullContainerError: {error}")
        except OSError as error:
            self._fail(f"CannotStartContainerError: {error.strerror}: {error.filename}")
        except Exception as error:
            # Its text may show a secret, and a task without a process must not count as running.
            log.warning(
                "task %s: %s\n%s", self.id, type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
            )
            self._fail(f"CannotStartContainerError: {type(error).__name__}")
        else:
            self.task.pull_stopped_at = utcnow()
            for container in self.task.containers:
                container.image_digest = image.digest
                container.runtime_id = f"{self.id.replace('-', '')}-0001"
                container.network_interfaces = [
                    {"attachmentId": item["id"], "privateIpv4Address": self.address} for item in self.task.attachments
                ]

    def _spec(self) -> tuple[TaskSpec, Image | ContainerImage]:
        if no_room := addresses.reason(self.task):
            raise InitializationError(no_room)
        settings, container = self._place.settings, self._container
        role_arn = self.task.overrides.get("executionRoleArn") or getattr(self._definition, "execution_role_arn", None)
        role = ExecutionRole.read(settings, role_arn)
        may_pull(settings, role, self.id, container["image"])
        injected = secrets(settings, role, self.id, container.get("secrets") or [])
        image = self._place.images.resolve(container["image"])
        file = settings.logs / "tasks" / f"{self.id}.log"
        if stream := log_stream(settings, role, self.id, container):
            self._shipper = LogShipper(settings, *stream, path=file)
        overrides = self.task.overrides.get("containerOverrides") or []
        override: Mapping[str, Any] = next((item for item in overrides if item["name"] == container["name"]), {})
        given = [*(container.get("environment") or []), *(override.get("environment") or [])]
        # As an engine does: whoever names an entry point, gets the image's own arguments no more.
        entry = container.get("entryPoint")
        arguments = override.get("command") or container.get("command") or (() if entry else image.arguments)
        return TaskSpec(
            id=self.id,
            image=image,
            address=self.address,
            log=file,
            environment={**{item["name"]: item["value"] for item in given}, **injected},
            command=(*(entry or image.command), *arguments),
            cpus=cpus(self._definition.cpu or container.get("cpu")),
            memory=mebibytes(self._definition.memory or container.get("memory")),
            init=bool((container.get("linuxParameters") or {}).get("initProcessEnabled")),
        ), image

    def _run(self) -> None:
        for target in self.targets:
            try:
                self._place.targets.register(target)
            except KeyError:
                log.warning("task %s: there is no target group %s any more", self.id, target.group_arn)
        self._move("RUNNING")
        self.task.started_at = self.task.connectivity_at = utcnow()
        self.task.connectivity = "CONNECTED"

    def _advance_stop(self) -> None:
        """Deregister and drain, SIGTERM when no request can come any more, SIGKILL after stopTimeout."""
        if self._handle is None:
            self._finish(None)
        elif self.status in ("PENDING", "RUNNING"):
            self._deregister()
            self._move("DEACTIVATING")
        if self.status == "DEACTIVATING" and all(self._place.targets.gone(target) for target in self.targets):
            self._move("STOPPING")
            self.task.stopping_at = utcnow()
            if self._handle:
                self._handle.terminate()
        elif self.status == "STOPPING" and not self._killed:
            timeout = float(self._container.get("stopTimeout") or STOP_TIMEOUT)
            if self._place.clock() - self._since >= timeout:
                self._killed = True
                self.kill()

    def _deregister(self) -> None:
        for target in self.targets:
            self._place.targets.deregister(target)

    def _fail(self, reason: str) -> None:
        self.stop("TaskFailedToStart", reason)
        self._finish(None)

    def _finish(self, code: int | None) -> None:
        if self.status in ("PENDING", "RUNNING"):
            self._deregister()
        if self._shipper:
            self._shipper.close()
        ec2 = backends.ec2(self._place.settings)
        if self._interface in ec2.enis:
            ec2.delete_network_interface(self._interface)
        for attachment in self.task.attachments:
            attachment["status"] = "DELETED"
        for container in self.task.containers:
            container.exitCode = code
        self.task.execution_stopped_at = self.task.stopped_at = utcnow()
        self._move("STOPPED")
        log.info("task %s stopped: %s (exit code %s)", self.id, self.task.stopped_reason, code)

    def _move(self, status: str) -> None:
        self.task.status = status
        self.task.version += 1
        self._since = self._place.clock()
        for container in self.task.containers:
            container.last_status = "STOPPED" if status == "STOPPED" else "RUNNING" if self._handle else "PENDING"
