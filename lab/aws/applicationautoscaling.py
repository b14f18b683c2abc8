"""Application Auto Scaling: tags, policy look-up by name, capacity kept within its limits, suspension merged."""

import json
from collections.abc import Callable
from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeScalableTarget
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from lab.aws.patching import wrap

Tags = dict[str, str]
NOT_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


def apply() -> None:
    target_tags()
    policy_names()
    capacity_limits()
    suspended_state()
    deregistration()


def tags_of(backend: ApplicationAutoscalingBackend) -> dict[str, Tags]:
    """The tags of scalable targets, by ARN."""
    found: dict[str, Tags] = vars(backend).setdefault("lab_tags", {})
    return found


def target_tags() -> None:
    """RegisterScalableTarget keeps Tags, which can be listed and changed; moto drops them and has no such action."""

    @wrap(ApplicationAutoScalingResponse, "register_scalable_target")
    def register(original: Callable[..., str], response: ApplicationAutoScalingResponse) -> str:
        answer = original(response)
        if given := response._get_param("Tags"):
            arn = json.loads(answer)["ScalableTargetARN"]
            _tags(response).setdefault(arn, {}).update(given)
        return answer

    def list_tags(response: ApplicationAutoScalingResponse) -> str:
        return json.dumps({"Tags": _tags(response).get(response._get_param("ResourceARN"), {})})

    def tag(response: ApplicationAutoScalingResponse) -> str:
        tags = _tags(response).setdefault(response._get_param("ResourceARN"), {})
        tags.update(response._get_param("Tags") or {})
        return "{}"

    def untag(response: ApplicationAutoScalingResponse) -> str:
        for key in response._get_param("TagKeys") or []:
            _tags(response).get(response._get_param("ResourceARN"), {}).pop(key, None)
        return "{}"

    ApplicationAutoScalingResponse.list_tags_for_resource = list_tags
    ApplicationAutoScalingResponse.tag_resource = tag
    ApplicationAutoScalingResponse.untag_resource = untag


def _tags(response: ApplicationAutoScalingResponse) -> dict[str, Tags]:
    return tags_of(response.applicationautoscaling_backend)


def policy_names() -> None:
    """DescribeScalingPolicies filters by PolicyNames and by the exact resource; moto does neither."""

    @wrap(ApplicationAutoScalingResponse, "describe_scaling_policies")
    def describe(original: Callable[..., str], response: ApplicationAutoScalingResponse) -> str:
        answer = json.loads(original(response))
        names, resource = response._get_param("PolicyNames"), response._get_param("ResourceId")
        answer["ScalingPolicies"] = [
            policy
            for policy in answer["ScalingPolicies"]
            if (not names or policy["PolicyName"] in names) and resource in (None, policy["ResourceId"])
        ]
        return json.dumps(answer)


def capacity_limits() -> None:
    """RegisterScalableTarget moves an ECS service's desired count into min and max at once; moto lets it be."""

    @wrap(ApplicationAutoscalingBackend, "register_scalable_target")
    def register(
        original: Callable[..., FakeScalableTarget],
        backend: ApplicationAutoscalingBackend,
        namespace: str,
        resource: str,
        *given: Any,
        **named: Any,
    ) -> FakeScalableTarget:
        target = original(backend, namespace, resource, *given, **named)
        if namespace == "ecs" and target.min_capacity is not None and target.max_capacity is not None:
            _, cluster, name = resource.split("/")
            service = backend.ecs_backend._get_service(cluster, name)
            within = min(max(service.desired_count, target.min_capacity), target.max_capacity)
            if within != service.desired_count and service.status == "ACTIVE":
                backend.ecs_backend.update_service({"cluster": cluster, "service": name, "desired_count": within})
        return target


def suspended_state() -> None:
    """SuspendedState always has its three switches, and those that a call leaves out stay as they are."""

    @wrap(FakeScalableTarget, "__init__")
    def init(original: Callable[..., None], target: FakeScalableTarget, *given: Any, **named: Any) -> None:
        original(target, *given, **named)
        target.suspended_state = {**NOT_SUSPENDED, **(target.suspended_state or {})}

    @wrap(FakeScalableTarget, "update")
    def update(
        original: Callable[..., None], target: FakeScalableTarget, minimum: Any, maximum: Any, suspended: Any
    ) -> None:
        original(target, minimum, maximum, {**target.suspended_state, **(suspended or {})})


def deregistration() -> None:
    """DeregisterScalableTarget deletes the target's policies with their alarms, actions and tags; moto leaves them."""

    @wrap(ApplicationAutoscalingBackend, "deregister_scalable_target")
    def deregister(
        original: Callable[..., None],
        backend: ApplicationAutoscalingBackend,
        namespace: str,
        resource: str,
        dimension: str,
    ) -> None:
        target = backend.targets.get(dimension, {}).get(resource)
        original(backend, namespace, resource, dimension)
        tags_of(backend).pop(target.arn, None)
        for policy in list(backend.policies.values()):
            if (policy.resource_id, policy.scalable_dimension) == (resource, dimension):
                backend.delete_scaling_policy(policy.policy_name, namespace, resource, dimension)
        backend.scheduled_actions = [
            action
            for action in backend.scheduled_actions
            if (action.resource_id, action.scalable_dimension) != (resource, dimension)
        ]
