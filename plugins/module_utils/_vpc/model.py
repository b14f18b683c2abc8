# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a network is made of: the module's parameters to resources. Pure.

Names: everything starts with the stack's name; what exists once per zone ends with the zone's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Ref, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._vpc import access, flow_logs
from ansible_collections.calstack.aws.plugins.module_utils._vpc.addresses import slots

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Zone:
    """An availability zone and its subnets' CIDRs."""

    name: str
    public: str
    private: str


def wanted(params: Mapping[str, Any], scope: Scope) -> list[Wanted]:
    """The whole component, in the order to build it. `params` are the module's and what `survey` found.

    What takes AWS minutes (NAT gateways, interface endpoints) is asked for before the rest and used last.

    Raises InputError.
    """
    zones = _zones(params)
    return [
        *_network(params, scope, zones),
        *_nat(params, scope, zones),
        *access.wanted(params, scope),
        *_interface_endpoints(params, scope, zones),
        *_flow_logs(params, scope),
        *_route_tables(params, scope, zones),
        _s3_endpoint(params, scope, zones),
    ]


def outputs(params: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """What the component publishes, in the order of zones."""
    zones = _zones(params)
    return {
        "vpc_id": Ref("VPC", scope.stack),
        "vpc_public_subnet_ids": tuple(_subnet(scope, "public", zone) for zone in zones),
        "vpc_private_subnet_ids": tuple(_subnet(scope, "private", zone) for zone in zones),
        "vpc_balancer_security_group_id": Ref("security group", access.balancer(scope)),
        "vpc_task_security_group_id": Ref("security group", access.tasks(scope)),
        "vpc_nat_addresses": tuple(
            Ref("elastic IP", f"{scope.stack}-nat-{zone.name}", "address") for zone in _nat_zones(params, zones)
        ),
    }


def _zones(params: Mapping[str, Any]) -> list[Zone]:
    cut = slots(params["cidr"])
    return [Zone(name, cut[slot].public, cut[slot].private) for name, slot in params["slots"].items()]


def _nat_zones(params: Mapping[str, Any], zones: list[Zone]) -> list[Zone]:
    return zones[: {"per_zone": len(zones), "single": 1, "none": 0}[params["nat"]]]


def _network(params: Mapping[str, Any], scope: Scope, zones: list[Zone]) -> list[Wanted]:
    stack = scope.stack
    vpc = {
        "cidr": params["cidr"],
        "dns_support": True,
        "dns_hostnames": True,
        "default_security_group": "closed",
        "tags": scope.tags(stack),
    }
    gateway = {"vpc": Ref("VPC", stack), "tags": scope.tags(stack)}
    subnets = [
        Wanted("subnet", name, {**_place(scope, zone, cidr), "tags": scope.tags(name)})
        for side in ("public", "private")
        for zone in zones
        for name, cidr in [(f"{stack}-{side}-{zone.name}", zone.public if side == "public" else zone.private)]
    ]
    return [Wanted("VPC", stack, vpc), Wanted("internet gateway", stack, gateway), *subnets]


def _place(scope: Scope, zone: Zone, cidr: str) -> dict[str, Any]:
    # Balancers and NAT gateways bring their own public addresses; nothing else is to get one unasked.
    return {"vpc": Ref("VPC", scope.stack), "zone": zone.name, "cidr": cidr, "public_addresses": False}


def _subnet(scope: Scope, side: str, zone: Zone) -> Ref:
    return Ref("subnet", f"{scope.stack}-{side}-{zone.name}")


def _nat(params: Mapping[str, Any], scope: Scope, zones: list[Zone]) -> list[Wanted]:
    names = {f"{scope.stack}-nat-{zone.name}": zone for zone in _nat_zones(params, zones)}
    addresses = [Wanted("elastic IP", name, {"tags": scope.tags(name)}) for name in names]
    gateways = [
        Wanted(
            "NAT gateway",
            name,
            {
                "subnet": _subnet(scope, "public", zone),
                "address": Ref("elastic IP", name),
                "state": "available",
                "tags": scope.tags(name),
            },
        )
        for name, zone in names.items()
    ]
    return addresses + gateways


def _route_tables(params: Mapping[str, Any], scope: Scope, zones: list[Zone]) -> list[Wanted]:
    nat = _nat_zones(params, zones)

    def table(name: str, routes: dict[str, Ref], subnets: frozenset[Ref]) -> Wanted:
        vpc = Ref("VPC", scope.stack)
        return Wanted("route table", name, {"vpc": vpc, "routes": routes, "subnets": subnets, "tags": scope.tags(name)})

    def way_out(zone: Zone) -> dict[str, Ref]:
        through = zone if zone in nat else next(iter(nat), None)
        return {ANYWHERE: Ref("NAT gateway", f"{scope.stack}-nat-{through.name}")} if through else {}

    public = frozenset(_subnet(scope, "public", zone) for zone in zones)
    return [
        table(f"{scope.stack}-public", {ANYWHERE: Ref("internet gateway", scope.stack)}, public),
        *(
            table(f"{scope.stack}-private-{zone.name}", way_out(zone), frozenset({_subnet(scope, "private", zone)}))
            for zone in zones
        ),
    ]


def _service(params: Mapping[str, Any], service: str) -> str:
    return f"com.amazonaws.{params['region']}.{service}"


def _s3_endpoint(params: Mapping[str, Any], scope: Scope, zones: list[Zone]) -> Wanted:
    name = f"{scope.stack}-s3"
    properties = {
        "vpc": Ref("VPC", scope.stack),
        "service": _service(params, "s3"),
        "type": "Gateway",
        "route_tables": frozenset(Ref("route table", f"{scope.stack}-private-{zone.name}") for zone in zones),
        "state": "available",
        "tags": scope.tags(name),
    }
    return Wanted("VPC endpoint", name, properties)


def _interface_endpoints(params: Mapping[str, Any], scope: Scope, zones: list[Zone]) -> list[Wanted]:
    names = {f"{scope.stack}-{service}": service for service in dict.fromkeys(params["interface_endpoints"])}
    return [
        Wanted(
            "VPC endpoint",
            name,
            {
                "vpc": Ref("VPC", scope.stack),
                "service": _service(params, service),
                "type": "Interface",
                "subnets": frozenset(_subnet(scope, "private", zone) for zone in zones),
                "security_groups": frozenset({Ref("security group", access.endpoints(scope))}),
                "private_dns": True,
                "state": "available",
                "tags": scope.tags(name),
            },
        )
        for name, service in names.items()
    ]


def _flow_logs(params: Mapping[str, Any], scope: Scope) -> list[Wanted]:
    if not params["flow_logs"]:
        return []
    name, role = flow_logs.name(scope.stack), flow_logs.role_name(scope.stack, params["region"])
    log = {
        "vpc": Ref("VPC", scope.stack),
        "log_group": name,
        "role": Ref("role", role, "arn"),
        "traffic": "ALL",
        "tags": scope.tags(name),
    }
    return [
        Wanted("log group", name, {"retention_days": params["flow_logs_retention_days"], "tags": scope.tags(name)}),
        Wanted("role", role, {**flow_log_policies(params, name), "tags": scope.tags(role)}),
        Wanted("flow log", name, log),
    ]


def flow_log_policies(params: Mapping[str, Any], log_group: str) -> dict[str, Any]:
    """Who may be the role, and what it may: no other account's flow logs, no other log group.

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    """
    group = f"arn:{params['partition']}:logs:{params['region']}:{params['account']}:log-group:{log_group}"
    return {
        "trust": {
            "Version": "2012-10-17",
            "Statement": (
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": params["account"]}},
                },
            ),
        },
        "policy": {
            "Version": "2012-10-17",
            "Statement": (
                {
                    "Effect": "Allow",
                    "Action": ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
                    "Resource": (group, f"{group}:*"),
                },
                {"Effect": "Allow", "Action": "logs:DescribeLogGroups", "Resource": "*"},
            ),
        },
    }
