"""The part over moto as it comes: what is due is called once, and what fails is told apart."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from lab.scheduler.part import SchedulerPart
from lab.scheduler.universal import Request
from lab.settings import Settings

NOW = 1_800_000_000.0
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:*"}]}
UPDATE = "arn:aws:scheduler:::aws-sdk:ecs:updateService"
SERVICE = "arn:aws:ecs:eu-west-1:123456789012:service/c/s"


def refused(status: int, code: str) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "UpdateService")


class World:
    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.called: list[Request] = []
        self.failures: list[Exception] = []
        self.settings = Settings(home=folder, network="127.93", cache=folder)
        self.part = SchedulerPart(self.settings, self._call, lambda: self.now)
        self.scheduler = boto3.client("scheduler", region_name=self.settings.region)
        self.iam = boto3.client("iam")

    def role(self, name: str, resource: str = SERVICE, trust: Any = TRUST) -> str:
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        allow = {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": resource}
        self.iam.put_role_policy(
            RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        )
        return arn

    def arm(self, name: str = "one", after: float = 10, role: str = "", **more: Any) -> dict[str, Any]:
        """A schedule of UpdateService, due in `after` seconds."""
        target = {
            "Arn": more.pop("target", UPDATE),
            "RoleArn": role or self.role(f"role-{name}"),
            "Input": json.dumps({"Cluster": "c", "Service": "s", "DesiredCount": 0}),
            **more.pop("more_target", {}),
        }
        given = {
            "Name": name,
            "ScheduleExpression": self.at(after),
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target,
            **more,
        }
        self.scheduler.create_schedule(**given)
        return given

    def at(self, after: float) -> str:
        return f"at({datetime.fromtimestamp(self.now + after, UTC):%Y-%m-%dT%H:%M:%S})"

    def names(self) -> list[str]:
        return [item["Name"] for item in self.scheduler.list_schedules()["Schedules"]]

    def _call(self, request: Request) -> None:
        self.called.append(request)
        if self.failures:
            raise self.failures.pop(0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with mock_aws():
        yield World(tmp_path)


def test_a_schedule_is_carried_out_once_at_its_time(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    world.arm(after=0.0 + 2)
    assert world.part.tick() == 1.0
    world.now += 1.5
    assert world.part.tick() == pytest.approx(0.5)
    assert world.called == []
    assert [item["name"] for item in world.part.report()] == ["default/one"]
    world.now += 0.5
    world.part.tick()
    world.part.tick()
    (request,) = world.called
    assert request.parameters == {"cluster": "c", "service": "s", "desiredCount": 0}
    assert world.names() == ["one"]
    assert world.part.report() == []
    assert "schedule default/one: called aws-sdk:ecs:updateService" in caplog.text


def test_a_schedule_that_deletes_itself(world: World) -> None:
    world.arm(ActionAfterCompletion="DELETE")
    world.now += 10
    world.part.tick()
    assert len(world.called) == 1
    assert world.names() == []


def test_one_that_is_put_off_while_it_runs_stays(world: World) -> None:
    given = world.arm(ActionAfterCompletion="DELETE")
    later = {**given, "ScheduleExpression": world.at(30)}

    def put_off(_: Request) -> None:
        world.scheduler.update_schedule(**later, State="ENABLED")

    world.now += 10
    SchedulerPart(world.settings, put_off, lambda: world.now).tick()
    assert world.names() == ["one"]


def test_a_schedule_in_another_time_zone(world: World) -> None:
    world.arm(after=10 + 3600, ScheduleExpressionTimezone="Etc/GMT-1")  # POSIX: an hour ahead of UTC
    world.now += 10
    world.part.tick()
    assert len(world.called) == 1


def test_put_off_before_it_was_due_and_again_after_it_ran(world: World) -> None:
    given = world.arm(after=10)
    given["ScheduleExpression"] = world.at(30)
    world.scheduler.update_schedule(**given, State="ENABLED")
    world.now += 20
    world.part.tick()
    assert world.called == []
    world.now += 10
    world.part.tick()
    assert len(world.called) == 1
    world.scheduler.update_schedule(**{**given, "ScheduleExpression": world.at(5)}, State="ENABLED")
    world.now += 5
    world.part.tick()
    assert len(world.called) == 2


def test_disabled_deleted_and_recurrent_ones_do_not_run(world: World) -> None:
    world.arm("disabled", State="DISABLED")
    world.arm("deleted")
    world.arm("recurrent", ScheduleExpression="rate(1 minute)")
    world.scheduler.delete_schedule(Name="deleted")
    world.now += 1000
    world.part.tick()
    assert world.called == []


@pytest.mark.parametrize(
    "failure",
    [refused(400, "ThrottlingException"), refused(500, "InternalFailure"), EndpointConnectionError(endpoint_url="u")],
)
def test_what_passes_is_tried_again(world: World, failure: Exception, caplog: pytest.LogCaptureFixture) -> None:
    world.arm(ActionAfterCompletion="DELETE")
    world.failures = [failure, failure]
    world.now += 10
    calls = []
    for _ in range(6):
        world.part.tick()
        calls.append(len(world.called))
        world.now += 1
    assert calls == [1, 2, 2, 3, 3, 3]  # after one second, then after two
    assert world.names() == []
    assert caplog.text.count("it will be tried again") == 2


@pytest.mark.parametrize(
    ("policy", "calls"),
    [
        ({"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 86400}, 3),
        ({"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 86400}, 1),
        ({"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 60}, 6),  # at 0, 1, 3, 7, 15, 31 s
    ],
)
def test_retries_end_as_the_policy_says(world: World, policy: dict[str, int], calls: int) -> None:
    world.arm(more_target={"RetryPolicy": policy})
    world.failures = [refused(500, "InternalFailure")] * 500
    world.now += 10
    for _ in range(300):
        world.part.tick()
        world.now += 1
    assert len(world.called) == calls


def test_a_refusal_lasts(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.arm(ActionAfterCompletion="DELETE")
    world.failures = [refused(404, "ServiceNotFoundException")]
    world.now += 10
    world.part.tick()
    world.now += 100
    world.part.tick()
    assert len(world.called) == 1
    assert world.names() == []
    assert "failed for good" in caplog.text


def test_the_role_is_asked(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.arm("other", role=world.role("other-service", SERVICE + "-other"))
    world.arm("untrusting", role=world.role("untrusting", trust={"Statement": []}))
    world.arm("gone", role="arn:aws:iam::123456789012:role/gone")
    world.now += 10
    world.part.tick()
    assert world.called == []
    assert f"is not authorized to perform: ecs:UpdateService on resource: {SERVICE} because" in caplog.text
    assert caplog.text.count("must allow AWS EventBridge Scheduler to assume the role") == 2


def test_other_targets_are_not_played(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.arm(target="arn:aws:sqs:eu-west-1:123456789012:q")
    world.now += 10
    world.part.tick()
    assert "the lab plays universal targets only" in caplog.text


def test_no_schedules_in_another_region(world: World) -> None:
    world.arm()
    world.now += 10
    SchedulerPart(replace(world.settings, region="eu-north-1"), world._call, lambda: world.now).tick()
    assert world.called == []
