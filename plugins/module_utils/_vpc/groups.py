# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Security groups, and their rules: a kind of their own, because groups name each other in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found
from ansible_collections.calstack.aws.plugins.module_utils._vpc.ec2 import Ec2Kind, name_of, tags_of
from ansible_collections.calstack.aws.plugins.module_utils._vpc.rules import Rules, normalise, permissions, without


class SecurityGroup(Ec2Kind):
    kind = "security group"
    fixed = frozenset({"vpc", "description"})
    listing = ("describe_security_groups", "SecurityGroups")
    resource_type = "security-group"
    user_filter = "group-id"

    def found(self, item: Mapping[str, Any]) -> Found:
        ident = item["GroupId"]
        properties = {"vpc": item["VpcId"], "description": item["Description"], "tags": tags_of(item)}
        return Found(self.kind, name_of(item, ident), ident, properties)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self.write(
            "create_security_group",
            GroupName=name,
            Description=properties["description"],
            VpcId=properties["vpc"],
            TagSpecifications=self.tag_specifications(properties["tags"]),
        )
        return Found(self.kind, name, answer["GroupId"], properties)

    def delete(self, found: Found) -> None:
        self.remove(found, "delete_security_group", GroupId=found.id)


class SecurityGroupRules(Ec2Kind):
    """All rules of the group of the same name: a rule that somebody adds by hand is taken away again."""

    kind = "security group rules"
    fixed = frozenset({"group"})
    listing = SecurityGroup.listing
    resource_type = SecurityGroup.resource_type

    def found(self, item: Mapping[str, Any]) -> Found:
        ident = item["GroupId"]
        properties = {
            "group": ident,
            "ingress": normalise(item["IpPermissions"]),
            "egress": normalise(item["IpPermissionsEgress"]),
        }
        return Found(self.kind, name_of(item, ident), ident, properties)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        # A new group is not empty: AWS lets everything out until told otherwise.
        (item,) = self.write("describe_security_groups", GroupIds=[properties["group"]])["SecurityGroups"]
        self.amend(self.found(item), properties)
        return Found(self.kind, name, properties["group"], properties)

    def amend(self, found: Found, changed: Mapping[str, Any]) -> None:
        for direction in ("ingress", "egress"):
            if direction in changed:
                self._converge(direction, found, changed[direction])

    def _converge(self, direction: str, found: Found, wanted: Rules) -> None:
        there = found.properties[direction]
        # What is new is let through before what is old is refused, so that no request is cut in between.
        for verb, rules in (("authorize", without(wanted, there)), ("revoke", without(there, wanted))):
            if rules:
                self.write(f"{verb}_security_group_{direction}", GroupId=found.id, IpPermissions=permissions(rules))

    def delete(self, found: Found) -> None:
        for direction in ("ingress", "egress"):
            rules = found.properties[direction]
            if rules:
                self.remove(
                    found,
                    f"revoke_security_group_{direction}",
                    GroupId=found.id,
                    IpPermissions=permissions(rules),
                )
