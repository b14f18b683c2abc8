"""What ECS does at the moment, as plain data for `lab status`."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow

from lab.aws import backends
from lab.balancer.targets import Target, Targets
from lab.settings import Settings

if TYPE_CHECKING:
    from moto.ecs.models import Service, Task

STOPPED_SHOWN = 10


def report(settings: Settings, targets: Targets) -> dict[str, Any]:
    """`services`, `tasks` that run outside services, and the last `stopped` tasks. Hold the backends' lock."""
    backend = backends.ecs(settings)
    tasks = [task for group in backend.tasks.values() for task in group.values()]
    live = [task for task in tasks if task.status != "STOPPED"]
    stopped = sorted((task for task in tasks if task.status == "STOPPED"), key=lambda task: task.stopped_at)
    services = [service for service in backend.services.values() if service.status != "INACTIVE"]
    balancers = {(item.cluster_name, f"service:{item.name}"): item.load_balancers for item in services}
    return {
        "services": [
            _service(item, [_task(task, item.load_balancers, targets) for task in live if _belongs(task, item)])
            for item in services
        ],
        "tasks": [_task(task, [], targets) for task in live if (task.cluster_name, task.group) not in balancers],
        "stopped": [_stopped(task) for task in reversed(stopped[-STOPPED_SHOWN:])],
    }


def _belongs(task: "Task", service: "Service") -> bool:
    return bool(task.cluster_name == service.cluster_name and task.group == f"service:{service.name}")


def _service(service: "Service", tasks: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "cluster": service.cluster_name,
        "name": service.name,
        "status": service.status,
        "desired": service.desired_count,
        "running": service.running_count,
        "deployments": [
            {
                "status": item["status"],
                "task_definition": item["taskDefinition"].rsplit("/", 1)[-1],
                "rollout": item["rolloutState"],
                "reason": item["rolloutStateReason"],
                "failed": item["failedTasks"],
            }
            for item in service.deployments
        ],
        "tasks": tasks,
    }


def _task(task: "Task", load_balancers: list[dict[str, Any]], targets: Targets) -> dict[str, Any]:
    details = task.attachments[0]["details"] if task.attachments else []
    address = next((item["value"] for item in details if item["name"] == "privateIPv4Address"), "")
    states = [
        targets.state(Target(item["targetGroupArn"], address, int(item["containerPort"]))).state
        for item in load_balancers
        if item.get("targetGroupArn") and item.get("containerPort")
    ]
    return {
        "id": task.id,
        "status": task.status,
        "task_definition": task.task_definition_arn.rsplit("/", 1)[-1],
        "address": address,
        "health": ", ".join(states),
        "seconds": _age(task.created_at),
    }


def _stopped(task: "Task") -> dict[str, Any]:
    return {
        "id": task.id,
        "group": task.group.partition(":")[2],
        "task_definition": task.task_definition_arn.rsplit("/", 1)[-1],
        "code": getattr(task, "stop_code", None) or "",
        "reason": task.stopped_reason or "",
        "exit": task.containers[0].exitCode,
        "seconds": _age(task.stopped_at),
    }


def _age(moment: datetime) -> int:
    return int((utcnow() - moment).total_seconds())
