# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""NAT gateways and the addresses the Internet sees them under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait
from ansible_collections.calstack.aws.plugins.module_utils._vpc.ec2 import Ec2Kind, describe, name_of, tags_of

NAT_SECONDS = 900.0
ALIVE = ("pending", "available")
LEAVING = "deleting"


class ElasticIp(Ec2Kind):
    """Attribute `address`: the public IPv4 address."""

    kind = "elastic IP"
    listing = ("describe_addresses", "Addresses")
    resource_type = "elastic-ip"

    def found(self, item: Mapping[str, Any]) -> Found:
        ident = item["AllocationId"]
        return Found(self.kind, name_of(item, ident), ident, {"tags": tags_of(item)}, {"address": item["PublicIp"]})

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self.write(
            "allocate_address", Domain="vpc", TagSpecifications=self.tag_specifications(properties["tags"])
        )
        return Found(self.kind, name, answer["AllocationId"], properties, {"address": answer["PublicIp"]})

    def delete(self, found: Found) -> None:
        # Asking first: AWS answers AuthFailure, not DependencyViolation, for an address that a NAT gateway holds. And
        # for some seconds it still lists one as available whose deletion it has accepted.
        await_free(self, found.id, (*ALIVE, LEAVING))
        self.remove(found, "release_address", AllocationId=found.id)


class NatGateway(Ec2Kind):
    kind = "NAT gateway"
    fixed = frozenset({"subnet", "address"})
    listing = ("describe_nat_gateways", "NatGateways")
    resource_type = "natgateway"

    def items(self) -> list[dict[str, Any]]:
        return [item for item in super().items() if item["State"] in ALIVE]

    def found(self, item: Mapping[str, Any]) -> Found:
        ident = item["NatGatewayId"]
        properties = {
            "subnet": item["SubnetId"],
            "address": next((held["AllocationId"] for held in item["NatGatewayAddresses"]), None),
            "state": item["State"],
            "tags": tags_of(item),
        }
        return Found(self.kind, name_of(item, ident), ident, properties)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        await_free(self, properties["address"], (LEAVING,))
        answer = self.write(
            "create_nat_gateway",
            SubnetId=properties["subnet"],
            AllocationId=properties["address"],
            TagSpecifications=self.tag_specifications(properties["tags"]),
        )
        return Found(self.kind, name, answer["NatGateway"]["NatGatewayId"], properties)

    def settle(self, found: Found) -> Found:
        self._await_available(found)
        return found

    def amend(self, found: Found, changed: Mapping[str, Any]) -> None:
        if "state" in changed:  # a killed run has left it pending
            self._await_available(found)

    def _await_available(self, found: Found) -> None:
        def state() -> str:
            item = self.seen(NatGatewayIds=[found.id])
            seen = str(item.get("State", "pending"))
            if seen not in ALIVE:
                raise CalstackError(
                    f"NAT gateway {found.name} is {seen}: {item.get('FailureMessage', 'AWS gives no reason')}."
                )
            return seen

        self.wait(Wait(f"NAT gateway {found.name}", state, ("available",), seconds=NAT_SECONDS))

    def delete(self, found: Found) -> None:
        """Only asks for it, so that all go at once: who needs it gone (its address, its subnet) waits."""
        self.remove(found, "delete_nat_gateway", NatGatewayId=found.id)


def await_free(kind: Ec2Kind, allocation: str, states: Sequence[str]) -> None:
    """Wait until no NAT gateway in one of `states` holds the address any more."""

    def state() -> str:
        gateways = describe(kind.ec2, *NatGateway.listing, Filter=[{"Name": "state", "Values": list(states)}])
        holders = [
            item["NatGatewayId"]
            for item in gateways
            if any(held.get("AllocationId") == allocation for held in item["NatGatewayAddresses"])
        ]
        return f"held by {', '.join(holders)}" if holders else "free"

    kind.wait(Wait(f"elastic IP {allocation}", state, ("free",), seconds=NAT_SECONDS))
