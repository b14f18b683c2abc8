import json
from typing import Any

import pytest

from lab.scheduler import InvalidScheduleError
from lab.scheduler.universal import is_universal, request

AWS_SDK = "arn:aws:scheduler:::aws-sdk:"
RULE = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/a/1/2/3"


def of(target: str, parameters: Any) -> Any:
    return request(AWS_SDK + target, json.dumps(parameters))


def test_the_calls_of_a_release() -> None:
    forward = {
        "TargetGroups": [{"TargetGroupArn": "a", "Weight": 100}],
        "TargetGroupStickinessConfig": {"Enabled": False},
    }
    given = {"RuleArn": RULE, "Actions": [{"Type": "forward", "ForwardConfig": forward}]}
    rule = of("elasticloadbalancingv2:modifyRule", given)
    assert (rule.service, rule.operation, rule.parameters) == ("elbv2", "ModifyRule", given)
    assert rule.permission == "elasticloadbalancing:ModifyRule"
    service = of("ecs:updateService", {"Cluster": "c", "Service": "s", "DesiredCount": 0})
    assert service.parameters == {"cluster": "c", "service": "s", "desiredCount": 0}
    scaling = of(
        "applicationautoscaling:registerScalableTarget",
        {"ServiceNamespace": "ecs", "ResourceId": "r", "ScalableDimension": "d", "SuspendedState": {}},
    )
    assert (scaling.service, scaling.permission) == (
        "application-autoscaling",
        "application-autoscaling:RegisterScalableTarget",
    )


def test_camel_case_goes_all_the_way_down() -> None:
    run = of(
        "ecs:runTask",
        {
            "TaskDefinition": "t",
            "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": ["s"]}},
            "Tags": [{"Key": "k", "Value": "v"}],
        },
    )
    assert run.parameters == {
        "taskDefinition": "t",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"]}},
        "tags": [{"key": "k", "value": "v"}],
    }


@pytest.mark.parametrize(
    ("target", "given", "words"),
    [
        ("ecs:runTask", {"taskDefinition": "t"}, "Request payload is missing the following field(s): TaskDefinition."),
        ("ecs:updateService", {"Service": "s", "desiredCount": 1}, "has no field(s) desiredCount"),
        ("ecs:updateService", {"Service": 1}, "is no string"),
        ("ecs:updateService", [], "not a well-formed JSON object"),
        ("ecs:describeServices", {}, "read-only"),
        ("ecs:UpdateService", {"Service": "s"}, "Unsupported API action UpdateService"),
        ("ecs:flyAway", {}, "Unsupported API action flyAway"),
        ("elb-v2:modifyRule", {}, "not in correct format"),
        ("nosuchservice:modifyRule", {}, "Unsupported service nosuchservice"),
    ],
)
def test_what_aws_refuses(target: str, given: Any, words: str) -> None:
    with pytest.raises(InvalidScheduleError) as caught:
        of(target, given)
    assert words in str(caught.value)


def test_what_is_universal() -> None:
    assert is_universal(f"{AWS_SDK}ecs:runTask")
    assert not is_universal("arn:aws:sqs:eu-west-1:123456789012:q")
    with pytest.raises(InvalidScheduleError, match="well-formed JSON"):
        request(f"{AWS_SDK}ecs:updateService", "{Service: s}")


def test_no_input_in_the_words_of_a_request() -> None:
    assert "secret" not in repr(of("sns:publish", {"Message": "secret"}))
