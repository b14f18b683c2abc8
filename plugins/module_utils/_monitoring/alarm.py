# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""CloudWatch's alarms: on metrics, and the composite one on other alarms."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Kind
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecs.ownership import concerning
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import tag_mapping, upper_tags
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.metrics import from_api, to_api

ALARM = "alarm"
COMPOSITE = "composite alarm"


class _AnyAlarm(Kind):
    """What both types share: they are found by the stack's name and tags, and replaced as a whole."""

    listed: ClassVar[str]
    type: ClassVar[str]

    @property
    def _cloudwatch(self) -> Any:
        return self.clients("cloudwatch")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        pages = self._cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix=f"{self.scope.stack}-", AlarmTypes=[self.type]
        )
        found = [self._found(item) for page in pages for item in page.get(self.listed, ())]
        return concerning(self.scope, found, wanted)

    def _found(self, item: Mapping[str, Any]) -> Found:
        arn = item["AlarmArn"]
        properties = {
            "description": item.get("AlarmDescription", ""),
            "enabled": item.get("ActionsEnabled", True),
            "when_alarm": tuple(item.get("AlarmActions", ())),
            "when_ok": tuple(item.get("OKActions", ())),
            "tags": tag_mapping(self._cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]),
            **self._own(item),
        }
        return Found(self.kind, item["AlarmName"], arn, properties)

    @abstractmethod
    def _own(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The properties of this type, as described."""

    @abstractmethod
    def _put(self, common: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        """Make or replace it; `common` is what both types have, in the words of the API."""

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        self._put(_common(name, properties) | {"Tags": upper_tags(properties["tags"])}, properties)
        return Found(self.kind, name, name, properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if changed.keys() - {"tags"}:
            self._put(_common(found.name, properties), properties)
        if "tags" in changed:
            self._cloudwatch.tag_resource(ResourceARN=found.id, Tags=upper_tags(properties["tags"]))

    def delete(self, found: Found) -> None:
        """One that is not there is no error for CloudWatch."""
        self._cloudwatch.delete_alarms(AlarmNames=[found.name])


class Alarm(_AnyAlarm):
    kind, listed, type = ALARM, "MetricAlarms", "MetricAlarm"

    def _own(self, item: Mapping[str, Any]) -> dict[str, Any]:
        queries, watched = from_api(item.get("Metrics", ()))
        return {
            "queries": queries,
            "watched": watched,
            "comparison": item["ComparisonOperator"],
            "threshold": float(item.get("Threshold", 0)),
            "breaching": item.get("DatapointsToAlarm", item["EvaluationPeriods"]),
            "periods": item["EvaluationPeriods"],
            "missing": item.get("TreatMissingData", "missing"),
        }

    def _put(self, common: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        self._cloudwatch.put_metric_alarm(
            **common,
            Metrics=to_api(properties["queries"], properties["watched"]),
            ComparisonOperator=properties["comparison"],
            Threshold=properties["threshold"],
            DatapointsToAlarm=properties["breaching"],
            EvaluationPeriods=properties["periods"],
            TreatMissingData=properties["missing"],
        )


class CompositeAlarm(_AnyAlarm):
    kind, listed, type = COMPOSITE, "CompositeAlarms", "CompositeAlarm"

    def _own(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {"rule": item["AlarmRule"]}

    def _put(self, common: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        self._cloudwatch.put_composite_alarm(**common, AlarmRule=properties["rule"])


def _common(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "AlarmDescription": properties["description"],
        "ActionsEnabled": properties["enabled"],
        "AlarmActions": list(properties["when_alarm"]),
        "OKActions": list(properties["when_ok"]),
    }
