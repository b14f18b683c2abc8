# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The security groups and what they let through: no more than the way of a request needs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Ref, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._vpc.rules import traffic

Peers = frozenset[Any]

LAST_PORT = 65535

EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})


def balancer(scope: Scope) -> str:
    """The name of the balancer's security group."""
    return f"{scope.stack}-balancer"


def tasks(scope: Scope) -> str:
    return f"{scope.stack}-tasks"


def endpoints(scope: Scope) -> str:
    return f"{scope.stack}-endpoints"


def wanted(params: Mapping[str, Any], scope: Scope) -> list[Wanted]:
    """The groups, then their rules, which need all groups.

    From balancer to tasks every TCP port is open. The port tasks listen on is the release's to change: old tasks
    listen on the old one until the new ones have taken over, and a rule for one port would cut either off. Only these
    two groups are named, and tasks have nothing else in their group.

    Raises InputError naming vpc_balancer_cidrs or vpc_task_egress.
    """
    app = traffic("tcp", 1, LAST_PORT)
    to_tasks: Peers = frozenset({Ref("security group", tasks(scope))})
    from_balancer: Peers = frozenset({Ref("security group", balancer(scope))})
    groups = {
        balancer(scope): (f"Load balancer of {scope.stack}", web(params), {app: to_tasks}),
        tasks(scope): (f"Tasks of {scope.stack}", {app: from_balancer}, egress(params["task_egress"])),
    }
    if params["interface_endpoints"]:
        inside = {"tcp 443": frozenset({params["cidr"]})}
        groups[endpoints(scope)] = (f"VPC endpoints of {scope.stack}", inside, {})
    return [
        *(_group(scope, name, description) for name, (description, _in, _out) in groups.items()),
        *(_rules(name, incoming, outgoing) for name, (_words, incoming, outgoing) in groups.items()),
    ]


def _group(scope: Scope, name: str, description: str) -> Wanted:
    properties = {"vpc": Ref("VPC", scope.stack), "description": description, "tags": scope.tags(name)}
    return Wanted("security group", name, properties)


def _rules(name: str, ingress: Mapping[str, Peers], egress: Mapping[str, Peers]) -> Wanted:
    properties = {"group": Ref("security group", name), "ingress": ingress, "egress": egress}
    return Wanted("security group rules", name, properties)


def web(params: Mapping[str, Any]) -> dict[str, Peers]:
    """What the world may ask of the balancer.

    Behind CloudFront, it and the networks that are named on purpose, and they over TLS only: nobody is led there by a
    redirect. `params["cloudfront_prefix_list"]` is the id that `survey` has found.

    Raises InputError naming vpc_balancer_cidrs.
    """
    public = cidrs("vpc_balancer_cidrs", params["balancer_cidrs"])
    if params["balancer_access"] == "cloudfront":
        return {"tcp 443": (public - EVERYWHERE) | {params["cloudfront_prefix_list"]}}
    return {"tcp 80": public, "tcp 443": public} if public else {}


def egress(allowed: Iterable[Mapping[str, Any]]) -> dict[str, Peers]:
    """vpc_task_egress as rules.

    Raises InputError.
    """
    rules: dict[str, Peers] = {}
    for number, item in enumerate(allowed):
        where = f"vpc_task_egress[{number}]"
        first, last = item["from_port"], item["to_port"] or item["from_port"]
        if not 1 <= first <= last <= LAST_PORT:
            raise InputError(f"{where}: ports {first} to {last} are no range within 1 to {LAST_PORT}.")
        name = traffic(item["protocol"], first, last)
        rules[name] = rules.get(name, frozenset()) | cidrs(f"{where}.cidrs", item["cidrs"])
    return {name: peers for name, peers in rules.items() if peers}


def cidrs(variable: str, values: Iterable[str]) -> Peers:
    """The networks as AWS writes them.

    Raises InputError naming the variable.
    """
    networks = set()
    for value in values:
        try:
            networks.add(str(ip_network(value)))
        except ValueError as error:
            raise InputError(f"{variable}: {value!r} is not a network such as 203.0.113.0/24: {error}.") from error
    return frozenset(networks)
