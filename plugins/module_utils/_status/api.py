# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The calls that show the two colours as the balancer and ECS see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.revision import described, image_of
from ansible_collections.calstack.aws.plugins.module_utils._status.model import Colour

COLOURS = ("blue", "green")


def colours(clients: Clients, published: Mapping[str, Any]) -> list[Colour]:
    """Both colours, as far as they exist. `published` is what the components publish."""
    services = published.get("ecs_service_arns", {})
    groups = published.get("alb_target_group_arns", {})
    if not services or not groups:
        return []
    rule, cluster = published.get("alb_rule_arns", {}).get("production"), published.get("ecs_cluster_arn")
    by_arn = weights(clients, rule) if rule else {}
    states = describe(clients, cluster, list(services.values())) if cluster else {}
    return [
        colour(clients, name, states[services[name]], by_arn.get(groups[name], 0), groups[name])
        for name in COLOURS
        if services.get(name) in states and name in groups
    ]


def weights(clients: Clients, rule_arn: str) -> dict[str, int]:
    """The weight of each target group that the rule forwards to."""
    answer = unless_absent(
        lambda: clients("elbv2").describe_rules(RuleArns=[rule_arn]), "RuleNotFound", "ListenerNotFound"
    )
    actions = [action for rule in answer["Rules"] for action in rule["Actions"]] if answer else []
    groups = [group for action in actions for group in action.get("ForwardConfig", {}).get("TargetGroups", [])]
    return {group["TargetGroupArn"]: group.get("Weight", 0) for group in groups}


def describe(clients: Clients, cluster_arn: str, service_arns: list[str]) -> dict[str, dict[str, Any]]:
    """The active services, by ARN."""
    answer = unless_absent(
        lambda: clients("ecs").describe_services(cluster=cluster_arn, services=service_arns),
        "ClusterNotFoundException",
        "ServiceNotFoundException",
    )
    services = answer["services"] if answer else ()
    return {service["serviceArn"]: service for service in services if service["status"] == "ACTIVE"}


def colour(clients: Clients, name: str, service: Mapping[str, Any], weight: int, group_arn: str) -> Colour:
    definition = described(clients("ecs"), service["taskDefinition"])["taskDefinition"]
    health = unless_absent(
        lambda: clients("elbv2").describe_target_health(TargetGroupArn=group_arn), "TargetGroupNotFound"
    )
    targets = health["TargetHealthDescriptions"] if health else ()
    primary: Mapping[str, Any] = next(
        (item for item in service.get("deployments", ()) if item["status"] == "PRIMARY"), {}
    )
    return Colour(
        name=name,
        weight=weight,
        desired=service["desiredCount"],
        running=service["runningCount"],
        pending=service["pendingCount"],
        health=dict(Counter(target["TargetHealth"]["State"] for target in targets)),
        image=image_of(definition),
        revision=service["taskDefinition"].rpartition(":")[2],
        rollout=primary.get("rolloutState", "in progress" if primary else "no deployment").lower().replace("_", " "),
        last_event=next((event["message"] for event in service.get("events", [])), ""),
    )
