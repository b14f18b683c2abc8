# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The load balancer itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._alb.api import (
    BalancingKind,
    attributes_of,
    from_list,
    is_ours,
    to_list,
)
from ansible_collections.calstack.aws.plugins.module_utils._alb.model import BALANCER, balancer_name
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait

PROTECTION = "deletion_protection.enabled"
ABSENT = "LoadBalancerNotFound"


class LoadBalancer(BalancingKind):
    """One per environment, found by its name."""

    kind = BALANCER
    fixed = frozenset({"scheme"})

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        """Raises CalstackError when it is to go and is protected: before its rules and listeners have gone."""
        names = {item.name for item in wanted}
        name = balancer_name(self.scope)
        answer = self.call_if_there("describe_load_balancers", ABSENT, Names=[name])
        if answer is None:
            return []
        item = answer["LoadBalancers"][0]
        arn = item["LoadBalancerArn"]
        tags = self.tags_of([arn])[arn]
        # Somebody else's balancer of our name is shown when we want the name, and none of our business otherwise.
        if name not in names and not is_ours(tags, self.scope):
            return []
        found = self._found(item, tags)
        if name not in names and found.properties.get(PROTECTION) == "true":
            raise CalstackError(
                f"load balancer {name} is protected from deletion; nothing has been deleted. "
                f"Set alb_deletion_protection: false, run site.yml --limit alb, then delete it."
            )
        return [found]

    def _found(self, item: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
        arn = item["LoadBalancerArn"]
        attributes = from_list(self.api.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"])
        properties = {
            "scheme": item.get("Scheme"),
            "subnets": frozenset(zone["SubnetId"] for zone in item["AvailabilityZones"]),
            "security_groups": frozenset(item.get("SecurityGroups", ())),
            **attributes,
            "tags": tags,
        }
        return Found(BALANCER, item["LoadBalancerName"], arn, properties, _known(item))

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self.api.create_load_balancer(
            Name=name,
            Type="application",
            Scheme=properties["scheme"],
            IpAddressType="ipv4",
            Subnets=sorted(properties["subnets"]),
            SecurityGroups=sorted(properties["security_groups"]),
            Tags=to_list(properties["tags"]),
        )
        item = answer["LoadBalancers"][0]
        self._set_attributes(item["LoadBalancerArn"], properties)
        return Found(BALANCER, name, item["LoadBalancerArn"], properties, _known(item))

    def settle(self, found: Found) -> Found:
        wait(
            Wait(
                f"load balancer {found.name}",
                lambda: str(self._state(found.id)),
                until=("active", "active_impaired"),
                broken=("failed", "gone"),
            )
        )
        return found

    def _state(self, arn: str) -> str:
        answer = self.call_if_there("describe_load_balancers", ABSENT, LoadBalancerArns=[arn])
        return str(answer["LoadBalancers"][0]["State"]["Code"]) if answer else "gone"

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if "subnets" in changed:
            self.api.set_subnets(LoadBalancerArn=found.id, Subnets=sorted(changed["subnets"]))
        if "security_groups" in changed:
            self.api.set_security_groups(LoadBalancerArn=found.id, SecurityGroups=sorted(changed["security_groups"]))
        if attributes_of(changed):
            # All of them: access logs are refused when switched on without the bucket in the same call.
            self._set_attributes(found.id, properties)
        if "tags" in changed:
            self.tag(found.id, changed["tags"])

    def _set_attributes(self, arn: str, properties: Mapping[str, Any]) -> None:
        self.api.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=to_list(attributes_of(properties)))

    def delete(self, found: Found) -> None:
        """Returns when its network interfaces have gone too: until then its security group and subnets cannot go."""
        self.api.delete_load_balancer(LoadBalancerArn=found.id)
        wait(Wait(f"load balancer {found.name}, being deleted,", lambda: self._state(found.id), until=("gone",)))
        wait(
            Wait(
                f"load balancer {found.name}, being deleted,",
                lambda: self._interfaces(found.id),
                until=("no network interface left",),
            )
        )

    def _interfaces(self, arn: str) -> str:
        description = f"ELB {arn.partition(':loadbalancer/')[2]}"
        filters = [{"Name": "description", "Values": [description]}]
        left = self.clients("ec2").describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        return f"{len(left)} network interfaces left" if left else "no network interface left"


def _known(item: Mapping[str, Any]) -> dict[str, str]:
    return {
        "arn": item["LoadBalancerArn"],
        "dns_name": item["DNSName"],
        "zone_id": item["CanonicalHostedZoneId"],
    }
