"""ECS tasks and task definitions: a task's life, ListTasks, StopTask, what a definition needs."""

import itertools
from collections.abc import Callable
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ecs import models
from moto.ecs.exceptions import ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Task, TaskDefinition

from lab.aws.ecs.addresses import NO_ROOM, no_room, roomiest_first
from lab.aws.patching import wrap
from lab.settings import Settings


def apply() -> None:
    task_start()
    task_requirements()
    task_listing()
    task_stop()
    task_definition_checks()
    task_definition_times()


def number_tasks(settings: Settings) -> None:
    """AWS gives a task an address of its subnet; moto a random one. The lab's are loopback, so that they can answer."""
    numbers = itertools.count()
    models.random_private_ip = lambda: settings.task_address(next(numbers))


def task_start() -> None:
    """A task starts PROVISIONING and only ECS moves it on. moto says RUNNING at once and STOPPED after some looks.

    It takes an address of the roomiest of its subnets; without one it cannot start, and `lab.ecs` stops it.
    Also: RunTask needs no DNS host names in the VPC, and no security groups (the VPC's default group then).
    """
    NetworkInterface.private_dns_name = ""
    Task.advance = lambda _: None

    @wrap(Task, "__init__")
    def init(original: Callable[..., None], task: Task, *given: Any, **named: Any) -> None:
        awsvpc = (named.get("networking_configuration") or {}).get("awsvpcConfiguration")
        if awsvpc is not None:
            # A copy, for the service's own configuration keeps its order of subnets.
            awsvpc = {"securityGroups": [], **awsvpc}
            named["networking_configuration"] = {"awsvpcConfiguration": awsvpc}
            awsvpc["subnets"] = roomiest_first(named["backend"], awsvpc["subnets"])
            vars(task)[NO_ROOM] = no_room(named["backend"], awsvpc)
        original(task, *given, **named)
        definition = task._backend.describe_task_definition(task.task_definition_arn)
        task.status = "PROVISIONING"
        task.created_at = utcnow()
        task.version = 1
        task.launch_type = task.launch_type or "FARGATE"
        task.platform_version = "1.4.0"
        task.platform_family = "Linux"
        task.cpu, task.memory = definition.cpu, definition.memory
        task.health_status = "UNKNOWN"
        task.stopped_reason = task.stop_code = None
        for container in task.containers:
            container.task_arn = task.task_arn
            container.exitCode = None
            container.health_status = "UNKNOWN"


def task_requirements() -> None:
    """Fargate tasks name CPU and memory for the task as a whole; moto adds up the containers' and trips over None."""
    EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(
        lambda _: {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}
    )


def task_listing() -> None:
    """ListTasks filters by service, by exact cluster and family, and shows desiredStatus RUNNING by default."""

    def list_tasks(
        backend: EC2ContainerServiceBackend,
        cluster_str: str | None = None,
        container_instance: str | None = None,
        family: str | None = None,
        started_by: str | None = None,
        service_name: str | None = None,
        desired_status: str | None = None,
    ) -> list[Task]:
        if cluster_str is None:  # how moto looks tasks up for itself
            return [task for tasks in backend.tasks.values() for task in tasks.values()]
        cluster = backend._get_cluster(cluster_str)
        group = f"service:{service_name.rsplit('/', 1)[-1]}" if service_name else None
        return [
            task
            for task in backend.tasks.get(cluster.name, {}).values()
            if task.desired_status == (desired_status or "RUNNING")
            and (group is None or task.group == group)
            and (not started_by or task.started_by == started_by)
            and (not family or task.task_definition_arn.rsplit("/", 1)[-1].split(":")[0] == family)
            and (not container_instance or task.container_instance_arn == container_instance)
        ]

    EC2ContainerServiceBackend.list_tasks = list_tasks


def task_stop() -> None:
    """StopTask begins the way to STOPPED (drain, SIGTERM, stopTimeout, SIGKILL); moto is there at once."""

    def stop_task(backend: EC2ContainerServiceBackend, cluster_str: str, task_str: str, reason: str | None) -> Task:
        cluster = backend._get_cluster(cluster_str)
        for task in backend.tasks.get(cluster.name, {}).values():
            if task_str in (task.id, task.task_arn):
                if task.desired_status != "STOPPED":
                    task.desired_status = "STOPPED"
                    task.stop_code = "UserInitiated"
                    task.stopped_reason = reason or "Task stopped by user"
                return task
        raise InvalidParameterException("The referenced task was not found.")

    EC2ContainerServiceBackend.stop_task = stop_task


def task_definition_checks() -> None:
    """RegisterTaskDefinition refuses secrets, or awslogs on Fargate, without an execution role."""

    @wrap(EC2ContainerServiceBackend, "register_task_definition")
    def register(
        original: Callable[..., TaskDefinition], backend: Any, family: str, containers: Any, **given: Any
    ) -> TaskDefinition:
        if not given.get("execution_role_arn"):
            for container in containers:
                if container.get("secrets"):
                    raise ECSException(
                        "ClientException",
                        "When you are specifying container secrets, you must also specify a value for "
                        "'executionRoleArn'.",
                    )
                if "FARGATE" in (given.get("requires_compatibilities") or []) and container.get("logConfiguration"):
                    raise ECSException(
                        "ClientException",
                        "Fargate requires task definition to have execution role ARN to support log driver "
                        f"{container['logConfiguration'].get('logDriver')}.",
                    )
        return original(backend, family, containers, **given)


def task_definition_times() -> None:
    """A task definition has registeredAt and, once INACTIVE, deregisteredAt."""

    @wrap(TaskDefinition, "__init__")
    def init(original: Callable[..., None], definition: TaskDefinition, *given: Any, **named: Any) -> None:
        original(definition, *given, **named)
        definition.registered_at = utcnow()

    @wrap(EC2ContainerServiceBackend, "deregister_task_definition")
    def deregister(original: Callable[..., TaskDefinition], backend: Any, name: str) -> TaskDefinition:
        definition = original(backend, name)
        definition.deregistered_at = utcnow()
        return definition
