# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What PrivateLink to Atlas consists of, from the module's options. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ipaddress import IPv4Network
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
from ansible_collections.calstack.aws.plugins.module_utils._vpc.rules import Rules, traffic

PORTS = (1024, 65535)
"""One port for each node behind a private endpoint:
https://www.mongodb.com/docs/atlas/security-configure-private-endpoints/"""


def name(scope: Scope) -> str:
    """Of the security group and the VPC endpoint."""
    return f"{scope.stack}-atlas"


def wanted(params: Mapping[str, Any], scope: Scope) -> list[Wanted]:
    """In order of use, the group first: while it is there, the endpoint service is known as ours. Raises InputError."""
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
        Wanted(SecurityGroup.kind, ours, group),
        Wanted(SecurityGroupRules.kind, ours, rules),
        Wanted(SERVICE, scope.stack),
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


def refuse_closed(group: str, egress: Rules, subnets: Collection[str]) -> None:
    """Raise InputError where the tasks' security group lets nothing out to the endpoint.

    `subnets` are the CIDR blocks that the endpoint has addresses in. What the group names by an id, a prefix list or
    another group, is not judged.
    """
    peers = frozenset().union(*(peers for name, peers in egress.items() if _lets_all_out(name)))
    blocks = [IPv4Network(peer) for peer in peers if "/" in peer and ":" not in peer]
    closed = [text for text in subnets if not any(IPv4Network(text).subnet_of(block) for block in blocks)]
    if closed and all("/" in peer for peer in peers):
        raise InputError(
            f"the tasks could not reach Atlas by PrivateLink: their security group {group} lets nothing out to "
            f"{', '.join(sorted(closed))} on the TCP ports {PORTS[0]} to {PORTS[1]}, on one of which each node of the "
            f"cluster answers. Set atlas_access: private_endpoint for all hosts (in group_vars/all) and run the "
            f"component vpc, or add {{from_port: {PORTS[0]}, to_port: {PORTS[1]}, cidrs: [the VPC's]}} to "
            f"vpc_task_egress. Nothing has been changed."
        )


def _lets_all_out(name: str) -> bool:
    """Whether the traffic `name` has all of PORTS in it."""
    if name in ("all", "tcp"):
        return True
    protocol, _, ports = name.partition(" ")
    first, _, last = ports.partition("-")
    return protocol == "tcp" and bool(last) and int(first) <= PORTS[0] and int(last) >= PORTS[1]


def notes(services: Collection[str]) -> list[str]:
    """What to tell about endpoint services that nobody uses and that are not known as ours."""
    return [
        f"the endpoint service {ident} of the Atlas project has no endpoint, and nothing says that this environment "
        f"has made it: it was left alone. Delete it in Atlas (Network Access, Private Endpoint) if nobody needs it."
        for ident in services
    ]


def refuse_shared(cluster: Cluster | None) -> None:
    """Raises InputError for a cluster that PrivateLink does not lead to."""
    if cluster and cluster.tier != "dedicated":
        raise InputError(
            f"the cluster {cluster.name} is {cluster.size}, which PrivateLink does not lead to: set "
            f"atlas_instance_size to M10 or more, or atlas_private_endpoint to false."
        )
