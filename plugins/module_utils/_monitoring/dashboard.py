# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The dashboard."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Kind
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.ownership import concerning
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import tag_mapping, upper_tags
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.board import titled, untitled
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.names import dashboard_name

DASHBOARD = "dashboard"
ABSENT = ("ResourceNotFound", "DashboardNotFoundError", "ResourceNotFoundException")


class Dashboard(Kind):
    """Its widgets are compared one by one, so that a diff shows those that change."""

    kind = DASHBOARD

    @property
    def _cloudwatch(self) -> Any:
        return self.clients("cloudwatch")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        name = dashboard_name(self.scope.stack, self._cloudwatch.meta.region_name)
        found = unless_absent(lambda: self._describe(name), *ABSENT)
        return concerning(self.scope, [found] if found else [], wanted)

    def _describe(self, name: str) -> Found:
        answer = self._cloudwatch.get_dashboard(DashboardName=name)
        tags = tag_mapping(self._cloudwatch.list_tags_for_resource(ResourceARN=answer["DashboardArn"])["Tags"])
        properties = {"widgets": titled(json.loads(answer["DashboardBody"])), "tags": tags}
        return Found(self.kind, name, answer["DashboardArn"], properties)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        self._put(name, properties, Tags=upper_tags(properties["tags"]))
        return Found(self.kind, name, name, properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if "widgets" in changed:
            self._put(found.name, properties)
        if "tags" in changed:
            self._cloudwatch.tag_resource(ResourceARN=found.id, Tags=upper_tags(properties["tags"]))

    def _put(self, name: str, properties: Mapping[str, Any], **more: Any) -> None:
        body = json.dumps(untitled(properties["widgets"]))
        self._cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body, **more)

    def delete(self, found: Found) -> None:
        unless_absent(lambda: self._cloudwatch.delete_dashboards(DashboardNames=[found.name]), *ABSENT)
