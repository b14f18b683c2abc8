# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The web ACL in front of the distribution: AWS's managed rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import is_absent
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._dns.context import EdgeKind
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import WEB_ACL, distribution_name
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent

SCOPE = "CLOUDFRONT"
ABSENT = "WAFNonexistentItemException"
IN_USE = "WAFAssociatedItemException"


class WebAcl(EdgeKind):
    """Found by name in us-east-1, where CloudFront's are. What no rule blocks is allowed."""

    kind = WEB_ACL

    @property
    def _api(self) -> Any:
        return self.context.edge("wafv2")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        names = {item.name for item in wanted}
        name = distribution_name(self.scope.stack)
        summaries = [item for item in self._list() if item["Name"] == name]
        found = [self._found(item) for item in summaries]
        return [item for item in found if item.name in names or self.scope.owns(item.properties["tags"])]

    def _list(self) -> list[Mapping[str, Any]]:
        listed: list[Mapping[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            page = self._api.list_web_acls(Scope=SCOPE, Limit=100, **more)
            listed += page.get("WebACLs", [])
            if not page.get("NextMarker") or not page.get("WebACLs"):
                return listed
            more = {"NextMarker": page["NextMarker"]}

    def _found(self, summary: Mapping[str, Any]) -> Found:
        acl = self._get(summary["Name"], summary["Id"])["WebACL"]
        tags = self._api.list_tags_for_resource(ResourceARN=acl["ARN"]).get("TagInfoForResource", {}).get("TagList", ())
        properties = {
            "default": "allow" if "Allow" in acl["DefaultAction"] else "block",
            "rules": tuple(
                _described(rule) for rule in sorted(acl.get("Rules", ()), key=lambda rule: rule["Priority"])
            ),
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
        }
        return Found(WEB_ACL, acl["Name"], acl["Id"], properties, {"arn": acl["ARN"]})

    def _get(self, name: str, ident: str) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._api.get_web_acl(Name=name, Scope=SCOPE, Id=ident)
        return answer

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        tags = [{"Key": key, "Value": value} for key, value in properties["tags"].items()]
        answer = self._api.create_web_acl(Name=name, Scope=SCOPE, Tags=tags, **_settings(name, properties))
        summary = answer["Summary"]
        return Found(WEB_ACL, name, summary["Id"], properties, {"arn": summary["ARN"]})

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if changed.keys() - {"tags"}:
            lock = self._get(found.name, found.id)["LockToken"]
            self._api.update_web_acl(
                Name=found.name, Scope=SCOPE, Id=found.id, LockToken=lock, **_settings(found.name, properties)
            )
        if "tags" in changed:
            tags = [{"Key": key, "Value": value} for key, value in changed["tags"].items()]
            self._api.tag_resource(ResourceARN=found.attributes["arn"], Tags=tags)

    def delete(self, found: Found) -> None:
        """WAF sees only after a while that the distribution has let go of it."""
        self.context.until(
            f"{WEB_ACL} {found.name}, being deleted,", lambda: self._delete(found), "gone", seconds=900.0
        )

    def _delete(self, found: Found) -> str:
        def gone() -> None:
            lock = self._get(found.name, found.id)["LockToken"]
            self._api.delete_web_acl(Name=found.name, Scope=SCOPE, Id=found.id, LockToken=lock)

        try:
            unless_absent(gone, ABSENT)
        except Exception as error:
            if is_absent(error, IN_USE):
                return "still in use"
            raise
        return "gone"


def _described(rule: Mapping[str, Any]) -> str:
    """A rule of ours is a managed group; any other is called by its name, so that it differs."""
    group = rule.get("Statement", {}).get("ManagedRuleGroupStatement")
    return f"{group['VendorName']}/{group['Name']}" if group else f"rule {rule['Name']}"


def _settings(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "DefaultAction": {"Allow": {}},
        "Rules": [_rule(number, group) for number, group in enumerate(properties["rules"])],
        "VisibilityConfig": _visibility(name),
    }


def _rule(number: int, group: str) -> dict[str, Any]:
    vendor, _slash, name = group.partition("/")
    return {
        "Name": name,
        "Priority": number,
        "Statement": {"ManagedRuleGroupStatement": {"VendorName": vendor, "Name": name}},
        "OverrideAction": {"None": {}},
        "VisibilityConfig": _visibility(name),
    }


def _visibility(name: str) -> dict[str, Any]:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}
