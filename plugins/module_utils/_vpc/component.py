# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The vpc component: its kinds in order of use, and its options."""

from __future__ import annotations

from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.component import Component
from ansible_collections.calstack.aws.plugins.module_utils._vpc.endpoints import VpcEndpoint
from ansible_collections.calstack.aws.plugins.module_utils._vpc.flow_logs import FlowLog, FlowLogGroup, FlowLogRole
from ansible_collections.calstack.aws.plugins.module_utils._vpc.groups import SecurityGroup, SecurityGroupRules
from ansible_collections.calstack.aws.plugins.module_utils._vpc.model import outputs, wanted
from ansible_collections.calstack.aws.plugins.module_utils._vpc.nat import ElasticIp, NatGateway
from ansible_collections.calstack.aws.plugins.module_utils._vpc.network import InternetGateway, Subnet, Vpc
from ansible_collections.calstack.aws.plugins.module_utils._vpc.occupants import refuse_occupied
from ansible_collections.calstack.aws.plugins.module_utils._vpc.routes import RouteTable
from ansible_collections.calstack.aws.plugins.module_utils._vpc.zones import survey

# Deletion goes from the end to the beginning: what takes AWS minutes to delete is asked for first, and only those
# that need it gone (groups, addresses, subnets) wait.
VPC = Component(
    name="vpc",
    kinds=(
        Vpc,
        InternetGateway,
        Subnet,
        SecurityGroup,
        SecurityGroupRules,
        ElasticIp,
        FlowLogGroup,
        FlowLogRole,
        FlowLog,
        RouteTable,
        NatGateway,
        VpcEndpoint,
    ),
    wanted=wanted,
    outputs=outputs,
    survey=survey,
    guard=refuse_occupied,
)

RETENTIONS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Days CloudWatch Logs accepts: PutRetentionPolicy in its API reference."""

ARGUMENTS: dict[str, dict[str, Any]] = {
    "cidr": {"type": "str"},
    "zones": {"type": "list", "elements": "str", "default": []},
    "zone_count": {"type": "int", "default": 2},
    "nat": {"type": "str", "choices": ["per_zone", "single", "none"], "default": "per_zone"},
    "interface_endpoints": {"type": "list", "elements": "str", "default": []},
    "balancer_access": {"type": "str", "choices": ["everywhere", "cloudfront"], "default": "everywhere"},
    "balancer_cidrs": {"type": "list", "elements": "str", "default": ["0.0.0.0/0"]},
    "task_egress": {
        "type": "list",
        "elements": "dict",
        "options": {
            "protocol": {"type": "str", "choices": ["tcp", "udp"], "default": "tcp"},
            "from_port": {"type": "int", "required": True},
            "to_port": {"type": "int"},
            "cidrs": {"type": "list", "elements": "str", "default": ["0.0.0.0/0"]},
        },
        "default": [{"from_port": 443}, {"from_port": 27015, "to_port": 27017}],
    },
    "flow_logs": {"type": "bool", "default": False},
    "flow_logs_retention_days": {"type": "int", "choices": list(RETENTIONS), "default": 30},
}
"""The module's options beside those all components have."""
