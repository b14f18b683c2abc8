"""The emulator's service records, as ECS keeps them: deployments, their rollouts, events.

A deployment is a dictionary in the shape of the API's `Deployment`; a service's list has its PRIMARY first. Beside it
stands the newer view of the same thing, the `ServiceDeployment` (ListServiceDeployments).
"""

import secrets
import uuid
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow

from lab.ecs.scheduler import Rollout

if TYPE_CHECKING:
    from moto.ecs.models import Service

MAXIMUM_EVENTS = 100
BREAKER_OPEN = "ECS deployment circuit breaker: tasks failed to start."


def new_deployment(service: "Service") -> dict[str, Any]:
    """Make what the service asks for now its PRIMARY deployment; older ones become ACTIVE."""
    now = utcnow()
    number = str(secrets.randbelow(9 * 10**18) + 10**18)
    deployment = {
        "id": f"ecs-svc/{number}",
        "status": "PRIMARY",
        "taskDefinition": service.task_definition,
        "desiredCount": service.desired_count,
        "pendingCount": 0,
        "runningCount": 0,
        "failedTasks": 0,
        "createdAt": now,
        "updatedAt": now,
        "launchType": service.launch_type,
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "networkConfiguration": service.network_configuration,
        "rolloutState": Rollout.IN_PROGRESS.value,
        "rolloutStateReason": f"ECS deployment ecs-svc/{number} in progress.",
    }
    for older in service.deployments:
        older["status"] = "ACTIVE"
    service.deployments.insert(0, deployment)
    _begin_service_deployment(service, number)
    return deployment


def set_rollout(service: "Service", rollout: Rollout, reason: str) -> None:
    """Set the PRIMARY's rolloutState."""
    now = utcnow()
    service.deployments[0].update(rolloutState=rollout.value, rolloutStateReason=reason, updatedAt=now)
    status = {
        Rollout.COMPLETED: "SUCCESSFUL",
        Rollout.FAILED: "ROLLBACK_SUCCESSFUL" if "rolling back" in reason else "STOPPED",
        Rollout.IN_PROGRESS: "IN_PROGRESS",
    }[rollout]
    finished = {} if rollout == Rollout.IN_PROGRESS else {"finishedAt": now}
    service_deployments(service)[0].update(status=status, statusReason=reason, updatedAt=now, **finished)


def service_deployments(service: "Service") -> list[dict[str, Any]]:
    """The service's `ServiceDeployment` records, newest first."""
    if "service_deployments" not in vars(service):
        service.service_deployments = []
    found: list[dict[str, Any]] = service.service_deployments
    return found


def add_event(service: "Service", message: str) -> None:
    event = {"id": str(uuid.uuid4()), "createdAt": utcnow(), "message": f"(service {service.name}) {message}"}
    service.events = [event, *service.events][:MAXIMUM_EVENTS]


def _begin_service_deployment(service: "Service", number: str) -> None:
    now = utcnow()
    base = service.arn.replace(":service/", ":service-{}/")
    history = service_deployments(service)
    for older in history:
        if older["status"] == "IN_PROGRESS":
            older.update(status="STOPPED", statusReason="A new deployment has begun.", finishedAt=now, updatedAt=now)
    history.insert(
        0,
        {
            "serviceDeploymentArn": f"{base.format('deployment')}/{number}",
            "serviceArn": service.arn,
            "clusterArn": service.cluster_arn,
            "createdAt": now,
            "startedAt": now,
            "updatedAt": now,
            "status": "IN_PROGRESS",
            "targetServiceRevisionArn": f"{base.format('revision')}/{number}",
            "targetServiceRevision": {"arn": f"{base.format('revision')}/{number}"},
        },
    )
    del history[MAXIMUM_EVENTS:]
