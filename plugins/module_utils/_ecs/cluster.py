# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The ECS cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import PatientKind
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import patiently, unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import COLOURS, cluster_name, service_name
from ansible_collections.calstack.aws.plugins.module_utils._ecs.ownership import concerning
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import lower_tags, tag_mapping

EMPTY = "empty"
DRAIN_SECONDS = 900.0
"""Deregistration (up to 300 s by default), stop time-out, and the network interfaces' detachment."""

FIRST_IN_ACCOUNT = "service linked role"
"""ECS makes its service-linked role with an account's first cluster, and does not know it for some seconds."""


class Cluster(PatientKind):
    kind = "cluster"

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        answer = self.clients("ecs").describe_clusters(
            clusters=[cluster_name(self.scope.stack)], include=["TAGS", "SETTINGS"]
        )
        # A deleted cluster goes on being described as INACTIVE for a while.
        found = [self._found(item) for item in answer["clusters"] if item["status"] != "INACTIVE"]
        return concerning(self.scope, found, wanted)

    def _found(self, item: Mapping[str, Any]) -> Found:
        settings = {setting["name"]: setting["value"] for setting in item.get("settings", ())}
        properties = {
            "tags": tag_mapping(item.get("tags")),
            "container_insights": settings.get("containerInsights", "disabled"),
            "capacity_providers": frozenset(item.get("capacityProviders", ())),
        }
        return Found(self.kind, item["clusterName"], item["clusterName"], properties, {"arn": item["clusterArn"]})

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        def create() -> Any:
            return self.clients("ecs").create_cluster(
                clusterName=name,
                tags=lower_tags(properties["tags"]),
                settings=_insights(properties),
                capacityProviders=sorted(properties["capacity_providers"]),
            )

        made = patiently(create, FIRST_IN_ACCOUNT, clock=self.clock, sleep=self.sleep)["cluster"]
        return Found(self.kind, name, name, properties, {"arn": made["clusterArn"]})

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        ecs = self.clients("ecs")
        if "container_insights" in changed:
            ecs.update_cluster(cluster=found.id, settings=_insights(properties))
        if "capacity_providers" in changed:
            ecs.put_cluster_capacity_providers(
                cluster=found.id,
                capacityProviders=sorted(properties["capacity_providers"]),
                defaultCapacityProviderStrategy=[],
            )
        if "tags" in changed:
            ecs.tag_resource(resourceArn=found.attributes["arn"], tags=lower_tags(properties["tags"]))

    def delete(self, found: Found) -> None:
        """Waits until all tasks are gone, one-off ones too: their network interfaces hold on to the subnets."""
        for task in self._tasks(found.id):
            if task["desiredStatus"] != "STOPPED" and not task.get("group", "").startswith("service:"):
                self.clients("ecs").stop_task(cluster=found.id, task=task["taskArn"], reason="The cluster is deleted")
        wait(
            Wait(f"cluster {found.name}", lambda: self._left(found.id), (EMPTY,), seconds=DRAIN_SECONDS),
            self.clock,
            self.sleep,
        )
        unless_absent(lambda: self.clients("ecs").delete_cluster(cluster=found.id), "ClusterNotFoundException")

    def _left(self, cluster: str) -> str:
        """What still keeps the cluster from being deleted, in words."""
        services = self.clients("ecs").describe_services(
            cluster=cluster, services=[service_name(self.scope.stack, colour) for colour in COLOURS]
        )["services"]
        left = [f"service {item['serviceName']} {item['status']}" for item in services if item["status"] != "INACTIVE"]
        left += [f"task {task['lastStatus']}" for task in self._tasks(cluster) if task["lastStatus"] != "STOPPED"]
        return ", ".join(left) or EMPTY

    def _tasks(self, cluster: str) -> list[dict[str, Any]]:
        ecs = self.clients("ecs")
        tasks = []
        for status in ("RUNNING", "STOPPED"):
            for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster, desiredStatus=status):
                if page["taskArns"]:
                    tasks += ecs.describe_tasks(cluster=cluster, tasks=page["taskArns"])["tasks"]
        return tasks


def _insights(properties: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"name": "containerInsights", "value": properties["container_insights"]}]
