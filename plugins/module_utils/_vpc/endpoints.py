# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""VPC endpoints: to AWS's services without going through the Internet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait
from ansible_collections.calstack.aws.plugins.module_utils._vpc.ec2 import Ec2Kind, name_of, tags_of

ENDPOINT_SECONDS = 900.0
ALIVE = ("pending", "available")

_PARTS = {"route_tables": "RouteTableIds", "subnets": "SubnetIds", "security_groups": "SecurityGroupIds"}


class VpcEndpoint(Ec2Kind):
    """`type` is Gateway, with `route_tables`, or Interface, with `subnets`, `security_groups` and `private_dns`."""

    kind = "VPC endpoint"
    fixed = frozenset({"vpc", "service", "type"})
    listing = ("describe_vpc_endpoints", "VpcEndpoints")
    resource_type = "vpc-endpoint"

    def items(self) -> list[dict[str, Any]]:
        return [item for item in super().items() if _state(item) in ALIVE]

    def found(self, item: Mapping[str, Any]) -> Found:
        ident = item["VpcEndpointId"]
        properties = {
            "vpc": item["VpcId"],
            "service": item["ServiceName"],
            "type": item["VpcEndpointType"],
            "route_tables": frozenset(item.get("RouteTableIds") or ()),
            "subnets": frozenset(item.get("SubnetIds") or ()),
            "security_groups": frozenset(group["GroupId"] for group in item.get("Groups") or ()),
            "private_dns": bool(item.get("PrivateDnsEnabled")),
            "state": _state(item),
            "tags": tags_of(item),
        }
        return Found(self.kind, name_of(item, ident), ident, properties)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        self._await_predecessor(name)
        answer = self.write(
            "create_vpc_endpoint",
            VpcId=properties["vpc"],
            ServiceName=properties["service"],
            VpcEndpointType=properties["type"],
            **{parameter: sorted(properties[key]) for key, parameter in _PARTS.items() if key in properties},
            **({"PrivateDnsEnabled": properties["private_dns"]} if "private_dns" in properties else {}),
            TagSpecifications=self.tag_specifications(properties["tags"]),
        )
        return Found(self.kind, name, answer["VpcEndpoint"]["VpcEndpointId"], properties)

    def _await_predecessor(self, name: str) -> None:
        """An endpoint that is being deleted holds the service's private name until it is gone."""

        def state() -> str:
            leaving = [item for item in super(VpcEndpoint, self).items() if name_of(item, "") == name]
            return "in use by its predecessor" if any(_state(item) == "deleting" for item in leaving) else "free"

        self.wait(Wait(f"the private name of {name}", state, ("free",), seconds=ENDPOINT_SECONDS))

    def settle(self, found: Found) -> Found:
        self._await_available(found)
        return found

    def amend(self, found: Found, changed: Mapping[str, Any]) -> None:
        if "state" in changed:
            self._await_available(found)
        arguments: dict[str, Any] = {}
        for key, parameter in _PARTS.items():
            if key in changed:
                there = found.properties[key]
                arguments |= {f"Add{parameter}": sorted(changed[key] - there)} if changed[key] - there else {}
                arguments |= {f"Remove{parameter}": sorted(there - changed[key])} if there - changed[key] else {}
        if "private_dns" in changed:
            arguments["PrivateDnsEnabled"] = changed["private_dns"]
        if arguments:
            self.write("modify_vpc_endpoint", VpcEndpointId=found.id, **arguments)
            self._await_available(found)  # another subnet makes it pending for minutes

    def _await_available(self, found: Found) -> None:
        def state() -> str:
            return _state(self.seen(VpcEndpointIds=[found.id]) or {"State": "pending"})

        broken = ("failed", "rejected", "expired", "deleting", "deleted")
        task = Wait(f"VPC endpoint {found.name}", state, ("available",), broken, seconds=ENDPOINT_SECONDS)
        self.wait(task)

    def delete(self, found: Found) -> None:
        """Only asks for it, so that all go at once: who needs it gone (its subnets, its group) waits."""
        left = self.ec2.delete_vpc_endpoints(VpcEndpointIds=[found.id]).get("Unsuccessful") or ()
        for item in left:
            if not item["Error"]["Code"].endswith("NotFound"):
                raise CalstackError(f"deleting VPC endpoint {found.name}: {item['Error']['Message']}")


def _state(item: Mapping[str, Any]) -> str:
    return str(item["State"]).lower()
