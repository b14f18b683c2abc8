# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The log group of all tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Kind, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import log_group_name
from ansible_collections.calstack.aws.plugins.module_utils._ecs.ownership import concerning

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""What PutRetentionPolicy takes."""


class LogGroup(Kind):
    kind = "log group"

    def __init__(self, clients: Clients, scope: Scope, *, keep: bool = False) -> None:
        super().__init__(clients, scope)
        self._keep = keep

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        # Kept logs are no longer the component's when it is taken down: nothing to find is nothing to delete.
        if self._keep and not list(wanted):
            return []
        name = log_group_name(self.scope.stack)
        pages = self.clients("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
        found = [self._found(item) for page in pages for item in page["logGroups"] if item["logGroupName"] == name]
        return concerning(self.scope, found, wanted)

    def _found(self, item: Mapping[str, Any]) -> Found:
        arn = item["arn"].removesuffix(":*")
        tags = self.clients("logs").list_tags_for_resource(resourceArn=arn)["tags"]
        properties = {"tags": tags, "retention_days": item.get("retentionInDays")}
        return Found(self.kind, item["logGroupName"], item["logGroupName"], properties, {"arn": arn})

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        self.clients("logs").create_log_group(logGroupName=name, tags=properties["tags"])
        self._retain(name, properties["retention_days"])
        return Found(self.kind, name, name, properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if "retention_days" in changed:
            self._retain(found.id, properties["retention_days"])
        if "tags" in changed:
            self.clients("logs").tag_resource(resourceArn=found.attributes["arn"], tags=properties["tags"])

    def _retain(self, name: str, days: int) -> None:
        self.clients("logs").put_retention_policy(logGroupName=name, retentionInDays=days)

    def delete(self, found: Found) -> None:
        unless_absent(lambda: self.clients("logs").delete_log_group(logGroupName=found.id), "ResourceNotFoundException")
