# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The tag look-up lists a deleted resource for some minutes more. Where two go by one name, ask which one is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import is_absent
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients
from ansible_collections.calstack.aws.plugins.module_utils._stack.resource import (
    BALANCER,
    GROUP,
    LISTENER,
    RULE,
    SECRET,
    TASK_DEFINITION,
    Resource,
)


def living(clients: Clients, resources: Sequence[Resource]) -> list[Resource]:
    """`resources` without those that another has replaced; not one call where all names differ."""
    twins = doubtful(resources)
    there = {*_ec2(clients, [item for item in twins if _is_ec2(item)])}
    there |= {item.arn for item in twins if not _is_ec2(item) and _is_there(clients, item)}
    return [item for item in resources if item not in twins or item.arn in there]


def doubtful(resources: Sequence[Resource]) -> list[Resource]:
    """All that share component, kind and name with another. Revisions of a task definition rightly do."""

    def key(item: Resource) -> tuple[str, str, str]:
        return item.component, item.kind, item.name

    groups = (list(group) for _key, group in groupby(sorted(resources, key=key), key=key))
    return [item for group in groups if len(group) > 1 for item in group if item.kind != TASK_DEFINITION]


def _is_ec2(item: Resource) -> bool:
    return item.arn.split(":")[2] == "ec2"


def _ec2(clients: Clients, items: Sequence[Resource]) -> list[str]:
    """EC2's own tags go with the resource, of whatever type it is."""
    if not items:
        return []
    filters = [{"Name": "resource-id", "Values": [item.id for item in items]}]
    pages = clients("ec2").get_paginator("describe_tags").paginate(Filters=filters)
    ids = {tag["ResourceId"] for page in pages for tag in page["Tags"]}
    return [item.arn for item in items if item.id in ids]


def _is_there(clients: Clients, item: Resource) -> bool:
    if item.kind not in _ASK:
        return True
    service, code, ask = _ASK[item.kind]
    try:
        return ask(clients(service), item.arn)
    except Exception as error:
        if is_absent(error, code):
            return False
        raise


Ask = Callable[[Any, str], bool]


def _elb(call: str, parameter: str) -> Ask:
    return lambda client, arn: bool(getattr(client, call)(**{parameter: [arn]}))


_ASK: dict[str, tuple[str, str, Ask]] = {
    BALANCER: ("elbv2", "LoadBalancerNotFound", _elb("describe_load_balancers", "LoadBalancerArns")),
    GROUP: ("elbv2", "TargetGroupNotFound", _elb("describe_target_groups", "TargetGroupArns")),
    LISTENER: ("elbv2", "ListenerNotFound", _elb("describe_listeners", "ListenerArns")),
    RULE: ("elbv2", "RuleNotFound", _elb("describe_rules", "RuleArns")),
    SECRET: (
        "secretsmanager",
        "ResourceNotFoundException",
        lambda client, arn: "DeletedDate" not in client.describe_secret(SecretId=arn),
    ),
}
