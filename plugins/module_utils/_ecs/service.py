# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The two services, one a colour."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Kind, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import patiently, unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import (
    COLOURS,
    CONTAINER,
    cluster_name,
    service_name,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.revision import described, image_of
from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import (
    FAILED,
    STEADY,
    evidence,
    primary,
    progress,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import lower_tags, tag_mapping

NO_CLUSTER = "ClusterNotFoundException"
STILL_DRAINING = "still Draining"

ROLLED_OUT = frozenset({"image", "rollout", "network", "target_group"})
"""What starts a new deployment, or is one that has not ended: worth waiting for."""


def describe(clients: Clients, stack: str) -> dict[str, dict[str, Any]]:
    """The services that are not deleted, as AWS describes them, by colour."""
    names = {service_name(stack, colour): colour for colour in COLOURS}
    answer = unless_absent(
        lambda: clients("ecs").describe_services(cluster=cluster_name(stack), services=list(names), include=["TAGS"]),
        NO_CLUSTER,
    )
    services = answer["services"] if answer else ()
    return {names[item["serviceName"]]: item for item in services if item["status"] == "ACTIVE"}


class Service(Kind):
    """`wait_seconds`: how long to wait for a rollout this run has started; 0 does not wait."""

    kind = "service"
    fixed = frozenset({"launch_type"})

    def __init__(
        self,
        clients: Clients,
        scope: Scope,
        *,
        wait_seconds: float = 900.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(clients, scope)
        self._wait_seconds, self._clock, self._sleep = wait_seconds, clock, sleep
        self._cluster = cluster_name(scope.stack)

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        asked = {item.name: item.properties for item in wanted}
        services = describe(self.clients, self.scope.stack).values()
        found = [self._found(item, asked.get(item["serviceName"], {})) for item in services]
        return [item for item in found if item.name in asked or self.scope.owns(item.properties["tags"])]

    def _found(self, item: Mapping[str, Any], asked: Mapping[str, Any]) -> Found:
        rollout = primary(item).get("rolloutState", "COMPLETED")
        if rollout == "IN_PROGRESS" and not self._wait_seconds:
            rollout = "COMPLETED"  # for this run: it does not wait
        properties = normalise(item) | {"rollout": rollout}
        if "image" in asked:
            definition = described(self.clients("ecs"), item["taskDefinition"])["taskDefinition"]
            properties["image"] = image_of(definition)
        if "desired_count" in asked:
            # Autoscaling may have added to what was asked for before it is read back.
            properties["desired_count"] = min(item["desiredCount"], asked["desired_count"])
        attributes = {"task_definition": item["taskDefinition"]}
        return Found(self.kind, item["serviceName"], item["serviceArn"], properties, attributes)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        ecs = self.clients("ecs")

        def create() -> Any:
            return ecs.create_service(
                cluster=self._cluster,
                serviceName=name,
                taskDefinition=self._newest(name),
                desiredCount=properties["desired_count"],
                launchType=properties["launch_type"],
                deploymentController={"type": "ECS"},
                schedulingStrategy="REPLICA",
                tags=lower_tags(properties["tags"]),
                **arguments(properties, properties),
            )

        # A service of the same name that was just deleted is in the way until it has drained.
        made = patiently(
            create, STILL_DRAINING, seconds=max(self._wait_seconds, 60), clock=self._clock, sleep=self._sleep
        )["service"]
        return Found(self.kind, name, made["serviceArn"], properties, {"task_definition": made["taskDefinition"]})

    def _newest(self, family: str) -> str:
        """Right after registering: unlike the list, this answer does not lag."""
        return str(described(self.clients("ecs"), family)["taskDefinition"]["taskDefinitionArn"])

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        ecs = self.clients("ecs")
        # The port goes with the revision that runs: found's, unless this run starts another one.
        given = arguments(changed, {"port": found.properties["port"]} | dict(properties)) | self._start(found, changed)
        if given:
            ecs.update_service(cluster=self._cluster, service=found.name, **given)
        if "tags" in changed:
            ecs.tag_resource(resourceArn=found.id, tags=lower_tags(properties["tags"]))
        if changed.keys() & ROLLED_OUT:
            self.settle(found)

    def _start(self, found: Found, changed: Mapping[str, Any]) -> dict[str, Any]:
        """The first image, or the first image once more after ECS gave up on it."""
        given: dict[str, Any] = {}
        if "image" in changed or ("rollout" in changed and found.properties["rollout"] == "FAILED"):
            given["taskDefinition"] = self._newest(found.name)
            given["forceNewDeployment"] = given["taskDefinition"] == found.attributes["task_definition"]
        if "desired_count" in changed:
            given["desiredCount"] = changed["desired_count"]
        return given

    def settle(self, found: Found) -> Found:
        service = self._describe(found.name)
        if not self._wait_seconds or not service["desiredCount"]:
            return found
        arn = service["taskDefinition"]
        what = f"service {found.name} ({arn.rpartition('/')[2]})"
        task = Wait(what, lambda: self._progress(found.name, arn), (STEADY,), (FAILED,), self._wait_seconds)
        try:
            wait(task, self._clock, self._sleep)
        except CalstackError as error:
            raise CalstackError(f"{error}{self._evidence(found.name)}") from error
        return found

    def _describe(self, name: str) -> dict[str, Any]:
        services = self.clients("ecs").describe_services(cluster=self._cluster, services=[name])["services"]
        if not services:
            raise CalstackError(f"service {name} is gone while it was waited for: somebody has deleted it.")
        return dict(services[0])

    def _progress(self, name: str, task_definition: str) -> str:
        return progress(self._describe(name), task_definition)

    def _evidence(self, name: str) -> str:
        ecs = self.clients("ecs")
        arns = ecs.list_tasks(cluster=self._cluster, serviceName=name, desiredStatus="STOPPED")["taskArns"]
        stopped = ecs.describe_tasks(cluster=self._cluster, tasks=arns)["tasks"] if arns else []
        return evidence(self._describe(name), stopped)

    def delete(self, found: Found) -> None:
        """Only starts it, so that both colours drain at once: the cluster's deletion waits for the end."""
        ecs = self.clients("ecs")
        ecs.update_service(cluster=self._cluster, service=found.name, desiredCount=0)
        unless_absent(
            lambda: ecs.delete_service(cluster=self._cluster, service=found.name, force=True),
            "ServiceNotFoundException",
            "ServiceNotActiveException",
        )


def arguments(changed: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """What CreateService and UpdateService both take, for the properties in `changed`. Pure."""
    given: dict[str, Any] = {}
    if "network" in changed:
        network = properties["network"]
        given["networkConfiguration"] = {
            "awsvpcConfiguration": {
                "subnets": sorted(network["subnets"]),
                "securityGroups": sorted(network["security_groups"]),
                "assignPublicIp": "DISABLED",
            }
        }
    if "target_group" in changed or "port" in changed:
        target = {"targetGroupArn": properties["target_group"], "containerPort": properties["port"]}
        given["loadBalancers"] = [target | {"containerName": CONTAINER}]
    if "deployment" in changed:
        deployment = properties["deployment"]
        given["deploymentConfiguration"] = {
            "deploymentCircuitBreaker": {"enable": deployment["circuit_breaker"], "rollback": deployment["rollback"]},
            "minimumHealthyPercent": deployment["minimum_healthy_percent"],
            "maximumPercent": deployment["maximum_percent"],
        }
    names = {
        "health_check_grace_period": "healthCheckGracePeriodSeconds",
        "execute_command": "enableExecuteCommand",
        "managed_tags": "enableECSManagedTags",
        "propagate_tags": "propagateTags",
    }
    return given | {names[key]: properties[key] for key in names if key in changed}


def normalise(service: Mapping[str, Any]) -> dict[str, Any]:
    """A described service as its properties. Pure."""
    network = service.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    balancer: Mapping[str, Any] = next(iter(service.get("loadBalancers", ())), {})
    deployment = service.get("deploymentConfiguration", {})
    breaker = deployment.get("deploymentCircuitBreaker", {})
    return {
        "tags": tag_mapping(service.get("tags")),
        "launch_type": service.get("launchType"),
        "network": {
            "subnets": frozenset(network.get("subnets", ())),
            "security_groups": frozenset(network.get("securityGroups", ())),
            "public_address": network.get("assignPublicIp", "DISABLED") == "ENABLED",
        },
        "target_group": balancer.get("targetGroupArn"),
        "port": balancer.get("containerPort"),
        "deployment": {
            "circuit_breaker": breaker.get("enable"),
            "rollback": breaker.get("rollback"),
            "minimum_healthy_percent": deployment.get("minimumHealthyPercent"),
            "maximum_percent": deployment.get("maximumPercent"),
        },
        "health_check_grace_period": service.get("healthCheckGracePeriodSeconds"),
        "execute_command": service.get("enableExecuteCommand", False),
        "managed_tags": service.get("enableECSManagedTags", False),
        "propagate_tags": service.get("propagateTags", "NONE"),
    }
