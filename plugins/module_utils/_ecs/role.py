# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""IAM roles that others act with, each with the inline policies of its component and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Kind, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import role_name
from ansible_collections.calstack.aws.plugins.module_utils._ecs.ownership import concerning
from ansible_collections.calstack.aws.plugins.module_utils._ecs.permissions import document, statements
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import tag_mapping, upper_tags

ABSENT = "NoSuchEntity"
USES = ("execution", "task")


def role_names(stack: str, region: str) -> tuple[str, ...]:
    """The execution role and the task role."""
    return tuple(role_name(stack, region, use) for use in USES)


class Role(Kind):
    """A component's roles: `names` are theirs in a stack and a region, `whose` begins their description."""

    kind = "role"

    def __init__(
        self,
        clients: Clients,
        scope: Scope,
        *,
        names: Callable[[str, str], Iterable[str]] = role_names,
        whose: str = "ECS tasks",
    ) -> None:
        super().__init__(clients, scope)
        self._names = names
        self._whose = whose

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        # Not IAM's client: its region is all of AWS.
        region = self.clients("ecs").meta.region_name
        found = (self._found(name) for name in self._names(self.scope.stack, region))
        return concerning(self.scope, [item for item in found if item], wanted)

    def _found(self, name: str) -> Found | None:
        iam = self.clients("iam")
        answer = unless_absent(lambda: iam.get_role(RoleName=name), ABSENT)
        if answer is None:
            return None
        attached = self._listed("list_attached_role_policies", "AttachedPolicies", name)
        properties = {
            "tags": tag_mapping(answer["Role"].get("Tags")),
            "trust": statements(answer["Role"]["AssumeRolePolicyDocument"]),
            "inline": self._inline(name),
            "attached": frozenset(policy["PolicyArn"] for policy in attached),
            "boundary": answer["Role"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
            "session_seconds": answer["Role"].get("MaxSessionDuration"),
        }
        return Found(self.kind, name, name, properties, {"arn": answer["Role"]["Arn"]})

    def _inline(self, role: str) -> dict[str, Any]:
        """All inline policies by name, ours and what others have put beside it."""
        iam, found = self.clients("iam"), {}
        for name in self._listed("list_role_policies", "PolicyNames", role):
            answer = unless_absent(partial(iam.get_role_policy, RoleName=role, PolicyName=name), ABSENT)
            if answer:
                found[name] = statements(answer["PolicyDocument"])
        return found

    def _listed(self, call: str, key: str, role: str) -> list[Any]:
        """Nothing of a role that goes meanwhile."""
        pages = self.clients("iam").get_paginator(call).paginate(RoleName=role)
        return unless_absent(lambda: [item for page in pages for item in page[key]], ABSENT) or []

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        role = self.clients("iam").create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(document(properties["trust"])),
            Description=f"{self._whose} of {self.scope.stack}",
            Tags=upper_tags(properties["tags"]),
            **_limits(properties),
        )["Role"]
        self._put(name, properties["inline"])
        return Found(self.kind, name, name, properties, {"arn": role["Arn"]})

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        iam = self.clients("iam")
        if "trust" in changed:
            trust = json.dumps(document(properties["trust"]))
            iam.update_assume_role_policy(RoleName=found.id, PolicyDocument=trust)
        if "inline" in changed:
            self._put(found.id, properties["inline"])
            for policy in found.properties["inline"].keys() - properties["inline"].keys():
                unless_absent(partial(iam.delete_role_policy, RoleName=found.id, PolicyName=policy), ABSENT)
        for policy in found.properties["attached"] - properties["attached"]:
            unless_absent(partial(iam.detach_role_policy, RoleName=found.id, PolicyArn=policy), ABSENT)
        if "boundary" in changed:
            self._bound(found.id, properties["boundary"])
        if "session_seconds" in changed:
            iam.update_role(RoleName=found.id, MaxSessionDuration=properties["session_seconds"])
        if "tags" in changed:
            iam.tag_role(RoleName=found.id, Tags=upper_tags(properties["tags"]))

    def _bound(self, role: str, boundary: str) -> None:
        iam = self.clients("iam")
        if boundary:
            iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=boundary)
        else:
            iam.delete_role_permissions_boundary(RoleName=role)

    def _put(self, role: str, inline: Mapping[str, Any]) -> None:
        for name, policy in inline.items():
            text = json.dumps(document(policy))
            self.clients("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=text)

    def delete(self, found: Found) -> None:
        unless_absent(lambda: self._empty_and_delete(found.id), ABSENT)

    def _empty_and_delete(self, name: str) -> None:
        """IAM deletes a role only when nothing is attached to it, by whomever."""
        iam = self.clients("iam")
        for policy in self._listed("list_role_policies", "PolicyNames", name):
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        for policy in self._listed("list_attached_role_policies", "AttachedPolicies", name):
            iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName=name)


def _limits(properties: Mapping[str, Any]) -> dict[str, Any]:
    """What CreateRole takes besides: a permissions boundary and the longest session, where a component wants them."""
    given = {"PermissionsBoundary": properties.get("boundary"), "MaxSessionDuration": properties.get("session_seconds")}
    return {name: value for name, value in given.items() if value}
