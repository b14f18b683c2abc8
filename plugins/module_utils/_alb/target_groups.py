# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Target groups: one a colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._alb.api import (
    BalancingKind,
    attributes_of,
    from_list,
    is_ours,
    to_list,
)
from ansible_collections.calstack.aws.plugins.module_utils._alb.health_checks import HealthCheck
from ansible_collections.calstack.aws.plugins.module_utils._alb.model import COLOURS, GROUP, group_name
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import is_absent
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait

with suppress(ImportError):  # AnsibleAWSModule says so in its own words before anything of this file is used
    from botocore.exceptions import ClientError

ABSENT = "TargetGroupNotFound"
HEALTH = frozenset(
    {
        "health_check_protocol",
        "health_check_port",
        "health_check_path",
        "health_check_matcher",
        "health_check_interval",
        "health_check_timeout",
        "healthy_threshold",
        "unhealthy_threshold",
    }
)


class TargetGroup(BalancingKind):
    """Found by name. Its targets are ECS's: nothing here registers or deregisters any."""

    kind = GROUP
    fixed = frozenset({"protocol", "target_type", "vpc_id"})

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        names = {item.name for item in wanted}
        items = self._describe([group_name(self.scope, colour) for colour in COLOURS])
        tags = self.tags_of([item["TargetGroupArn"] for item in items])
        return [
            self._found(item, tags[item["TargetGroupArn"]])
            for item in items
            if item["TargetGroupName"] in names or is_ours(tags[item["TargetGroupArn"]], self.scope)
        ]

    def protocols(self) -> dict[str, str]:
        """What each of our groups speaks to its targets, by name."""
        items = self._describe([group_name(self.scope, colour) for colour in COLOURS])
        return {item["TargetGroupName"]: str(item.get("Protocol")) for item in items}

    def serving(self, other_than: HealthCheck) -> dict[str, HealthCheck]:
        """The health checks, by colour, of our groups with healthy targets that are not asked `other_than`."""
        colours = {group_name(self.scope, colour): colour for colour in COLOURS}
        checks = {
            item["TargetGroupArn"]: (
                colours[item["TargetGroupName"]],
                HealthCheck(str(item.get("HealthCheckPath")), str(item.get("Matcher", {}).get("HttpCode"))),
            )
            for item in self._describe(list(colours))
        }
        return {
            colour: check for arn, (colour, check) in checks.items() if check != other_than and self._is_healthy(arn)
        }

    def _is_healthy(self, arn: str) -> bool:
        answer = self.call_if_there("describe_target_health", ABSENT, TargetGroupArn=arn)
        targets = answer["TargetHealthDescriptions"] if answer else ()
        return any(target["TargetHealth"]["State"] == "healthy" for target in targets)

    def _describe(self, names: list[str]) -> list[dict[str, Any]]:
        """One call when all or none are there; AWS answers 'not found' when one of several is not."""
        answer = self.call_if_there("describe_target_groups", ABSENT, Names=names)
        if answer is not None:
            return list(answer["TargetGroups"])
        return [item for name in names for item in self._describe([name])] if len(names) > 1 else []

    def _found(self, item: Mapping[str, Any], tags: Mapping[str, str]) -> Found:
        arn = item["TargetGroupArn"]
        attributes = from_list(self.api.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"])
        properties = {
            "protocol": item.get("Protocol"),
            "target_type": item["TargetType"],
            "vpc_id": item.get("VpcId"),
            "health_check_protocol": item.get("HealthCheckProtocol"),
            "health_check_port": item.get("HealthCheckPort"),
            "health_check_path": item.get("HealthCheckPath"),
            "health_check_matcher": item.get("Matcher", {}).get("HttpCode"),
            "health_check_interval": item["HealthCheckIntervalSeconds"],
            "health_check_timeout": item["HealthCheckTimeoutSeconds"],
            "healthy_threshold": item["HealthyThresholdCount"],
            "unhealthy_threshold": item["UnhealthyThresholdCount"],
            **attributes,
            "tags": tags,
        }
        return Found(GROUP, item["TargetGroupName"], arn, properties, {"arn": arn})

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self.api.create_target_group(
            Name=name,
            Protocol=properties["protocol"],
            Port=properties["port"],
            VpcId=properties["vpc_id"],
            TargetType=properties["target_type"],
            Tags=to_list(properties["tags"]),
            **_health_check(properties),
        )
        arn = answer["TargetGroups"][0]["TargetGroupArn"]
        self._set_attributes(arn, properties)
        return Found(GROUP, name, arn, properties, {"arn": arn})

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if HEALTH & changed.keys():
            self.api.modify_target_group(TargetGroupArn=found.id, **_health_check(properties))
        if attributes_of(changed):
            self._set_attributes(found.id, properties)
        if "tags" in changed:
            self.tag(found.id, changed["tags"])

    def _set_attributes(self, arn: str, properties: Mapping[str, Any]) -> None:
        self.api.modify_target_group_attributes(TargetGroupArn=arn, Attributes=to_list(attributes_of(properties)))

    def delete(self, found: Found) -> None:
        """AWS takes some seconds to see that the listeners which used it have gone."""
        wait(Wait(f"target group {found.name}, being deleted,", lambda: self._delete(found.id), ("gone",), seconds=120))

    def _delete(self, arn: str) -> str:
        try:
            self.call_if_there("delete_target_group", ABSENT, TargetGroupArn=arn)
        except ClientError as error:
            if is_absent(error, "ResourceInUse"):
                return "in use by a listener"
            raise
        return "gone"


def _health_check(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "HealthCheckProtocol": properties["health_check_protocol"],
        "HealthCheckPort": properties["health_check_port"],
        "HealthCheckPath": properties["health_check_path"],
        "HealthCheckIntervalSeconds": properties["health_check_interval"],
        "HealthCheckTimeoutSeconds": properties["health_check_timeout"],
        "HealthyThresholdCount": properties["healthy_threshold"],
        "UnhealthyThresholdCount": properties["unhealthy_threshold"],
        "Matcher": {"HttpCode": properties["health_check_matcher"]},
    }
