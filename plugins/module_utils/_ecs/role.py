# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The execution role and the task role, each with one inline policy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Kind
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import role_name
from ansible_collections.calstack.aws.plugins.module_utils._ecs.permissions import document, statements
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import tag_mapping, upper_tags

ABSENT = "NoSuchEntity"
POLICY = "ecs"
USES = ("execution", "task")


class Role(Kind):
    kind = "role"

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        # Not IAM's client: its region is all of AWS.
        region = self.clients("ecs").meta.region_name
        found = (self._found(role_name(self.scope.stack, region, use)) for use in USES)
        return [item for item in found if item]

    def _found(self, name: str) -> Found | None:
        iam = self.clients("iam")
        answer = unless_absent(lambda: iam.get_role(RoleName=name), ABSENT)
        if answer is None:
            return None
        policy = unless_absent(lambda: iam.get_role_policy(RoleName=name, PolicyName=POLICY), ABSENT)
        properties = {
            "tags": tag_mapping(answer["Role"].get("Tags")),
            "trust": statements(answer["Role"]["AssumeRolePolicyDocument"]),
            "policy": statements(policy["PolicyDocument"]) if policy else {},
        }
        return Found(self.kind, name, name, properties, {"arn": answer["Role"]["Arn"]})

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        role = self.clients("iam").create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(document(properties["trust"])),
            Description=f"ECS tasks of {self.scope.stack}",
            Tags=upper_tags(properties["tags"]),
        )["Role"]
        self._put_policy(name, properties["policy"])
        return Found(self.kind, name, name, properties, {"arn": role["Arn"]})

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        iam = self.clients("iam")
        if "trust" in changed:
            trust = json.dumps(document(properties["trust"]))
            iam.update_assume_role_policy(RoleName=found.id, PolicyDocument=trust)
        if "policy" in changed:
            self._put_policy(found.id, properties["policy"])
        if "tags" in changed:
            iam.tag_role(RoleName=found.id, Tags=upper_tags(properties["tags"]))

    def _put_policy(self, name: str, policy: Mapping[str, Any]) -> None:
        iam = self.clients("iam")
        if policy:
            iam.put_role_policy(RoleName=name, PolicyName=POLICY, PolicyDocument=json.dumps(document(policy)))
        else:
            unless_absent(lambda: iam.delete_role_policy(RoleName=name, PolicyName=POLICY), ABSENT)

    def delete(self, found: Found) -> None:
        unless_absent(lambda: self._empty_and_delete(found.id), ABSENT)

    def _empty_and_delete(self, name: str) -> None:
        """IAM deletes a role only when nothing is attached to it, by whomever."""
        iam = self.clients("iam")
        for page in iam.get_paginator("list_role_policies").paginate(RoleName=name):
            for policy in page["PolicyNames"]:
                iam.delete_role_policy(RoleName=name, PolicyName=policy)
        for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=name):
            for policy in page["AttachedPolicies"]:
                iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName=name)
