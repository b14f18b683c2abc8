# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the ecs component consists of. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Ref, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecs import permissions
from ansible_collections.calstack.aws.plugins.module_utils._ecs.capacity import check_greatest
from ansible_collections.calstack.aws.plugins.module_utils._ecs.first_image import Decision, decide
from ansible_collections.calstack.aws.plugins.module_utils._ecs.inputs import (
    COLOUR_VARIABLE,
    as_text,
    value_from,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import (
    COLOURS,
    ROLE_POLICY,
    cluster_name,
    is_placeholder,
    log_group_name,
    placeholder,
    policy_name,
    role_name,
    service_name,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.scaling import METRICS

Params = Mapping[str, Any]


def wanted(params: Params, scope: Scope) -> list[Wanted]:
    """All resources in the order of use. Raises InputError."""
    now = params["situation"]
    check_greatest(
        params["tasks_max"], {colour: item.desired for colour, item in now.services.items()}, params["bounds"]
    )
    decision = _decision(params)
    return [
        _log_group(params, scope),
        *_roles(params, scope, decision),
        _cluster(params, scope),
        *(_task_definition(params, scope, colour, decision) for colour in COLOURS),
        *(_service(params, scope, colour, decision) for colour in COLOURS),
        *(_scalable_target(params, scope, colour, decision) for colour in COLOURS),
        *(_policy(params, scope, colour, measure) for colour in COLOURS for measure in METRICS),
    ]


def outputs(params: Params, scope: Scope) -> dict[str, Any]:
    """What the component publishes."""
    names = {colour: service_name(scope.stack, colour) for colour in COLOURS}
    return {
        "ecs_cluster_arn": Ref("cluster", cluster_name(scope.stack), "arn"),
        "ecs_cluster_name": cluster_name(scope.stack),
        "ecs_log_group_name": log_group_name(scope.stack),
        "ecs_service_arns": {colour: Ref("service", name) for colour, name in names.items()},
        "ecs_task_definition_arns": {colour: Ref("task definition", name) for colour, name in names.items()},
        "ecs_running_task_definition_arns": {
            colour: Ref("service", name, "task_definition") for colour, name in names.items()
        },
        "ecs_waiting_for_image": _decision(params).waiting,
    }


def _decision(params: Params) -> Decision:
    tag = placeholder(params["repository_uri"])
    return decide(params["situation"], params["first_image"], tag, params["tasks_min"])


def _log_group(params: Params, scope: Scope) -> Wanted:
    name = log_group_name(scope.stack)
    return Wanted("log group", name, {"tags": scope.tags(name), "retention_days": params["log_retention_days"]})


def _roles(params: Params, scope: Scope, decision: Decision) -> list[Wanted]:
    """The execution role reaches what the wanted revisions name and what the running ones do.

    A task of the serving revision is replaced whenever ECS likes, long after its settings have changed.
    """
    account, now = params["account"], params["situation"]
    secrets = {value_from(name, item).rsplit(":", 3)[0] for name, item in params["secrets"].items()}
    secrets |= {arn for item in now.secrets if (arn := permissions.secret_of(item))}
    images = {*decision.images.values(), *now.images}
    images = {image for image in images if not is_placeholder(image)}
    repositories = {params["repository_arn"]}
    repositories |= {arn for image in images if (arn := permissions.repository_of(image, account))}
    policies = {
        "execution": permissions.execution_policy(account, repositories, log_group_name(scope.stack), secrets),
        "task": permissions.task_policy(params["task_policy_statements"], params["execute_command"]),
    }
    trust = permissions.trust(account)
    return [
        Wanted("role", name, {"tags": scope.tags(name), "trust": trust, "attached": frozenset()} | _inline(policy))
        for name, policy in ((role_name(scope.stack, account.region, use), policy) for use, policy in policies.items())
    ]


def _inline(policy: permissions.Statements) -> dict[str, Any]:
    """IAM takes no policy without statements."""
    return {"inline": {ROLE_POLICY: policy} if policy else {}}


def _cluster(params: Params, scope: Scope) -> Wanted:
    name = cluster_name(scope.stack)
    properties = {
        "tags": scope.tags(name),
        "container_insights": params["container_insights"],
        "capacity_providers": frozenset({"FARGATE"}),
    }
    return Wanted("cluster", name, properties)


def _task_definition(params: Params, scope: Scope, colour: str, decision: Decision) -> Wanted:
    name, region = service_name(scope.stack, colour), params["account"].region
    environment = {key: as_text(value) for key, value in params["environment"].items()}
    properties = {
        "tags": scope.tags(name),
        "cpu": params["cpu"],
        "memory": params["memory"],
        "cpu_architecture": params["cpu_architecture"],
        "execution_role": Ref("role", role_name(scope.stack, region, "execution"), "arn"),
        "task_role": Ref("role", role_name(scope.stack, region, "task"), "arn"),
        "image": decision.images[colour],
        "port": params["port"],
        "environment": environment | {COLOUR_VARIABLE: colour},
        "secrets": {key: value_from(key, item) for key, item in params["secrets"].items()},
        "secret_versions": params["secret_versions"],
        "log_group": log_group_name(scope.stack),
        "stop_timeout": params["stop_timeout"],
        "readonly_root_filesystem": params["readonly_root_filesystem"],
    }
    return Wanted("task definition", name, properties)


def _service(params: Params, scope: Scope, colour: str, decision: Decision) -> Wanted:
    """Image, desired count and port are the release's, but for the first image."""
    name = service_name(scope.stack, colour)
    properties = {
        "tags": scope.tags(name),
        "launch_type": "FARGATE",
        "network": {
            "subnets": frozenset(params["subnet_ids"]),
            "security_groups": frozenset(params["security_group_ids"]),
            "public_address": False,
        },
        "target_group": params["target_group_arns"][colour],
        "deployment": {
            "circuit_breaker": True,
            "rollback": False,
            "minimum_healthy_percent": 100,
            "maximum_percent": 200,
        },
        "health_check_grace_period": params["health_check_grace_period"],
        "execute_command": params["execute_command"],
        "managed_tags": True,
        "propagate_tags": "SERVICE",
    }
    initial = {"image": decision.images[colour], "desired_count": decision.desired[colour], "port": params["port"]}
    first = colour == "blue" and decision.see_through
    return Wanted(
        "service",
        name,
        properties | (initial if first and decision.start else {}) | ({"rollout": "COMPLETED"} if first else {}),
        initial,
    )


def _scalable_target(params: Params, scope: Scope, colour: str, decision: Decision) -> Wanted:
    """The least number and the suspension are the release's: an idle colour stays at 0."""
    service = params["situation"].services.get(colour)
    starting = colour == "blue" and decision.start
    desired = decision.desired[colour] if service is None or starting else service.desired
    least = {"min_capacity": params["tasks_min"] if desired else 0}
    name = service_name(scope.stack, colour)
    properties = {"max_capacity": params["tasks_max"]} | (least if starting else {})
    return Wanted("scalable target", name, properties, least | {"tags": scope.tags(name)})


def _policy(params: Params, scope: Scope, colour: str, measure: str) -> Wanted:
    properties = {
        "metric": METRICS[measure],
        "target": params[f"{measure}_target"],
        "scale_in_cooldown": params["scale_in_cooldown"],
        "scale_out_cooldown": params["scale_out_cooldown"],
    }
    return Wanted("scaling policy", policy_name(scope.stack, colour, measure), properties)
