# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Whether subnets, a security group and target groups that are there will do for a load balancer. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError


@dataclass(frozen=True)
class Subnet:
    """A subnet as EC2 describes it."""

    id: str
    zone: str
    vpc_id: str


def refuse_subnets(subnets: Sequence[Subnet], vpc_id: str) -> None:
    """Raises InputError unless the subnets lie in `vpc_id`, in at least two zones, one each.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer
    """
    for subnet in subnets:
        if subnet.vpc_id != vpc_id:
            raise InputError(f"alb_subnet_ids: {subnet.id} belongs to {subnet.vpc_id}, not to alb_vpc_id {vpc_id}.")
    by_zone: dict[str, str] = {}
    for subnet in subnets:
        if other := by_zone.get(subnet.zone):
            raise InputError(
                f"alb_subnet_ids: {other} and {subnet.id} are both in {subnet.zone}, and a load balancer takes one "
                f"subnet a zone: leave one of them out."
            )
        by_zone[subnet.zone] = subnet.id
    if len(by_zone) < 2:
        raise InputError(
            f"alb_subnet_ids are in {len(by_zone)} zone ({', '.join(by_zone)}), and a load balancer needs at least "
            f"two: set vpc_zone_count to 2 or 3, or add a public subnet of another zone."
        )


def refuse_group(ident: str, group_vpc_id: str, vpc_id: str) -> None:
    """Raises InputError unless the security group lies in `vpc_id`."""
    if group_vpc_id != vpc_id:
        raise InputError(f"alb_security_group_id: {ident} belongs to {group_vpc_id}, not to alb_vpc_id {vpc_id}.")


def refuse_protocol(there: Mapping[str, str], wanted: str) -> None:
    """Raises InputError when a target group, by name, speaks another protocol than `wanted`: AWS cannot change it."""
    for name, protocol in sorted(there.items()):
        if protocol != wanted:
            raise InputError(
                f"alb_target_protocol (app_tls) makes it {wanted}, but the target group {name} speaks {protocol}, and "
                f"AWS cannot change that. Put the old value back; or take balancer and services down and build them "
                f"anew, in an hour without users (destroy.yml --limit alb,ecs, then site.yml); or build a new "
                f"environment and move the domain there."
            )
