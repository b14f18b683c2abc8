import json

import boto3
import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import AwsError, CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.action import (
    ArmDeadMan,
    CancelRetirement,
    DisarmDeadMan,
    ScheduleRetirement,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.api import Look
from ansible_collections.calstack.aws.plugins.module_utils._release.effects import Hands
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Scaling
from botocore.session import get_session
from botocore.stub import Stubber
from ecs_account import CLUSTER
from release_account import GREEN, STACK, hands, keeper, serving

NOON = 1_767_355_200.0
"""2026-01-02 12:00:00 UTC."""


@pytest.fixture(scope="module")
def built():
    with serving() as account:
        yield account, keeper()


@pytest.fixture
def aws(built):
    account, restore = built
    restore()
    account.calls.clear()
    return account


def names(aws):
    return sorted(item["Name"] for item in aws("scheduler").list_schedules(GroupName=STACK)["Schedules"])


def schedule(aws, name):
    return aws("scheduler").get_schedule(GroupName=STACK, Name=name)


def call(aws, name):
    """The operation and what it is given, checked against the API's own model."""
    found = schedule(aws, name)["Target"]
    service, operation = found["Arn"].removeprefix("arn:aws:scheduler:::aws-sdk:").split(":")
    model = get_session().get_service_model(
        {"elasticloadbalancingv2": "elbv2", "applicationautoscaling": "application-autoscaling"}.get(service, service)
    )
    given = json.loads(found["Input"])
    taken = model.operation_model(operation[0].upper() + operation[1:]).input_shape.members
    assert {key.lower() for key in given} <= {key.lower() for key in taken}
    assert all(key[0].isupper() for key in given)
    return operation, given


def test_the_switch_sets_stable_only_at_its_time(aws):
    does = hands(aws)
    does.do(ArmDeadMan("blue", NOON + 0.9))
    found, places = schedule(aws, "dead-man"), Look(aws, STACK).places
    assert found["ScheduleExpression"] == "at(2026-01-02T12:00:00)"
    assert (found["ScheduleExpressionTimezone"], found["State"]) == ("UTC", "ENABLED")
    assert (found["FlexibleTimeWindow"], found["ActionAfterCompletion"]) == ({"Mode": "OFF"}, "DELETE")
    assert found["Target"]["RoleArn"] == "arn:aws:iam::123456789012:role/calstack-dev-eu-west-1-release-schedule"
    assert found["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] == 300
    operation, given = call(aws, "dead-man")
    assert (operation, given["RuleArn"]) == ("modifyRule", places.production)
    aws("elbv2").modify_rule(RuleArn=given["RuleArn"], Actions=given["Actions"])
    assert Look(aws, STACK).world().weights == {"blue": 100}


def test_the_switch_is_moved_by_one_call(aws):
    does = hands(aws)
    does.do(ArmDeadMan("blue", NOON))
    aws.calls.clear()
    does.do(ArmDeadMan("blue", NOON + 60))
    assert aws.calls == ["UpdateSchedule"]
    assert schedule(aws, "dead-man")["ScheduleExpression"] == "at(2026-01-02T12:01:00)"


def test_another_controllers_switch_is_moved(aws):
    hands(aws).do(ArmDeadMan("blue", NOON))
    does = hands(aws)
    does.do(ArmDeadMan("blue", NOON + 60))
    assert aws.calls == ["CreateSchedule", "UpdateSchedule"]
    assert schedule(aws, "dead-man")["ScheduleExpression"] == "at(2026-01-02T12:01:00)"


def test_a_switch_that_has_fired_is_armed_again(aws):
    does = hands(aws)
    does.do(ArmDeadMan("blue", NOON))
    aws("scheduler").delete_schedule(GroupName=STACK, Name="dead-man")
    does.do(ArmDeadMan("blue", NOON + 60))
    assert schedule(aws, "dead-man")["ScheduleExpression"] == "at(2026-01-02T12:01:00)"


def test_disarming_is_harmless_when_nothing_is_armed(aws):
    does = hands(aws)
    does.do(DisarmDeadMan())
    does.do(ArmDeadMan("blue", NOON))
    does.do(DisarmDeadMan())
    does.do(DisarmDeadMan())
    assert names(aws) == []
    does.do(ArmDeadMan("blue", NOON))
    assert names(aws) == ["dead-man"]


def test_retirement_stops_the_tasks_and_restores_scaling(aws):
    does = hands(aws)
    does.do(ScheduleRetirement("green", NOON, Scaling(0, scheduled=True)))
    assert names(aws) == ["retire-scaling", "retire-tasks"]
    assert call(aws, "retire-tasks") == (
        "updateService",
        {"Cluster": CLUSTER, "Service": GREEN, "DesiredCount": 0},
    )
    assert call(aws, "retire-scaling") == (
        "registerScalableTarget",
        {
            "ServiceNamespace": "ecs",
            "ScalableDimension": "ecs:service:DesiredCount",
            "ResourceId": f"service/{CLUSTER}/{GREEN}",
            "MinCapacity": 0,
            "SuspendedState": {
                "DynamicScalingInSuspended": False,
                "DynamicScalingOutSuspended": False,
                "ScheduledScalingSuspended": True,
            },
        },
    )
    does.do(CancelRetirement())
    does.do(CancelRetirement())
    assert names(aws) == []


def test_a_retirement_that_would_bring_tasks_back_is_refused(aws):
    does = hands(aws)
    with pytest.raises(CalstackError, match="would leave it at least 2 tasks"):
        does.do(ScheduleRetirement("green", NOON, Scaling(2)))
    assert not aws.writes


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("ResourceNotFoundException", InputError, r"schedule group calstack-dev is not there.*--limit release"),
        ("ValidationException", AwsError, r"arm the dead-man switch: AWS answered ValidationException: the role"),
    ],
)
def test_what_the_switch_needs_and_is_not_there_is_said(aws, code, error, words):
    """moto breaks where there is no group, and does not ask for the role: the answers are AWS's here."""
    client = boto3.client("scheduler")
    look = Look(aws, STACK)
    assert look.places
    does = Hands(lambda service: client, STACK, look)
    with Stubber(client) as stub:
        stub.add_client_error("create_schedule", code, "the role")
        with pytest.raises(error, match=words):
            does.do(ArmDeadMan("blue", NOON))
