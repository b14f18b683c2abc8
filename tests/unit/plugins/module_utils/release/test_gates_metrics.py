"""What CloudWatch is asked, what its answers add up to, and what is made of no answer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import STEADY
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Traffic
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import parse
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.metrics import Metrics
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.queries import traffic, window
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release, Scaling
from ansible_collections.calstack.aws.plugins.module_utils._release.world import Colour, World
from botocore.exceptions import ClientError, ReadTimeoutError
from emulator import account
from hypothesis import given
from hypothesis import strategies as st

NOON = 1_800_000_000.0
BALANCER = "app/app-dev/50dc6c495c0c9188"
BALANCER_ARN = f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/{BALANCER}"
GROUPS = {name: f"targetgroup/app-dev-{name}/943f017f100becff" for name in ("blue", "green")}

RELEASE = Release(
    id="r1",
    kind="release",
    stack="app-dev",
    image="",
    label="",
    stable="blue",
    candidate="green",
    stable_image="",
    stable_task_definition="",
    base_task_definition="",
    steps=(),
    gates={},
    phase=Phase.ANALYSE,
    started_at=NOON - 600,
    since=NOON + 5,
)
COLOURS = {
    name: Colour(name, "", "", 2, 2, 0, STEADY, "", 2, {}, Scaling(2), 4, f"arn:aws:elb:eu-west-1:1:{group}")
    for name, group in GROUPS.items()
}
WORLD = World(NOON, COLOURS, {"blue": 90, "green": 10}, 0, False, "green")
GATES = parse(
    {
        "metrics": [
            {
                "name": "queue",
                "namespace": "App",
                "metric": "QueueAge",
                "maximum": 9,
                "dimensions": {
                    "Name": "{cluster}/{service}/{colour}",
                    "LoadBalancer": "{load_balancer}",
                    "TargetGroup": "{target_group}",
                },
            }
        ],
        "alarms": ["busy"],
    }
)


class CloudWatch:
    """Answers from `points`: value by minute after NOON, by (metric, target group or namespace). Notes what it is
    asked; a page a query, as if there was much."""

    def __init__(self, points=(), alarms=(), error=None, status="Complete"):
        self.points, self.states, self.error, self.status = dict(points), dict(alarms), error, status
        self.asked = []
        self.spans = []

    def get_paginator(self, call):
        assert call == "get_metric_data"
        return self

    def paginate(self, MetricDataQueries, StartTime, EndTime, ScanBy):  # noqa: N803 boto3's names
        if self.error:
            raise self.error
        self.asked.append(MetricDataQueries)
        self.spans.append((StartTime.timestamp() - NOON, EndTime.timestamp() - NOON))
        for query in MetricDataQueries:
            metric = query["MetricStat"]["Metric"]
            names = {item["Name"]: item["Value"] for item in metric["Dimensions"]}
            found = self.points.get((metric["MetricName"], names.get("TargetGroup")), {})
            begun = {minute: NOON + 60 * minute for minute in sorted(found)}
            inside = [m for m, at in begun.items() if StartTime.timestamp() <= at < EndTime.timestamp()]
            result = {
                "Id": query["Id"],
                "Timestamps": [datetime.fromtimestamp(begun[minute], UTC) for minute in inside],
                "Values": [found[minute] for minute in inside],
                "StatusCode": self.status,
            }
            yield {"MetricDataResults": [result]}

    def describe_alarms(self, AlarmNames, AlarmTypes, MaxRecords):  # noqa: N803 boto3's names
        if self.error:
            raise self.error
        assert AlarmTypes == ["MetricAlarm", "CompositeAlarm"]
        assert len(AlarmNames) <= MaxRecords <= 100
        found = [{"AlarmName": name, "StateValue": self.states[name]} for name in AlarmNames if name in self.states]
        return {"MetricAlarms": found[:1], "CompositeAlarms": found[1:]}


BLUE, GREEN = GROUPS["blue"], GROUPS["green"]
POINTS = {
    ("RequestCount", BLUE): {-20: 500, -1: 500, 0: 1e6, 1: 2000, 2: 1000, 5: 9},
    ("HTTPCode_Target_5XX_Count", BLUE): {2: 3},
    ("HTTPCode_Target_2XX_Count", BLUE): {-20: 500, -1: 400, 0: 1e6, 1: 1900, 2: 997, 5: 9},
    ("HTTPCode_Target_3XX_Count", BLUE): {-1: 100, 1: 60},
    ("HTTPCode_Target_4XX_Count", BLUE): {1: 40},
    ("TargetResponseTime", BLUE): {-20: 0.1, 1: 0.2, 2: 0.5},
    ("RequestCount", GREEN): {0: 1e6, 1: 200, 2: 100},
    ("HTTPCode_Target_5XX_Count", GREEN): {0: 1e5, 1: 4, 2: 1},
    ("HTTPCode_Target_2XX_Count", GREEN): {0: 9e5, 1: 196, 2: 97},
    ("TargetConnectionErrorCount", GREEN): {2: 2},
    ("TargetResponseTime", GREEN): {0: 9.0, 1: 0.3, 2: 0.6},
    ("QueueAge", GREEN): {0: 99.0, 2: 5.0, 1: 3.0},
}


def metrics(cloudwatch, period=60):
    return Metrics(lambda service: {"cloudwatch": cloudwatch}[service], period, BALANCER_ARN)


def test_evidence_is_what_came_in_whole_minutes_since_the_bake_began():
    cloudwatch = CloudWatch(POINTS, {"busy": "OK", "other": "ALARM"})
    found = metrics(cloudwatch).evidence(GATES, RELEASE, WORLD, NOON + 229)
    assert found.since == RELEASE.since
    assert found.stable == Traffic(3000, 3, pytest.approx(0.3), NOON + 180)
    assert found.candidate == Traffic(300, 7, pytest.approx(0.4), NOON + 180, unanswered=2)
    assert found.baseline == Traffic(500, 0, 0.1, NOON - 1140)
    assert found.metrics == {"queue": (3.0, 5.0)}
    assert found.metrics_until == {"queue": NOON + 180}
    assert found.alarms == {"busy": "OK"}
    assert found.trouble == ""


def test_both_colours_are_one_call_and_the_baseline_is_asked_once():
    cloudwatch = CloudWatch(POINTS)
    reader, gates = metrics(cloudwatch), replace(GATES, metrics=())
    reader.evidence(gates, RELEASE, WORLD, NOON + 229)
    reader.evidence(gates, RELEASE, WORLD, NOON + 299)
    assert [len(asked) for asked in cloudwatch.asked] == [14, 7, 14]
    assert cloudwatch.spans == [(60, 180), (-2400, -600), (60, 240)]


def test_dimensions_and_statistics():
    cloudwatch = CloudWatch()
    metrics(cloudwatch).evidence(GATES, RELEASE, WORLD, NOON + 229)
    asked = {
        query["Id"]: (
            query["MetricStat"]["Metric"]["MetricName"],
            query["MetricStat"]["Stat"],
            {item["Name"]: item["Value"] for item in query["MetricStat"]["Metric"]["Dimensions"]},
        )
        for call in cloudwatch.asked
        for query in call
    }
    green = {"LoadBalancer": BALANCER, "TargetGroup": GREEN}
    assert asked["green_requests"] == ("RequestCount", "Sum", green)
    assert asked["green_p95"] == ("TargetResponseTime", "p95", green)
    assert asked["blue_errors"] == ("HTTPCode_Target_5XX_Count", "Sum", green | {"TargetGroup": BLUE})
    own = green | {"Name": "app-dev/app-dev-green/green"}
    assert asked["metric_0"] == ("QueueAge", "Average", own)


def test_before_the_first_whole_minute_nothing_is_asked():
    cloudwatch = CloudWatch(POINTS)
    found = metrics(cloudwatch).traffic(RELEASE, WORLD, NOON + 119)
    assert found == (Traffic(), Traffic())
    assert cloudwatch.asked == []


def test_what_no_gate_wants_is_not_asked():
    cloudwatch = CloudWatch(POINTS)
    metrics(cloudwatch).evidence(parse({"error_rate": False, "latency": False}), RELEASE, WORLD, NOON + 229)
    assert cloudwatch.asked == []


def minutes(requests, good, **more):
    """Green's counts of each minute from 0 on, as CloudWatch answers them."""
    counts = {"requests": requests, "answers_2xx": good, **more}
    return {f"green_{name}": {60.0 * at: float(value) for at, value in enumerate(row)} for name, row in counts.items()}


def test_missing_requests_are_no_evidence_and_missing_answers_are_none():
    assert traffic({"green_errors": {0.0: 5.0}}, "green", 60) == Traffic()
    assert traffic({"green_requests": {0.0: 5.0}}, "green", 60) == Traffic(5, 5, None, 60.0, unanswered=5)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # Of a target that hangs, the balancer's 504 is counted for no target group.
        (minutes([100, 100, 100], [100, 40, 100]), (300, 60, 60)),
        (minutes([100, 100], [90, 100], errors=[4, 0], unreached=[2, 0]), (200, 10, 6)),
        (minutes([10, 10], [3, 2], answers_3xx=[3, 4], answers_4xx=[4, 4]), (20, 0, 0)),
        # A connection that failed twice.
        (minutes([100, 100], [99, 100], unreached=[2, 0]), (200, 2, 2)),
    ],
)
def test_a_request_that_no_target_has_answered_is_an_error(counts, expected):
    found = traffic(counts, "green", 60)
    assert (found.requests, found.errors, found.unanswered) == expected


def test_an_answer_that_came_in_the_next_period_is_not_missing_and_mends_no_other():
    found = traffic(minutes([100, 100, 50, 100], [95, 105, 50, 90]), "green", 60)
    assert (found.requests, found.errors) == (350, 10)


def test_what_the_newest_period_lacks_is_neither_an_error_nor_a_request():
    """Its answers may be on the way, or on the way to CloudWatch: nothing passes by them, and nothing fails."""
    hanging = minutes([100], [0])
    assert traffic(hanging, "green", 60, 60.0) == Traffic(0, 0, None, 60.0)
    assert traffic(hanging, "green", 60, 120.0) == Traffic(100, 100, None, 60.0, unanswered=100)
    found = traffic(minutes([100, 100], [100, 60], unreached=[0, 10]), "green", 60, 120.0)
    assert (found.requests, found.errors) == (170, 10)


def test_a_long_bake_has_its_newest_periods_apart():
    assert traffic(minutes([100] * 5, [97] * 5), "green", 60).recent is None
    found = traffic(minutes([100] * 7, [100] * 5 + [90, 80]), "green", 60)
    assert (found.requests, found.errors) == (700, 30)
    assert found.recent == Traffic(500, 30, None, 420.0, unanswered=30)


THROTTLED = ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "GetMetricData")


@pytest.mark.parametrize(
    ("error", "words"), [(THROTTLED, "Throttling: Rate exceeded"), (ReadTimeoutError(endpoint_url="x"), "Read timeout")]
)
def test_no_answer_is_missing_evidence_with_the_reason(error, words):
    found = metrics(CloudWatch(POINTS, error=error)).evidence(GATES, RELEASE, WORLD, NOON + 229)
    assert (found.stable, found.candidate, found.metrics, found.alarms) == (Traffic(), Traffic(), {}, {})
    assert found.trouble.count("reading the metrics of the two colours") == 1
    assert "reading the alarms of release_gates.alarms" in found.trouble
    assert words in found.trouble


def test_alarms_are_read_though_the_metrics_are_not():
    cloudwatch = CloudWatch(POINTS, {"busy": "ALARM"}, status="InternalError")
    found = metrics(cloudwatch).evidence(GATES, RELEASE, WORLD, NOON + 229)
    assert found.alarms == {"busy": "ALARM"}
    assert found.candidate == Traffic()
    assert "CloudWatch answered InternalError" in found.trouble


def test_many_alarms_are_asked_for_in_hundreds():
    names = [f"alarm-{number}" for number in range(250)]
    assert metrics(CloudWatch(alarms=dict.fromkeys(names, "OK"))).alarms(names) == dict.fromkeys(names, "OK")


def test_the_series_of_a_release_is_for_its_report():
    found, trouble = metrics(CloudWatch(POINTS)).series(NOON - 90, NOON + 125, WORLD)
    assert trouble == ""
    assert found["green"] == ((NOON, 1_000_000, 100_000), (NOON + 60, 200, 4), (NOON + 120, 100, 3))
    assert [at - NOON for at, _, _ in found["blue"]] == [-60, 0, 60, 120]


def test_a_series_that_cannot_be_read_is_empty_with_the_reason():
    found, trouble = metrics(CloudWatch(error=THROTTLED)).series(NOON, NOON + 60, WORLD)
    assert found == {}
    assert "Throttling" in trouble


def test_a_long_release_is_shown_by_the_minute():
    cloudwatch = CloudWatch(POINTS)
    metrics(cloudwatch, period=5).series(NOON, NOON + 4 * 3600, WORLD)
    metrics(cloudwatch, period=5).series(NOON, NOON + 3600, WORLD)
    assert [call[0]["MetricStat"]["Period"] for call in cloudwatch.asked] == [60, 5]


@given(st.floats(1e9, 2e9), st.floats(0, 1e4), st.sampled_from([1, 5, 10, 30, 60, 300]))
def test_a_window_holds_whole_periods_only(since, age, period):
    begin, end = window(since, since + age, period)
    assert begin % period == end % period == 0
    assert since <= begin <= end
    assert end == begin or end <= since + age
    assert age - (end - begin) < 2 * period


def test_against_an_emulated_account():
    """Without p95: moto answers 500 to it, and a contract test shows it against the lab's."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    with account() as clients:
        client = clients("cloudwatch")
        counts = {"RequestCount": 40.0, "HTTPCode_Target_5XX_Count": 2.0, "HTTPCode_Target_3XX_Count": 38.0}
        for metric, value in counts.items():
            dimensions = [{"Name": "LoadBalancer", "Value": BALANCER}, {"Name": "TargetGroup", "Value": GREEN}]
            datum = {"MetricName": metric, "Dimensions": dimensions, "Value": value, "Unit": "Count"}
            data = [{**datum, "Timestamp": now - timedelta(seconds=100)}]
            client.put_metric_data(Namespace="AWS/ApplicationELB", MetricData=data)
        client.put_metric_alarm(
            AlarmName="busy",
            Namespace="App",
            MetricName="Load",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold",
        )
        client.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="test")
        clients.calls.clear()
        reader = Metrics(clients, 60, BALANCER_ARN)
        found, trouble = reader.series(now.timestamp() - 600, now.timestamp(), WORLD)
        assert trouble == ""
        assert [point[1:] for point in found["green"]] == [(40, 2)]
        assert found["blue"] == ()
        assert reader.alarms(["busy", "gone"]) == {"busy": "ALARM"}
        assert clients.calls == ["GetMetricData", "DescribeAlarms"]
