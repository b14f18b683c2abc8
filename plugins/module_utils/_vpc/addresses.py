# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""One CIDR cut into subnets, the same way whatever the number of zones. Pure.

A quarter of the network for each zone's private subnet; the last quarter is cut again, a quarter of it for each zone's
public subnet. So private subnets are four times the public ones, a third zone finds its place without moving the
others, and a quarter of the last quarter stays free.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

SLOTS = 3
"""Zones there is room for."""

LARGEST, SMALLEST = 16, 23
"""Prefixes of a VPC: AWS allows /16 at most, and a load balancer wants public subnets of /27 at least.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
"""


@dataclass(frozen=True)
class Slot:
    """The two subnets of one zone."""

    public: str
    private: str


def slots(cidr: str) -> tuple[Slot, ...]:
    """The subnets of each slot of the network `cidr`.

    Raises InputError naming vpc_cidr.
    """
    *quarters, last = network(cidr).subnets(prefixlen_diff=2)
    return tuple(
        Slot(str(public), str(private))
        for private, public in zip(quarters, last.subnets(prefixlen_diff=2), strict=False)
    )


def network(cidr: str) -> IPv4Network:
    """`cidr` as a network that a VPC can have and that holds all slots.

    Raises InputError naming vpc_cidr.
    """
    try:
        loose = IPv4Network(cidr, strict=False)
    except ValueError as error:
        raise InputError(f"vpc_cidr is {cidr!r}: give an IPv4 network such as 10.20.0.0/16.") from error
    if str(loose) != cidr:
        raise InputError(f"vpc_cidr is {cidr!r}: did you mean {loose}?")
    if loose.prefixlen < LARGEST:
        raise InputError(f"vpc_cidr is {cidr}: the largest network AWS allows is a /{LARGEST}.")
    if loose.prefixlen > SMALLEST:
        raise InputError(
            f"vpc_cidr is {cidr}: too small for {SLOTS} zones with a public and a private subnet each. "
            f"It needs a /{SMALLEST} or larger: a load balancer's subnets must be at least /27."
        )
    if loose.is_loopback or loose.is_link_local or loose.is_multicast or loose.is_reserved:
        raise InputError(f"vpc_cidr is {cidr}: AWS does not route this range. Take one of 10.0.0.0/8 or 172.16.0.0/12.")
    return loose
