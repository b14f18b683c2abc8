# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Route tables: their routes and the subnets they serve."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found
from ansible_collections.calstack.aws.plugins.module_utils._vpc.ec2 import Ec2Kind, name_of, tags_of

_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    "NatGatewayId",
    "GatewayId",
    "NetworkInterfaceId",
    "VpcPeeringConnectionId",
    "TransitGatewayId",
    "EgressOnlyInternetGatewayId",
)


class RouteTable(Ec2Kind):
    """`routes` maps destination to target; `subnets` are the associated ones. Attributes: associations by subnet."""

    kind = "route table"
    fixed = frozenset({"vpc"})
    listing = ("describe_route_tables", "RouteTables")
    resource_type = "route-table"

    def found(self, item: Mapping[str, Any]) -> Found:
        ident = item["RouteTableId"]
        associations = associations_of(item)
        properties = {
            "vpc": item["VpcId"],
            "routes": routes_of(item),
            "subnets": frozenset(associations),
            "tags": tags_of(item),
        }
        return Found(self.kind, name_of(item, ident), ident, properties, associations)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self.write(
            "create_route_table",
            VpcId=properties["vpc"],
            TagSpecifications=self.tag_specifications(properties["tags"]),
        )
        found = Found(self.kind, name, answer["RouteTable"]["RouteTableId"], {"routes": {}, "subnets": frozenset()})
        self.amend(found, properties)
        return found

    def amend(self, found: Found, changed: Mapping[str, Any]) -> None:
        if "routes" in changed:
            self._route(found, changed["routes"])
        if "subnets" in changed:
            self._associate(found, changed["subnets"])

    def _route(self, found: Found, routes: Mapping[str, str]) -> None:
        there = found.properties["routes"]
        for destination, target in routes.items():
            if there.get(destination) == target:
                continue
            # Replacing keeps connections that a deletion and a creation would cut.
            operation = "replace_route" if destination in there else "create_route"
            self.write(operation, RouteTableId=found.id, **_destination(destination), **_target(target))
        for destination in there.keys() - routes.keys():
            self.write("delete_route", RouteTableId=found.id, **_destination(destination))

    def _associate(self, found: Found, subnets: Set[str]) -> None:
        missing = subnets - found.properties["subnets"]
        elsewhere = self._associations(missing) if missing else {}
        for subnet in sorted(missing):
            if subnet in elsewhere:
                self.write("replace_route_table_association", AssociationId=elsewhere[subnet], RouteTableId=found.id)
            else:
                self.write("associate_route_table", RouteTableId=found.id, SubnetId=subnet)
        for subnet in found.properties["subnets"] - subnets:
            self.remove(found, "disassociate_route_table", AssociationId=found.attributes[subnet])

    def _associations(self, subnets: Set[str]) -> dict[str, str]:
        tables = self.describe(Filters=[{"Name": "association.subnet-id", "Values": sorted(subnets)}])
        return {subnet: ident for table in tables for subnet, ident in associations_of(table).items()}

    def delete(self, found: Found) -> None:
        for association in found.attributes.values():
            self.remove(found, "disassociate_route_table", AssociationId=association)
        self.remove(found, "delete_route_table", RouteTableId=found.id)


def routes_of(table: Mapping[str, Any]) -> dict[str, str]:
    """Destination to target of the routes somebody has set: not the local one, nor those of gateway endpoints. Pure."""
    routes = {}
    for route in table.get("Routes") or ():
        destination = next((route[key] for key in _DESTINATIONS if route.get(key)), None)
        target = next((route[key] for key in _TARGETS if route.get(key)), "")
        ours = route.get("Origin") != "EnableVgwRoutePropagation" and not target.startswith(("local", "vpce-"))
        if destination and ours:
            routes[destination] = target
    return routes


def associations_of(table: Mapping[str, Any]) -> dict[str, str]:
    """The ids of a table's associations, by subnet. Pure."""
    return {
        item["SubnetId"]: item["RouteTableAssociationId"]
        for item in table.get("Associations") or ()
        if item.get("SubnetId")
    }


def _destination(destination: str) -> dict[str, str]:
    if destination.startswith("pl-"):
        return {"DestinationPrefixListId": destination}
    return {"DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock": destination}


def _target(target: str) -> dict[str, str]:
    return {"NatGatewayId" if target.startswith("nat-") else "GatewayId": target}
