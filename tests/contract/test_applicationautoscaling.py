import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract import ecs_stack as ecs

ECS = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}


def target(client: Any, cluster: str, desired: int = 2, **extra: Any) -> dict[str, str]:
    ecs.cluster(client, cluster)
    ecs.service(client, cluster, "one", cluster, desired)
    named = {**ECS, "ResourceId": f"service/{cluster}/one"}
    client("application-autoscaling").register_scalable_target(**named, MinCapacity=2, MaxCapacity=10, **extra)
    return named


def policy(client: Any, named: dict[str, str], name: str) -> None:
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    client("application-autoscaling").put_scaling_policy(
        **named,
        PolicyName=name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 50.0, "PredefinedMetricSpecification": metric},
    )


def policies(client: Any, **filters: Any) -> list[str]:
    answer = client("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs", **filters)
    return [item["PolicyName"] for item in answer["ScalingPolicies"]]


def described(client: Any, named: dict[str, str]) -> Any:
    answer = client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[named["ResourceId"]]
    )
    return answer["ScalableTargets"][0]


def test_tags_are_kept(plain: Any, mended: Any) -> None:
    arn = described(plain, target(plain, "tagged", Tags={"a": "1"}))["ScalableTargetARN"]
    with pytest.raises(ClientError):
        plain("application-autoscaling").list_tags_for_resource(ResourceARN=arn)
    scaling = mended("application-autoscaling")
    arn = described(mended, target(mended, "tagged", Tags={"a": "1"}))["ScalableTargetARN"]
    scaling.tag_resource(ResourceARN=arn, Tags={"b": "2"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "2"}


def test_policies_are_found_by_name(plain: Any, mended: Any) -> None:
    for client in (plain, mended):
        named = target(client, "named")
        policy(client, named, "cpu")
        policy(client, named, "memory")
    assert {"cpu", "memory"} <= set(policies(plain, PolicyNames=["cpu"]))
    assert policies(mended, PolicyNames=["cpu"]) == ["cpu"]


def test_a_service_is_moved_into_its_limits(plain: Any, mended: Any) -> None:
    counts = []
    for client in (plain, mended):
        target(client, "limited", desired=1)
        counts.append(ecs.described(client, "limited", "one")["desiredCount"])
    assert counts == [1, 2]


def test_suspension_of_one_kind_leaves_the_others(plain: Any, mended: Any) -> None:
    states = []
    for client in (plain, mended):
        named = target(client, "suspended", SuspendedState={"DynamicScalingOutSuspended": True})
        client("application-autoscaling").register_scalable_target(
            **named, SuspendedState={"DynamicScalingInSuspended": True}
        )
        states.append(described(client, named)["SuspendedState"])
    assert states[0] == {"DynamicScalingInSuspended": True}
    assert states[1] == {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": True,
        "ScheduledScalingSuspended": False,
    }


def test_a_deregistered_target_takes_its_policies_along(plain: Any, mended: Any) -> None:
    left = []
    for client in (plain, mended):
        named = target(client, "gone")
        policy(client, named, "going")
        client("application-autoscaling").deregister_scalable_target(**named)
        left.append(policies(client, ResourceId=named["ResourceId"]))
    assert left == [["going"], []], json.dumps(left)
