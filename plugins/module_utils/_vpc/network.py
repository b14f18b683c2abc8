# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The VPC, its internet gateway and its subnets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found
from ansible_collections.calstack.aws.plugins.module_utils._vpc.ec2 import Ec2Kind, describe, name_of, tags_of


class Vpc(Ec2Kind):
    """With its default security group, which AWS makes with it and which cannot be deleted: only closed."""

    kind = "VPC"
    fixed = frozenset({"cidr"})
    listing = ("describe_vpcs", "Vpcs")
    resource_type = "vpc"
    user_filter = "vpc-id"

    def found(self, item: Mapping[str, Any]) -> Found:
        ident = item["VpcId"]
        properties = {
            "cidr": item["CidrBlock"],
            "dns_support": self._attribute(ident, "EnableDnsSupport"),
            "dns_hostnames": self._attribute(ident, "EnableDnsHostnames"),
            "default_security_group": _openness(self._default_group(ident)),
            "tags": tags_of(item),
        }
        return Found(self.kind, name_of(item, ident), ident, properties)

    def _attribute(self, ident: str, name: str) -> bool:
        attribute = name[0].lower() + name[1:]
        return bool(self.ec2.describe_vpc_attribute(VpcId=ident, Attribute=attribute)[name]["Value"])

    def _default_group(self, ident: str) -> dict[str, Any]:
        filters = [{"Name": "vpc-id", "Values": [ident]}, {"Name": "group-name", "Values": ["default"]}]
        groups = describe(self.ec2, "describe_security_groups", "SecurityGroups", Filters=filters)
        return groups[0] if groups else {}

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self.write(
            "create_vpc",
            CidrBlock=properties["cidr"],
            TagSpecifications=self.tag_specifications(properties["tags"]),
        )
        found = Found(self.kind, name, answer["Vpc"]["VpcId"], properties)
        self.amend(found, properties)
        return found

    def amend(self, found: Found, changed: Mapping[str, Any]) -> None:
        # AWS takes one attribute a call, and host names only where there is DNS.
        for key, name in (("dns_support", "EnableDnsSupport"), ("dns_hostnames", "EnableDnsHostnames")):
            if key in changed:
                self.write("modify_vpc_attribute", VpcId=found.id, **{name: {"Value": changed[key]}})
        if "default_security_group" in changed:
            self._close(self._default_group(found.id))

    def _close(self, group: Mapping[str, Any]) -> None:
        for key, operation in (
            ("IpPermissions", "revoke_security_group_ingress"),
            ("IpPermissionsEgress", "revoke_security_group_egress"),
        ):
            if group.get(key):
                self.write(operation, GroupId=group["GroupId"], IpPermissions=group[key])

    def delete(self, found: Found) -> None:
        self.remove(found, "delete_vpc", VpcId=found.id)


def _openness(group: Mapping[str, Any]) -> str:
    return "open" if group.get("IpPermissions") or group.get("IpPermissionsEgress") else "closed"


class InternetGateway(Ec2Kind):
    kind = "internet gateway"
    listing = ("describe_internet_gateways", "InternetGateways")
    resource_type = "internet-gateway"

    def found(self, item: Mapping[str, Any]) -> Found:
        ident = item["InternetGatewayId"]
        vpcs = [place["VpcId"] for place in item.get("Attachments") or () if place["State"] != "detached"]
        properties = {"vpc": vpcs[0] if vpcs else None, "tags": tags_of(item)}
        return Found(self.kind, name_of(item, ident), ident, properties)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self.write("create_internet_gateway", TagSpecifications=self.tag_specifications(properties["tags"]))
        found = Found(self.kind, name, answer["InternetGateway"]["InternetGatewayId"], {"vpc": None})
        self.amend(found, properties)
        return found

    def amend(self, found: Found, changed: Mapping[str, Any]) -> None:
        self._detach(found)
        self.write("attach_internet_gateway", InternetGatewayId=found.id, VpcId=changed["vpc"])

    def delete(self, found: Found) -> None:
        self._detach(found)
        self.remove(found, "delete_internet_gateway", InternetGatewayId=found.id)

    def _detach(self, found: Found) -> None:
        vpc = found.properties["vpc"]
        if vpc:
            self.remove(found, "detach_internet_gateway", InternetGatewayId=found.id, VpcId=vpc)


class Subnet(Ec2Kind):
    kind = "subnet"
    fixed = frozenset({"vpc", "zone", "cidr"})
    listing = ("describe_subnets", "Subnets")
    resource_type = "subnet"
    user_filter = "subnet-id"

    def found(self, item: Mapping[str, Any]) -> Found:
        ident = item["SubnetId"]
        properties = {
            "vpc": item["VpcId"],
            "zone": item["AvailabilityZone"],
            "cidr": item["CidrBlock"],
            "public_addresses": item["MapPublicIpOnLaunch"],
            "tags": tags_of(item),
        }
        return Found(self.kind, name_of(item, ident), ident, properties)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self.write(
            "create_subnet",
            VpcId=properties["vpc"],
            AvailabilityZone=properties["zone"],
            CidrBlock=properties["cidr"],
            TagSpecifications=self.tag_specifications(properties["tags"]),
        )
        return Found(self.kind, name, answer["Subnet"]["SubnetId"], properties)

    def amend(self, found: Found, changed: Mapping[str, Any]) -> None:
        self.write(
            "modify_subnet_attribute",
            SubnetId=found.id,
            MapPublicIpOnLaunch={"Value": changed["public_addresses"]},
        )

    def delete(self, found: Found) -> None:
        self.remove(found, "delete_subnet", SubnetId=found.id)
