# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The CloudFront function of the static files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import is_absent
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._dns.cache_control import code, described
from ansible_collections.calstack.aws.plugins.module_utils._dns.cloudfront import items
from ansible_collections.calstack.aws.plugins.module_utils._dns.context import EdgeKind
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import FUNCTION, static_function
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent

LIVE = "LIVE"
DEVELOPMENT = "DEVELOPMENT"
ABSENT = "NoSuchFunctionExists"
IN_USE = "FunctionInUse"


class Function(EdgeKind):
    """Found by name. What counts is the published code (LIVE): a run killed before it published is completed so."""

    kind = FUNCTION

    @property
    def _api(self) -> Any:
        return self.context.edge("cloudfront")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        names = {item.name for item in wanted}
        found = self._read(static_function(self.scope.stack))
        if found is None or not (found.name in names or self.scope.owns(found.properties["tags"])):
            return []
        return [found]

    def _read(self, name: str) -> Found | None:
        live = self._describe(name, LIVE)
        answer = live or self._describe(name, DEVELOPMENT)
        if answer is None:
            return None
        summary = answer["FunctionSummary"]
        arn = summary["FunctionMetadata"]["FunctionARN"]
        tags = self._api.list_tags_for_resource(Resource=arn)["Tags"]
        properties = {
            "runtime": summary["FunctionConfig"]["Runtime"],
            "cache_control": described(self._text(name, LIVE) if live else None),
            "tags": {tag["Key"]: tag.get("Value", "") for tag in items(tags)},
        }
        return Found(FUNCTION, name, name, properties, {"arn": arn})

    def _describe(self, name: str, stage: str) -> Mapping[str, Any] | None:
        answer: Mapping[str, Any] | None = unless_absent(
            lambda: self._api.describe_function(Name=name, Stage=stage), ABSENT
        )
        return answer

    def _text(self, name: str, stage: str) -> str:
        text: bytes = self._api.get_function(Name=name, Stage=stage)["FunctionCode"].read()
        return text.decode("utf-8", "replace")

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        tags = {"Items": [{"Key": key, "Value": value} for key, value in properties["tags"].items()]}
        answer = self._api.create_function(Name=name, Tags=tags, **self._code(properties))
        self._publish(name)
        arn = answer["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
        return Found(FUNCTION, name, name, properties, {"arn": arn})

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if changed.keys() - {"tags"}:
            self._work_on(found.name, properties)
            self._publish(found.name)
        if "tags" in changed:
            tags = {"Items": [{"Key": key, "Value": value} for key, value in changed["tags"].items()]}
            self._api.tag_resource(Resource=found.attributes["arn"], Tags=tags)

    def _work_on(self, name: str, properties: Mapping[str, Any]) -> None:
        """A run that was killed may have left it with only the publishing to do."""
        there = self._api.describe_function(Name=name, Stage=DEVELOPMENT)
        wanted = self._code(properties)
        same_runtime = there["FunctionSummary"]["FunctionConfig"]["Runtime"] == properties["runtime"]
        if not same_runtime or self._text(name, DEVELOPMENT) != wanted["FunctionCode"].decode():
            self._api.update_function(Name=name, IfMatch=there["ETag"], **wanted)

    def _code(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        comment = f"{self.scope.environment} {self.scope.stack}: calstack.aws.dns"
        return {
            "FunctionConfig": {"Comment": comment, "Runtime": properties["runtime"]},
            "FunctionCode": code(properties["cache_control"]).encode(),
        }

    def _publish(self, name: str) -> None:
        """By the version that is there: this run or one before may have put it there."""
        self._api.publish_function(Name=name, IfMatch=self._etag(name))

    def _etag(self, name: str) -> str:
        return str(self._api.describe_function(Name=name, Stage=DEVELOPMENT)["ETag"])

    def delete(self, found: Found) -> None:
        """CloudFront keeps it until every edge location has the distribution without it."""
        self.context.until(f"{FUNCTION} {found.name}, being deleted,", lambda: self._delete(found), "gone")

    def _delete(self, found: Found) -> str:
        def gone() -> None:
            self._api.delete_function(Name=found.name, IfMatch=self._etag(found.name))

        try:
            unless_absent(gone, ABSENT)
        except Exception as error:
            if is_absent(error, IN_USE):
                return "still in use"
            raise
        return "gone"
