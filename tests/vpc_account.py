"""What the tests of the component share: parameters, and the component against an emulated account."""

from functools import partial

from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import known, resolve
from ansible_collections.calstack.aws.plugins.module_utils._vpc.component import VPC

PARAMS = {
    "cidr": "10.20.0.0/16",
    "zones": [],
    "zone_count": 2,
    "nat": "per_zone",
    "interface_endpoints": [],
    "balancer_access": "everywhere",
    "balancer_cidrs": ["0.0.0.0/0"],
    "task_egress": [
        {"protocol": "tcp", "from_port": 443, "to_port": None, "cidrs": ["0.0.0.0/0"]},
        {"protocol": "tcp", "from_port": 27015, "to_port": 27017, "cidrs": ["0.0.0.0/0"]},
    ],
    "flow_logs": False,
    "flow_logs_retention_days": 30,
}
FULL = {
    "nat": "per_zone",
    "zone_count": 3,
    "flow_logs": True,
    "interface_endpoints": ["ecr.api", "logs"],
}


def scope(environment="dev", app="calstack"):
    return Scope(environment, "vpc", f"{app}-{environment}")


def site(aws, environment="dev", check=False, app="calstack", **given):
    """One run of the component; what it did and what it publishes."""
    params, ours = {**PARAMS, **given}, scope(environment, app)
    params |= VPC.survey(aws, params, ours)
    kinds = [kind(aws, ours) for kind in VPC.kinds]
    guard = partial(VPC.guard, aws, ours, check=check)
    result = converge(kinds, VPC.wanted(params, ours), check=check, guard=guard)
    return result, resolve(VPC.outputs(params, ours), known(result.found))


def destroy(aws, environment="dev", check=False, app="calstack"):
    ours = scope(environment, app)
    return converge(
        [kind(aws, ours) for kind in VPC.kinds], [], check=check, guard=partial(VPC.guard, aws, ours, check=check)
    )


def steps(result):
    """`create VPC calstack-dev`, …"""
    return [f"{change.action} {change.kind} {change.name}" for change in result.changes]
