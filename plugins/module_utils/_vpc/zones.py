# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Which zones, and which of the network's slots each has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._vpc.addresses import SLOTS, slots
from ansible_collections.calstack.aws.plugins.module_utils._vpc.cloudfront import prefix_list

FEWEST = 2
"""An Application Load Balancer refuses fewer."""


def place(asked: Sequence[str], count: int, available: Iterable[str], taken: Mapping[str, int]) -> dict[str, int]:
    """The slot of each zone, in the order of slots.

    `asked` are the zones by name; empty, the first `count` zones are chosen, those in use before others. `taken` are
    the slots of the zones in use: a zone keeps its slot, because AWS cannot move a subnet.

    Raises InputError naming vpc_zones or vpc_zone_count.
    """
    in_use = sorted(taken, key=lambda zone: taken[zone])
    choice = sorted(set(available) - set(in_use))
    names = _named(asked, [*in_use, *choice]) if asked else _first(count, [*in_use, *choice])
    free = [slot for slot in range(SLOTS) if slot not in taken.values()]
    placed = {}
    for name in names:
        if name in taken:
            placed[name] = taken[name]
        elif free:
            placed[name] = free.pop(0)
        else:
            leaving = ", ".join(zone for zone in in_use if zone not in names)
            raise InputError(
                f"vpc_zones: there is no room for {name} before {leaving} is gone. "
                f"Run once without {name}, then add it."
            )
    return dict(sorted(placed.items(), key=lambda item: item[1]))


def _named(asked: Sequence[str], available: Sequence[str]) -> list[str]:
    names = list(dict.fromkeys(asked))
    if not FEWEST <= len(names) <= SLOTS:
        raise InputError(
            f"vpc_zones names {len(names)} zone{'s' * (len(names) != 1)} ({', '.join(names)}): "
            f"name {FEWEST} or {SLOTS}; a load balancer needs at least {FEWEST}."
        )
    unknown = [name for name in names if name not in available]
    if unknown:
        raise InputError(
            f"vpc_zones: {', '.join(unknown)} cannot be used here. Available zones: {', '.join(sorted(available))}."
        )
    return names


def _first(count: int, available: Sequence[str]) -> Sequence[str]:
    if not FEWEST <= count <= SLOTS:
        raise InputError(
            f"vpc_zone_count is {count}: it must be {FEWEST} or {SLOTS}; a load balancer needs at least {FEWEST} zones."
        )
    if len(available) < count:
        raise InputError(
            f"vpc_zone_count is {count}, but this region has {len(available)} available: {', '.join(available)}. "
            f"Choose another region or fewer zones."
        )
    return available[:count]


def survey(clients: Clients, params: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """What the account decides: `slots` of the zones, `region`, for flow logs `account` and `partition`, and for a
    balancer behind CloudFront `cloudfront_prefix_list`.

    Raises CalstackError.
    """
    ec2 = clients("ec2")
    with doing(f"reading the zones of {scope.stack}"):
        pages = ec2.get_paginator("describe_subnets").paginate(Filters=scope.filters)
        taken = in_use(params["cidr"], [subnet for page in pages for subnet in page["Subnets"]])
        available = [
            zone["ZoneName"]
            for zone in ec2.describe_availability_zones()["AvailabilityZones"]
            if zone["State"] == "available" and zone.get("ZoneType", "availability-zone") == "availability-zone"
        ]
    surveyed = {
        "region": ec2.meta.region_name,
        "slots": place(params["zones"], params["zone_count"], available, taken),
    }
    if params["balancer_access"] == "cloudfront":
        surveyed["cloudfront_prefix_list"] = prefix_list(ec2)
    if params["flow_logs"]:
        with doing("asking whose credentials these are"):
            _arn, partition, *_service, account, _who = clients("sts").get_caller_identity()["Arn"].split(":", 5)
        surveyed |= {"account": account, "partition": partition}
    return surveyed


def in_use(cidr: str, subnets: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The slots of the zones that have a subnet, by zone; `subnets` as EC2 describes them. Pure."""
    places = {
        block: number for number, slot in enumerate(slots(cidr)) for block in (slot.public, slot.private)
    }  # a subnet outside them means that vpc_cidr has changed, which the plan refuses with a better message
    return {
        subnet["AvailabilityZone"]: places[subnet["CidrBlock"]] for subnet in subnets if subnet["CidrBlock"] in places
    }
