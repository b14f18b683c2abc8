# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Who still lives in subnets that are to go.

A deletion begins with ways out and ends with subnets, which AWS refuses while a network interface is in them. Found out
only then, balancer and tasks would be left without their routes, and the next run would do the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError, NotReadyError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.plan import Change
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait
from ansible_collections.calstack.aws.plugins.module_utils._vpc.ec2 import describe, tags_of
from ansible_collections.calstack.aws.plugins.module_utils._vpc.endpoints import VpcEndpoint
from ansible_collections.calstack.aws.plugins.module_utils._vpc.nat import NatGateway

LINGER_SECONDS = 300.0
"""How long the interfaces of a balancer or task that is gone may stay before a deletion is refused."""


def refuse_occupied(
    clients: Clients,
    scope: Scope,
    changes: Sequence[Change],
    *,
    check: bool,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Raise InputError when `changes` delete a subnet in which others than the component itself have an interface.

    When the whole network goes, interfaces that outlive their balancer or task are waited for. In check mode it
    then says nothing: the same plan may take balancer and tasks down before.
    """
    going = [change.found for change in changes if change.action == "delete" and change.kind == "subnet"]
    subnets = {found.id: found.name for found in going if found}
    whole = any(change.action == "delete" and change.kind == "VPC" for change in changes)
    if not subnets or (whole and check):
        return
    left: list[Mapping[str, Any]] = []

    def state() -> str:
        left[:] = occupants(clients, scope, sorted(subnets))
        if not left:
            return "free"
        return "leaving" if whole and any(map(lingers, left)) else "occupied"

    with doing(f"looking who uses the subnets of {scope.stack}"), suppress(NotReadyError):
        wait(Wait("the subnets", state, ("free", "occupied"), seconds=LINGER_SECONDS), clock, sleep)
    if left:
        names = sorted({subnets[item["SubnetId"]] for item in left})
        raise InputError(_refusal(scope, names, ", ".join(map(_words, left)), whole=whole))


def occupants(clients: Clients, scope: Scope, subnets: Sequence[str]) -> list[Mapping[str, Any]]:
    """The network interfaces in `subnets`, without those of the scope's own NAT gateways and endpoints."""
    ec2 = clients("ec2")
    filters = [{"Name": "subnet-id", "Values": list(subnets)}]
    there = describe(ec2, "describe_network_interfaces", "NetworkInterfaces", Filters=filters)
    ours = set(_own(ec2, scope))
    return [item for item in there if item["NetworkInterfaceId"] not in ours]


def _own(ec2: Any, scope: Scope) -> Iterator[str]:
    for gateway in describe(ec2, *NatGateway.listing, Filter=scope.filters):
        if scope.owns(tags_of(gateway)):
            yield from (held.get("NetworkInterfaceId", "") for held in gateway["NatGatewayAddresses"])
    for endpoint in describe(ec2, *VpcEndpoint.listing, Filters=scope.filters):
        if scope.owns(tags_of(endpoint)):
            yield from endpoint.get("NetworkInterfaceIds") or ()


def lingers(interface: Mapping[str, Any]) -> bool:
    """Whether AWS itself takes `interface` away, some time after its balancer or task. Pure."""
    words = interface.get("Description", "")
    attachment = interface.get("Attachment") or {}
    return bool(
        interface.get("RequesterManaged")
        or words.startswith("ELB ")
        or (words.startswith("arn:") and ":ecs:" in words)
        or attachment.get("Status") == "detaching"
    )


def _words(interface: Mapping[str, Any]) -> str:
    return f"{interface['NetworkInterfaceId']} ({interface.get('Description') or 'no description'})"


def _refusal(scope: Scope, names: Sequence[str], users: str, *, whole: bool) -> str:
    if whole:
        return (
            f"the network of {scope.stack} is still in use by {users} in {', '.join(names)}: nothing of it was "
            f"deleted. Take down what uses it first; playbooks/destroy.yml without --limit does so for alb and ecs."
        )
    return (
        f"vpc_zones, vpc_zone_count: {', '.join(names)} would be deleted, but is in use by {users}: nothing was "
        f"changed. A zone cannot be given up below a running balancer and its tasks. Put the old zones back, or take "
        f"alb and ecs down first (playbooks/destroy.yml --limit alb,ecs), or the whole environment."
    )
