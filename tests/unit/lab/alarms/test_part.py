"""The part over moto with its mends: alarms follow the metrics, and their topics hear of it once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from monitoring_account import mended
from moto import mock_aws

from lab.alarms.part import AlarmsPart
from lab.settings import Settings

NOW = datetime.now(UTC).timestamp() // 60 * 60
TOPIC = "arn:aws:sns:eu-west-1:123456789012:told"


class World:
    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.part = AlarmsPart(Settings(home=folder, network="127.93", cache=folder), lambda: self.now)
        session: Any = boto3.Session(region_name="eu-west-1")  # its type knows services by literals only
        self.cloudwatch, self.sqs, sns = (session.client(service) for service in ("cloudwatch", "sqs", "sns"))
        sns.create_topic(Name="told")
        self.queue = self.sqs.create_queue(QueueName="told")["QueueUrl"]
        sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:told")

    def alarm(self, name: str = "errors", **more: Any) -> None:
        """More than 5 in each of the two newest minutes."""
        given = {
            "Namespace": "N",
            "MetricName": "Errors",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 2,
            "Threshold": 5.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [TOPIC],
            "OKActions": [TOPIC],
        }
        self.cloudwatch.put_metric_alarm(AlarmName=name, **given | more)

    def minute(self, errors: float | None = None) -> None:
        """A minute goes by, in which there were so many errors; the part looks as often as it does."""
        if errors is not None:
            self.errors(errors)
        for _ in range(3):
            self.now += 20
            self.part.tick()

    def errors(self, count: float) -> None:
        datum = {"MetricName": "Errors", "Value": count, "Timestamp": datetime.fromtimestamp(self.now + 5, UTC)}
        self.cloudwatch.put_metric_data(Namespace="N", MetricData=[datum])

    def state(self, name: str = "errors") -> str:
        answer = self.cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        return str([*answer["MetricAlarms"], *answer["CompositeAlarms"]][0]["StateValue"])

    def told(self) -> list[tuple[str, str, str]]:
        found = []
        for item in self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", ()):
            message = json.loads(json.loads(item["Body"])["Message"])
            found.append((message["AlarmName"], message["OldStateValue"], message["NewStateValue"]))
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=item["ReceiptHandle"])
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with mended(), mock_aws():
        yield World(tmp_path)


def test_an_alarm_follows_its_metric_and_tells_each_change_once(world: World) -> None:
    world.alarm()
    assert world.state() == "INSUFFICIENT_DATA"
    world.minute()
    assert world.told() == [("errors", "INSUFFICIENT_DATA", "OK")]
    world.minute(6)
    assert (world.state(), world.told()) == ("OK", [])
    world.minute(7)
    assert (world.state(), world.told()) == ("ALARM", [("errors", "OK", "ALARM")])
    world.minute(8)
    assert world.told() == []
    world.minute(5)
    assert (world.state(), world.told()) == ("OK", [("errors", "ALARM", "OK")])


def test_a_minute_that_is_not_over_does_not_count(world: World) -> None:
    world.alarm(EvaluationPeriods=1)
    world.minute()
    world.errors(9)
    world.now += 59
    world.part.tick()
    assert world.state() == "OK"
    world.now += 1
    world.part.tick()
    assert world.state() == "ALARM"


def test_a_composite_alarm_follows_in_the_same_tick(world: World) -> None:
    world.alarm(AlarmActions=[], OKActions=[])
    world.alarm("other", MetricName="Other", AlarmActions=[], OKActions=[])
    rule = "ALARM(errors) OR ALARM(other)"
    world.cloudwatch.put_composite_alarm(AlarmName="all", AlarmRule=rule, AlarmActions=[TOPIC], ActionsEnabled=True)
    world.minute()
    assert (world.state("all"), world.told()) == ("OK", [])
    world.minute(6)
    world.minute(6)
    assert world.told() == [("all", "OK", "ALARM")]


def test_a_state_set_by_hand_stays_until_the_metric_says_another(world: World) -> None:
    world.alarm()
    world.minute()
    world.cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="the test")
    world.minute()
    assert world.state() == "ALARM"
    world.minute(6)
    world.minute(6)
    world.minute(0)
    assert world.state() == "OK"


def test_what_was_told_by_hand_is_not_told_again(world: World) -> None:
    world.alarm()
    world.minute()
    world.minute(6)
    world.cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="the test")
    world.told()
    world.minute(6)
    assert (world.state(), world.told()) == ("ALARM", [])


def test_an_expression_that_is_not_played_is_no_data(world: World) -> None:
    stat = {"Metric": {"Namespace": "N", "MetricName": "Errors"}, "Period": 60, "Stat": "Sum"}
    world.cloudwatch.put_metric_alarm(
        AlarmName="band",
        Metrics=[
            {"Id": "m", "ReturnData": False, "MetricStat": stat},
            {"Id": "band", "Expression": "RATE(m)", "ReturnData": True},
        ],
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    world.minute(3)
    assert world.state("band") == "INSUFFICIENT_DATA"


def test_an_alarm_whose_topic_is_gone_changes_all_the_same(world: World) -> None:
    world.alarm(AlarmActions=[f"{TOPIC}-gone"], OKActions=["arn:aws:automate:eu-west-1:ec2:recover"])
    for errors in (0, 6, 6):
        world.minute(errors)
    assert (world.state(), world.told()) == ("ALARM", [])


def test_a_deleted_alarm_begins_anew(world: World) -> None:
    world.alarm()
    world.minute(6)
    world.minute(6)
    world.cloudwatch.delete_alarms(AlarmNames=["errors"])
    world.minute(6)
    world.alarm()
    world.told()
    world.minute(6)
    assert world.told() == [("errors", "INSUFFICIENT_DATA", "ALARM")]
