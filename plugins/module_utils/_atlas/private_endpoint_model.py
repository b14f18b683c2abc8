# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What PrivateLink to Atlas consists of, from the module's options. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_model import Cluster
from ansible_collections.calstack.aws.plugins.module_utils._atlas.private_endpoint import (
    AVAILABLE,
    ENDPOINT,
    SERVICE,
    AtlasVpcEndpoint,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Ref, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._vpc.groups import SecurityGroup, SecurityGroupRules
from ansible_collections.calstack.aws.plugins.module_utils._vpc.rules import traffic

PORTS = (1024, 65535)
"""One port for each node behind a private endpoint:
https://www.mongodb.com/docs/atlas/security-configure-private-endpoints/"""


def name(scope: Scope) -> str:
    """Of the security group and the VPC endpoint."""
    return f"{scope.stack}-atlas"


def wanted(params: Mapping[str, Any], scope: Scope) -> list[Wanted]:
    """In order of use. Raises InputError."""
    for option in ("vpc_id", "subnet_ids", "task_security_group_id"):
        if not params[option]:
            raise InputError(f"atlas_private_endpoint needs the network: {option} is empty. Run the role vpc first.")
    ours = name(scope)
    group = {"vpc": params["vpc_id"], "description": f"Atlas, for {scope.stack}", "tags": scope.tags(ours)}
    from_tasks = {traffic("tcp", *PORTS): frozenset({params["task_security_group_id"]})}
    rules = {"group": Ref(SecurityGroup.kind, ours), "ingress": from_tasks, "egress": {}}
    endpoint = {
        "vpc": params["vpc_id"],
        "service": Ref(SERVICE, scope.stack, "service_name"),
        "type": "Interface",
        "subnets": frozenset(params["subnet_ids"]),
        "security_groups": frozenset({Ref(SecurityGroup.kind, ours)}),
        # Atlas's own names lead to it: the service's have none to take over.
        "private_dns": False,
        "state": "usable",
        "tags": scope.tags(ours),
    }
    atlas = {"service": Ref(SERVICE, scope.stack), "endpoint": Ref(AtlasVpcEndpoint.kind, ours), "status": AVAILABLE}
    return [
        Wanted(SERVICE, scope.stack),
        Wanted(SecurityGroup.kind, ours, group),
        Wanted(SecurityGroupRules.kind, ours, rules),
        Wanted(AtlasVpcEndpoint.kind, ours, endpoint),
        Wanted(ENDPOINT, scope.stack, atlas),
    ]


def outputs(_params: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    return {
        "endpoint_id": Ref(AtlasVpcEndpoint.kind, name(scope)),
        "security_group_id": Ref(SecurityGroup.kind, name(scope)),
        "service_id": Ref(SERVICE, scope.stack),
        "service_name": Ref(SERVICE, scope.stack, "service_name"),
    }


def refuse_shared(cluster: Cluster | None) -> None:
    """Raises InputError for a cluster that PrivateLink does not lead to."""
    if cluster and cluster.tier != "dedicated":
        raise InputError(
            f"the cluster {cluster.name} is {cluster.size}, which PrivateLink does not lead to: set "
            f"atlas_instance_size to M10 or more, or atlas_private_endpoint to false."
        )
