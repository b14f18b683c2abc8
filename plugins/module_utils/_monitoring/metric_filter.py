# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What turns lines of the tasks' log into metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Kind
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import log_group_name
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.names import LOG_MEASURES, filter_name

FILTER = "metric filter"
ABSENT = "ResourceNotFoundException"


class MetricFilter(Kind):
    """It has no tags, and goes with its log group: what has our name in our stack's group is ours."""

    kind = FILTER

    @property
    def _group(self) -> str:
        return log_group_name(self.scope.stack)

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        ours = {filter_name(self.scope.stack, measure) for measure in LOG_MEASURES}
        there = unless_absent(self._list, ABSENT) or []
        return [self._found(item) for item in there if item["filterName"] in ours]

    def _list(self) -> list[dict[str, Any]]:
        paginator = self.clients("logs").get_paginator("describe_metric_filters")
        pages = paginator.paginate(logGroupName=self._group, filterNamePrefix=f"{self.scope.stack}-")
        return [item for page in pages for item in page["metricFilters"]]

    def _found(self, item: Mapping[str, Any]) -> Found:
        transformation = item["metricTransformations"][0]
        properties = {
            "pattern": item.get("filterPattern", ""),
            "metric": f"{transformation['metricNamespace']} {transformation['metricName']}",
            "value": transformation["metricValue"],
        }
        return Found(self.kind, item["filterName"], item["filterName"], properties)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        self._put(name, properties)
        return Found(self.kind, name, name, properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        self._put(found.name, properties)

    def _put(self, name: str, properties: Mapping[str, Any]) -> None:
        namespace, _, metric = properties["metric"].rpartition(" ")
        self.clients("logs").put_metric_filter(
            logGroupName=self._group,
            filterName=name,
            filterPattern=properties["pattern"],
            metricTransformations=[
                {"metricNamespace": namespace, "metricName": metric, "metricValue": properties["value"]}
            ],
        )

    def delete(self, found: Found) -> None:
        unless_absent(
            lambda: self.clients("logs").delete_metric_filter(logGroupName=self._group, filterName=found.name), ABSENT
        )
