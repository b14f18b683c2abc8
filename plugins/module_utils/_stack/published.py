# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What components publish, from their resources: the same names and shapes as when they run. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._release_support.names import role_name
from ansible_collections.calstack.aws.plugins.module_utils._stack.resource import (
    BALANCER,
    GROUP,
    LISTENER,
    RULE,
    SECRET,
    SECURITY_GROUP,
    TASK_DEFINITION,
    Resource,
    account,
    partition,
    region,
)

COLOURS = ("blue", "green")
SECRETS = ("app", "database")


@dataclass(frozen=True)
class Details:
    """What ARNs do not carry. Empty where there is nothing to ask about."""

    dns_name: str = ""
    zone_id: str = ""
    nat_addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """An environment's resources, to be asked by component, kind and name."""

    resources: Sequence[Resource]
    stack: str

    def some(self, component: str, kind: str, start: str = "") -> list[Resource]:
        """Those whose name starts with the stack's name and `start`, by name."""
        prefix = f"{self.stack}-{start}" if start else ""
        found = [
            item
            for item in self.resources
            if item.component == component and item.kind == kind and item.name.startswith(prefix)
        ]
        return sorted(found, key=lambda item: (item.name, item.arn))

    def one(self, component: str, kind: str, end: str = "") -> Resource | None:
        """The only one there is, or the one of this name; none where there are two: to guess would build on sand."""
        named = [item for item in self.some(component, kind) if not end or item.name == f"{self.stack}-{end}"]
        return named[0] if len(named) == 1 else None


def published(resources: Sequence[Resource], stack: str, details: Details) -> dict[str, Any]:
    """All that the components of `stack` publish; a key whose resource is not there is left out."""
    found = Found(resources, stack)
    every = _vpc(found, details) | _ecr(found) | _secrets(found) | _alb(found, details) | _ecs(found)
    return {key: value for key, value in (every | _dns(found) | _release(found)).items() if value}


def _vpc(found: Found, details: Details) -> dict[str, Any]:
    return {
        "vpc_id": _id(found.one("vpc", "VPC")),
        "vpc_public_subnet_ids": [item.id for item in found.some("vpc", "subnet", "public-")],
        "vpc_private_subnet_ids": [item.id for item in found.some("vpc", "subnet", "private-")],
        "vpc_balancer_security_group_id": _id(found.one("vpc", SECURITY_GROUP, "balancer")),
        "vpc_task_security_group_id": _id(found.one("vpc", SECURITY_GROUP, "tasks")),
        "vpc_nat_addresses": list(details.nat_addresses),
    }


def _ecr(found: Found) -> dict[str, Any]:
    """None of two: which one the environment uses by now stands in the variables only."""
    repository = found.one("ecr", "repository")
    if not repository:
        return {}
    arn = repository.arn
    domain = "amazonaws.com.cn" if partition(arn) == "aws-cn" else "amazonaws.com"
    name = arn.partition(":repository/")[2]
    return {
        "ecr_repository_arn": arn,
        "ecr_repository_uri": f"{account(arn)}.dkr.ecr.{region(arn)}.{domain}/{name}",
    }


def _secrets(found: Found) -> dict[str, Any]:
    """By the name's last part: APP/ENV/app. Who writes a secret is who has made it, so any component may."""
    secrets = {item.name.rpartition("/")[2]: item.arn for item in found.resources if item.kind == SECRET}
    return {"secrets_arns": {name: secrets[name] for name in SECRETS if name in secrets}}


def _alb(found: Found, details: Details) -> dict[str, Any]:
    if not details.dns_name:
        return {}
    return {
        "alb_arn": _arn(found.one("alb", BALANCER)),
        "alb_dns_name": details.dns_name,
        "alb_zone_id": details.zone_id,
        "alb_https_listener_arn": _arn(found.one("alb", LISTENER, "https")),
        "alb_rule_arns": _by_name(("production", "test"), lambda name: found.one("alb", RULE, name)),
        "alb_target_group_arns": _by_name(COLOURS, lambda colour: found.one("alb", GROUP, colour)),
    }


def _ecs(found: Found) -> dict[str, Any]:
    cluster = found.one("ecs", "cluster")
    return {
        "ecs_cluster_arn": _arn(cluster),
        "ecs_cluster_name": _id(cluster),
        "ecs_log_group_name": _arn(found.one("ecs", "log group")).partition(":log-group:")[2].removesuffix(":*"),
        "ecs_service_arns": _by_name(COLOURS, lambda colour: found.one("ecs", "service", colour)),
        "ecs_task_definition_arns": _by_name(COLOURS, lambda colour: _newest(found, colour)),
    }


def _dns(found: Found) -> dict[str, Any]:
    """What is in the environment's own region: CloudFront and its certificate are in us-east-1."""
    secrets = [item.arn for item in found.some("dns", SECRET) if item.name.endswith("/origin")]
    return {
        "dns_origin_certificate_arn": _arn(found.one("dns", "certificate", "origin")),
        "dns_origin_secret_arn": secrets[0] if len(secrets) == 1 else "",
    }


def _release(found: Found) -> dict[str, Any]:
    """The role is not looked up but put together: the tag look-up knows no IAM roles. It is its group's schedules'."""
    group = _arn(found.one("release", "schedule group"))
    role = f"role/{role_name(found.stack, region(group))}" if group else ""
    return {
        "release_table_name": _id(found.one("release", "table")),
        "release_topic_arn": _arn(found.one("release", "topic")),
        "release_schedule_role_arn": f"arn:{partition(group)}:iam::{account(group)}:{role}" if group else "",
        "release_schedule_group_name": group.rpartition("/")[2],
    }


def _newest(found: Found, colour: str) -> Resource | None:
    """A family keeps its old revisions; the newest is the one in use, or about to be."""
    family = f"{found.stack}-{colour}"
    revisions = [item for item in found.some("ecs", TASK_DEFINITION) if item.id.rpartition(":")[0] == family]
    return max(revisions, key=lambda item: int(item.id.rpartition(":")[2]), default=None)


def _by_name(names: Sequence[str], find: Callable[[str], Resource | None]) -> Mapping[str, str]:
    return {name: item.arn for name in names if (item := find(name))}


def _id(item: Resource | None) -> str:
    return item.id if item else ""


def _arn(item: Resource | None) -> str:
    return item.arn if item else ""
