"""CloudWatch's alarms and dashboards, metric math and counted logs: what the lab mends, against moto as it comes."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[[str], Any]

TAGS = [{"Key": "calstack:stack", "Value": "contract"}]


def put(client: Client, name: str, **more: Any) -> dict[str, Any]:
    """An alarm on the rate of two metrics; as it is described."""

    def metric(ident: str, metric: str) -> dict[str, Any]:
        stat = {"Metric": {"Namespace": "N", "MetricName": metric, "Dimensions": []}, "Period": 60, "Stat": "Sum"}
        return {"Id": ident, "ReturnData": False, "MetricStat": stat}

    given = {
        "Metrics": [
            metric("errors", "Errors"),
            metric("requests", "Requests"),
            {"Id": "rate", "Expression": "errors / requests", "ReturnData": True},
        ],
        "EvaluationPeriods": 5,
        "DatapointsToAlarm": 3,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    client("cloudwatch").put_metric_alarm(AlarmName=name, **given | more)
    return described(client, name)


def described(client: Client, name: str) -> dict[str, Any]:
    return dict(client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0])


def queue(client: Client, name: str) -> tuple[str, Callable[[], list[str]]]:
    """A topic, and what it has told so far."""
    topic = client("sns").create_topic(Name=name)["TopicArn"]
    url = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:eu-west-1:123456789012:{name}")

    def read() -> list[str]:
        answer = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [item["Body"] for item in answer.get("Messages", ())]

    return topic, read


def test_a_new_alarm_knows_nothing_and_a_changed_one_stays_as_it_was(plain: Client, mended: Client) -> None:
    assert put(plain, "new")["StateValue"] == "OK"
    assert put(mended, "new")["StateValue"] == "INSUFFICIENT_DATA"
    for client, kept in ((plain, "OK"), (mended, "ALARM")):
        client("cloudwatch").set_alarm_state(AlarmName="new", StateValue="ALARM", StateReason="the test")
        assert put(client, "new", Threshold=2.0)["StateValue"] == kept


def test_tags_are_for_a_new_alarm_and_go_with_it(plain: Client, mended: Client) -> None:
    later = [{"Key": "later", "Value": "1"}]

    def seen(client: Client) -> list[Any]:
        """After its creation, a change, and another creation after it was deleted."""
        cloudwatch, found = client("cloudwatch"), []
        for tags in (TAGS, later, []):
            if not tags:
                cloudwatch.delete_alarms(AlarmNames=["tagged"])
            arn = put(client, "tagged", Tags=tags)["AlarmArn"]
            found.append(cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"])
        return found

    assert seen(plain) == [TAGS, TAGS + later, TAGS + later]
    assert seen(mended) == [TAGS, TAGS, []]


def test_composite_alarms(plain: Client, mended: Client) -> None:
    put(plain, "part")
    with pytest.raises(ClientError) as refused:
        plain("cloudwatch").put_composite_alarm(AlarmName="whole", AlarmRule="ALARM(part)")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 400
    cloudwatch = mended("cloudwatch")
    put(mended, "part")
    rule = 'ALARM("part") OR FALSE'
    cloudwatch.put_composite_alarm(AlarmName="whole", AlarmRule=rule, AlarmDescription="both", Tags=TAGS)
    names = {"AlarmNames": ["part", "whole"]}
    only_metrics = cloudwatch.describe_alarms(**names)
    assert [item["AlarmName"] for item in only_metrics["MetricAlarms"]] == ["part"]
    assert not only_metrics["CompositeAlarms"]
    both = cloudwatch.describe_alarms(**names, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (whole,) = both["CompositeAlarms"]
    assert (whole["AlarmRule"], whole["AlarmDescription"]) == (rule, "both")
    assert len(both["MetricAlarms"]) == 1
    assert cloudwatch.list_tags_for_resource(ResourceARN=whole["AlarmArn"])["Tags"] == TAGS


@pytest.mark.parametrize(
    ("rule", "words"),
    [("ALARM(", "must not contain invalid expressions"), ("ALARM(nobody)", r"\[nobody\] do not exist")],
)
def test_a_composite_alarm_needs_a_rule_about_alarms_that_exist(mended: Client, rule: str, words: str) -> None:
    with pytest.raises(ClientError, match=words):
        mended("cloudwatch").put_composite_alarm(AlarmName="whole", AlarmRule=rule)


def test_a_state_set_by_hand_tells_the_topic(plain: Client, mended: Client) -> None:
    for client, told in ((plain, 0), (mended, 1)):
        topic, read = queue(client, "told")
        put(client, "telling", AlarmActions=[topic])
        for state in ("ALARM", "ALARM", "OK"):
            client("cloudwatch").set_alarm_state(AlarmName="telling", StateValue=state, StateReason="the test")
        messages = read()
        assert len(messages) == told
    assert '\\"NewStateValue\\": \\"ALARM\\"' in messages[0]


def test_no_topic_is_told_while_actions_are_off(mended: Client) -> None:
    topic, read = queue(mended, "silent")
    put(mended, "muted", AlarmActions=[topic], ActionsEnabled=False)
    mended("cloudwatch").set_alarm_state(AlarmName="muted", StateValue="ALARM", StateReason="the test")
    assert read() == []


def test_tags_of_dashboards(plain: Client, mended: Client) -> None:
    def make(client: Client) -> str:
        client("cloudwatch").put_dashboard(DashboardName="board", DashboardBody='{"widgets": []}', Tags=TAGS)
        return str(client("cloudwatch").get_dashboard(DashboardName="board")["DashboardArn"])

    arn = make(plain)
    assert plain("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"] == []
    with pytest.raises(ClientError):
        plain("cloudwatch").tag_resource(ResourceARN=arn, Tags=TAGS)
    cloudwatch, arn = mended("cloudwatch"), make(mended)
    cloudwatch.put_dashboard(DashboardName="board", DashboardBody="{}", Tags=[{"Key": "later", "Value": "1"}])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == TAGS
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "more", "Value": "2"}])
    assert len(cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]) == 2
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["more"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == TAGS
    cloudwatch.delete_dashboards(DashboardNames=["board"])
    with pytest.raises(ClientError):
        cloudwatch.tag_resource(ResourceARN=arn, Tags=TAGS)


def test_metric_math(plain: Client, mended: Client) -> None:
    def ask(client: Client) -> dict[str, Any]:
        now = int(time.time()) // 60 * 60 - 60
        for name, value in (("Errors", 5.0), ("Requests", 20.0)):
            datum = {"MetricName": name, "Value": value, "Timestamp": datetime.fromtimestamp(now, UTC)}
            client("cloudwatch").put_metric_data(Namespace="Math", MetricData=[datum])
        queries = [{"Id": "rate", "Expression": "100 * share"}, {"Id": "share", "Expression": "errors / requests"}]
        for ident in ("errors", "requests"):
            metric = {"Namespace": "Math", "MetricName": ident.title(), "Dimensions": []}
            stat = {"Metric": metric, "Period": 60, "Stat": "Sum"}
            queries.append({"Id": ident, "ReturnData": False, "MetricStat": stat})  # type: ignore[dict-item]  # mixed
        answer = client("cloudwatch").get_metric_data(
            MetricDataQueries=queries, StartTime=datetime.fromtimestamp(now - 60, UTC), EndTime=datetime.now(UTC)
        )
        return {item["Id"]: item["Values"] for item in answer["MetricDataResults"]}

    assert ask(plain).get("rate") == []
    assert ask(mended) == {"rate": [25.0], "share": [0.25]}


def test_lines_that_match_a_filter_are_counted(plain: Client, mended: Client) -> None:
    def lines(client: Client) -> list[float]:
        logs, now = client("logs"), int(time.time())
        logs.create_log_group(logGroupName="/counted")
        logs.create_log_stream(logGroupName="/counted", logStreamName="s")
        logs.put_metric_filter(
            logGroupName="/counted",
            filterName="errors",
            filterPattern="?ERROR ?Traceback",
            metricTransformations=[{"metricName": "errors", "metricNamespace": "Counted", "metricValue": "1"}],
        )
        texts = ("ERROR one", "well", "Traceback two")
        events = [{"timestamp": now * 1000, "message": text} for text in texts]
        logs.put_log_events(logGroupName="/counted", logStreamName="s", logEvents=events)
        answer = client("cloudwatch").get_metric_statistics(
            Namespace="Counted",
            MetricName="errors",
            StartTime=datetime.fromtimestamp(now - 60, UTC),
            EndTime=datetime.fromtimestamp(now + 60, UTC),
            Period=300,
            Statistics=["Sum"],
        )
        return [point["Sum"] for point in answer["Datapoints"]]

    assert lines(plain) == []
    assert lines(mended) == [2.0]


def test_a_filter_is_its_log_groups(plain: Client, mended: Client) -> None:
    transformation = [{"metricName": "m", "metricNamespace": "N", "metricValue": "1"}]
    filters = {"filterName": "f", "filterPattern": "x", "metricTransformations": transformation}
    plain("logs").put_metric_filter(logGroupName="/nowhere", **filters)
    for call in ("put_metric_filter", "describe_metric_filters"):
        with pytest.raises(ClientError, match="log group does not exist") as caught:
            getattr(mended("logs"), call)(logGroupName="/nowhere", **filters if call.startswith("put") else {})
        assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    for client, left in ((plain, 1), (mended, 0)):
        logs = client("logs")
        logs.create_log_group(logGroupName="/short")
        logs.put_metric_filter(logGroupName="/short", **filters)
        logs.delete_log_group(logGroupName="/short")
        logs.create_log_group(logGroupName="/short")
        assert len(logs.describe_metric_filters(logGroupName="/short")["metricFilters"]) == left
