"""A schedule's execution role: who may take it on, and what it may do. Hold the backends' lock."""

import json
from typing import Any

from lab.aws import backends
from lab.ecs.permissions import allowed, role_policies
from lab.scheduler.universal import Request
from lab.settings import Settings

PRINCIPAL = "scheduler.amazonaws.com"
NOT_TRUSTED = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."


def trusts_scheduler(settings: Settings, role_arn: str) -> bool:
    """Whether the role is there and EventBridge Scheduler may assume it; conditions are not evaluated."""
    for role in backends.iam(settings).roles.values():
        if role.arn == role_arn:
            statements = json.loads(role.assume_role_policy_document or "{}").get("Statement", [])
            return any(_trusts(item) for item in (statements if isinstance(statements, list) else [statements]))
    return False


def _trusts(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    return statement.get("Effect") == "Allow" and PRINCIPAL in ([services] if isinstance(services, str) else services)


def refusal(settings: Settings, role_arn: str, request: Request) -> str | None:
    """AWS's words when the role may not make the request, else None."""
    if not trusts_scheduler(settings, role_arn):
        return f"{role_arn}: {NOT_TRUSTED}"
    resource = resource_of(settings, request)
    if allowed(role_policies(settings, role_arn) or [], request.permission, resource):
        return None
    return (
        f"AccessDeniedException: {role_arn} is not authorized to perform: {request.permission} on resource: {resource} "
        "because no identity-based policy allows the action"
    )


def resource_of(settings: Settings, request: Request) -> str:
    """The ARN that IAM asks about: that of the service or of the scalable target, or else the first that is named.

    `*` where the request names none.
    """
    given, place = request.parameters, f"{settings.region}:{settings.account}"
    if request.service == "ecs" and "service" in given:
        service = str(given["service"])
        cluster = str(given.get("cluster", "default")).rsplit("/", 1)[-1]
        return service if service.startswith("arn:") else f"arn:aws:ecs:{place}:service/{cluster}/{service}"
    if request.service == "application-autoscaling" and "ResourceId" in given:
        targets = backends.applicationautoscaling(settings).targets.get(given.get("ScalableDimension", ""), {})
        target = targets.get(given["ResourceId"])
        return target.arn if target else f"arn:aws:application-autoscaling:{place}:scalable-target/new"
    arns = (value for value in given.values() if isinstance(value, str) and value.startswith("arn:"))
    return next(arns, "*")
