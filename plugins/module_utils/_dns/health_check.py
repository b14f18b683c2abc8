# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Route 53's health check: whether the application answers by its name, seen from outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._dns import route53
from ansible_collections.calstack.aws.plugins.module_utils._dns.context import EdgeKind
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import HEALTH_CHECK, distribution_name
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent

SORT = "healthcheck"
ABSENT = "NoSuchHealthCheck"
FAILURES = 3

KEYS = {
    "host": "FullyQualifiedDomainName",
    "path": "ResourcePath",
    "port": "Port",
    "failures": "FailureThreshold",
}


class HealthCheck(EdgeKind):
    """Known by the caller reference it was made with; its type and its interval AWS cannot change."""

    kind = HEALTH_CHECK
    fixed = frozenset({"type", "interval"})
    adopts = True

    @property
    def _api(self) -> Any:
        return self.clients("route53")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        pages = self._api.get_paginator("list_health_checks").paginate()
        every = [item for page in pages for item in page["HealthChecks"]]
        return [
            self._found(item) for item in every if item.get("CallerReference", "").startswith(route53.mark(self.scope))
        ]

    def _found(self, item: Mapping[str, Any]) -> Found:
        config = item["HealthCheckConfig"]
        properties = {
            "type": config["Type"],
            "interval": config.get("RequestInterval"),
            **{ours: config.get(theirs) for ours, theirs in KEYS.items()},
            "tags": route53.tags(self._api, SORT, item["Id"]),
        }
        return Found(HEALTH_CHECK, distribution_name(self.scope.stack), item["Id"], properties)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        config = {"Type": properties["type"], "RequestInterval": properties["interval"], "EnableSNI": True}
        answer = self._api.create_health_check(
            CallerReference=route53.caller_reference(self.scope),
            HealthCheckConfig=config | {theirs: properties[ours] for ours, theirs in KEYS.items()},
        )
        ident = answer["HealthCheck"]["Id"]
        route53.tag(self._api, SORT, ident, properties["tags"])
        return Found(HEALTH_CHECK, name, ident, properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if settings := {KEYS[key]: value for key, value in changed.items() if key in KEYS}:
            self._api.update_health_check(HealthCheckId=found.id, **settings)
        if "tags" in changed:
            route53.tag(self._api, SORT, found.id, changed["tags"])

    def delete(self, found: Found) -> None:
        unless_absent(lambda: self._api.delete_health_check(HealthCheckId=found.id), ABSENT)
