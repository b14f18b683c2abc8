# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Application Auto Scaling of the two services: a scalable target each, and its target-tracking policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Kind, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import (
    COLOURS,
    policy_name,
    resource_id,
    service_name,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.service import describe
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import tag_mapping

SERVICE = "application-autoscaling"
DIMENSION = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
ABSENT = "ObjectNotFoundException"

METRICS = {"cpu": "ECSServiceAverageCPUUtilization", "memory": "ECSServiceAverageMemoryUtilization"}


def targets(clients: Any, stack: str) -> dict[str, dict[str, Any]]:
    """The scalable targets as AWS describes them, by colour."""
    ids = {resource_id(stack, colour): colour for colour in COLOURS}
    pages = clients(SERVICE).get_paginator("describe_scalable_targets").paginate(**DIMENSION, ResourceIds=list(ids))
    return {ids[item["ResourceId"]]: item for page in pages for item in page["ScalableTargets"]}


def _ours(clients: Clients, scope: Scope, wanted: Iterable[Wanted]) -> list[str]:
    """The colours to look at: to delete, not those whose service is a stranger's of our name."""
    strange = {} if list(wanted) else describe(clients, scope.stack)
    return [
        colour for colour in COLOURS if colour not in strange or scope.owns(tag_mapping(strange[colour].get("tags")))
    ]


class ScalableTarget(Kind):
    """The bounds of a service's desired count. Whose it is, its service says: the tags are only for people."""

    kind = "scalable target"

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        ours = _ours(self.clients, self.scope, wanted)
        return [
            Found(
                self.kind,
                service_name(self.scope.stack, colour),
                item["ResourceId"],
                {"min_capacity": item["MinCapacity"], "max_capacity": item["MaxCapacity"]},
            )
            for colour, item in targets(self.clients, self.scope.stack).items()
            if colour in ours
        ]

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        ident = f"service/{self.scope.stack}/{name}"
        self._register(ident, properties)
        return Found(self.kind, name, ident, properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        self._register(found.id, changed)

    def _register(self, ident: str, bounds: Mapping[str, Any]) -> None:
        keys = {"min_capacity": "MinCapacity", "max_capacity": "MaxCapacity", "tags": "Tags"}
        given = {keys[key]: value for key, value in bounds.items()}
        self.clients(SERVICE).register_scalable_target(**DIMENSION, ResourceId=ident, **given)

    def delete(self, found: Found) -> None:
        unless_absent(
            lambda: self.clients(SERVICE).deregister_scalable_target(**DIMENSION, ResourceId=found.id), ABSENT
        )


class ScalingPolicy(Kind):
    """Keeps a service's average utilisation at a target, in per cent."""

    kind = "scaling policy"

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        found = []
        for colour in _ours(self.clients, self.scope, wanted):
            ours = {policy_name(self.scope.stack, colour, measure): measure for measure in METRICS}
            pages = (
                self.clients(SERVICE)
                .get_paginator("describe_scaling_policies")
                .paginate(**DIMENSION, ResourceId=resource_id(self.scope.stack, colour))
            )
            policies = (item for page in pages for item in page["ScalingPolicies"])
            # Policies of other names are somebody else's; AWS deletes them with the scalable target.
            found += [self._found(item) for item in policies if item["PolicyName"] in ours]
        return found

    def _found(self, item: Mapping[str, Any]) -> Found:
        tracking = item.get("TargetTrackingScalingPolicyConfiguration", {})
        properties = {
            "metric": tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType"),
            "target": tracking.get("TargetValue"),
            "scale_in_cooldown": tracking.get("ScaleInCooldown"),
            "scale_out_cooldown": tracking.get("ScaleOutCooldown"),
        }
        return Found(self.kind, item["PolicyName"], item["PolicyName"], properties, {"resource": item["ResourceId"]})

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        # The name is the service's and the measure's: see policy_name.
        ident = f"service/{self.scope.stack}/{name.rpartition('-')[0]}"
        self._put(name, ident, properties)
        return Found(self.kind, name, name, properties, {"resource": ident})

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        self._put(found.name, found.attributes["resource"], properties)

    def _put(self, name: str, ident: str, properties: Mapping[str, Any]) -> None:
        self.clients(SERVICE).put_scaling_policy(
            **DIMENSION,
            ResourceId=ident,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "PredefinedMetricSpecification": {"PredefinedMetricType": properties["metric"]},
                "TargetValue": properties["target"],
                "ScaleInCooldown": properties["scale_in_cooldown"],
                "ScaleOutCooldown": properties["scale_out_cooldown"],
            },
        )

    def delete(self, found: Found) -> None:
        def delete() -> Any:
            return self.clients(SERVICE).delete_scaling_policy(
                **DIMENSION, ResourceId=found.attributes["resource"], PolicyName=found.name
            )

        unless_absent(delete, ABSENT)
