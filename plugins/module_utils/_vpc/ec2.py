# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What all of EC2's kinds share: tags, listings, ids that AWS does not know everywhere yet, users that linger."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import (
    PatientKind,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait

with suppress(ImportError):  # AnsibleAWSModule says so in its own words before anything of this file is used
    from botocore.exceptions import ClientError

VISIBLE_SECONDS = 60.0
"""How long AWS may need until a new id is known to all of its parts."""

FREE_SECONDS = 900.0
"""How long the network interfaces of a task, balancer or endpoint may linger after it is gone."""

GONE = "gone"
IN_USE = ("DependencyViolation", "InvalidIPAddress.InUse")


class Ec2Kind(PatientKind):
    """A kind that EC2 lists by tag.

    `listing` is the describe call and the key of its answer, `resource_type` EC2's word in tag specifications, and
    `user_filter` the DescribeNetworkInterfaces filter that finds who still uses one.
    """

    listing: ClassVar[tuple[str, str]]
    resource_type: ClassVar[str]
    user_filter: ClassVar[str] = ""

    @property
    def ec2(self) -> Any:
        return self.clients("ec2")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        return [self.found(item) for item in self.items()]

    def items(self) -> list[dict[str, Any]]:
        """As EC2 describes them; a kind leaves out here what is on its way to deletion."""
        return [item for item in self.describe(Filters=self.scope.filters) if self._ours(item)]

    @abstractmethod
    def found(self, item: Mapping[str, Any]) -> Found:
        """One of `items`, normalised."""

    def describe(self, **arguments: Any) -> list[dict[str, Any]]:
        operation, key = self.listing
        return describe(self.ec2, operation, key, **arguments)

    def seen(self, **ids: Any) -> dict[str, Any]:
        """The one resource of these ids; empty while AWS does not list it yet."""
        try:
            return next(iter(self.describe(**ids)), {})
        except ClientError as error:
            if not code(error).endswith("NotFound"):
                raise
            return {}

    def _ours(self, item: Mapping[str, Any]) -> bool:
        # Not every API of EC2's kind heeds tag filters; taking a neighbour's resource for ours would delete it.
        return self.scope.owns(tags_of(item))

    def tag_specifications(self, tags: Mapping[str, str]) -> list[dict[str, Any]]:
        return [{"ResourceType": self.resource_type, "Tags": tag_list(tags)}]

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if "tags" in changed:
            self.write("create_tags", Resources=[found.id], Tags=tag_list(changed["tags"]))
        rest = {key: value for key, value in changed.items() if key != "tags"}
        if rest:
            self.amend(found, rest)

    def amend(self, found: Found, changed: Mapping[str, Any]) -> None:
        """Bring about what `changed` holds besides tags."""
        raise NotImplementedError(f"{self.kind} has no property that can be changed: {', '.join(changed)}")

    def write(self, operation: str, **arguments: Any) -> Any:
        """Call EC2. It answers "not found" for an id it has just given out, until all its parts know it."""
        end = self.clock() + VISIBLE_SECONDS
        while True:
            try:
                return getattr(self.ec2, operation)(**arguments)
            except ClientError as error:
                if not code(error).endswith("NotFound") or self.clock() >= end:
                    raise
            self.sleep(0.5)

    def remove(self, found: Found, operation: str, **arguments: Any) -> None:
        """Call EC2 to delete `found`, and again while something still uses it.

        Raises NotReadyError that names the network interfaces that are left.
        """

        def state() -> str:
            try:
                getattr(self.ec2, operation)(**arguments)
            except ClientError as error:
                if code(error).endswith("NotFound"):
                    return GONE
                if code(error) not in IN_USE:
                    raise
                return self.users(found)
            return GONE

        self.wait(Wait(f"the deletion of {self.kind} {found.name}", state, (GONE,), seconds=FREE_SECONDS, every=10.0))

    def users(self, found: Found) -> str:
        """Who still uses `found`, in words."""
        filters = [{"Name": self.user_filter, "Values": [found.id]}] if self.user_filter else []
        left = (
            describe(self.ec2, "describe_network_interfaces", "NetworkInterfaces", Filters=filters) if filters else []
        )
        names = [f"{item['NetworkInterfaceId']} ({item.get('Description') or 'no description'})" for item in left]
        return f"in use by {', '.join(names) or 'something AWS does not name'}"

    def wait(self, task: Wait) -> None:
        wait(task, self.clock, self.sleep)


def describe(client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    """All pages of a describe call."""
    if not client.can_paginate(operation):
        return list(getattr(client, operation)(**arguments)[key])
    return [item for page in client.get_paginator(operation).paginate(**arguments) for item in page[key]]


def code(error: Any) -> str:
    """The code of a ClientError."""
    return str(error.response.get("Error", {}).get("Code", ""))


def tags_of(item: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in item.get("Tags") or ()}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def name_of(item: Mapping[str, Any], ident: str) -> str:
    """Its Name tag, or its id, so that what has lost its name is still seen."""
    return tags_of(item).get("Name", ident)
