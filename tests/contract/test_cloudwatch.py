"""CloudWatch: what the lab mends, against moto as it comes."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[[str], Any]

NOON = datetime.datetime.now(datetime.UTC).replace(minute=0, second=0, microsecond=0) - datetime.timedelta(hours=1)
DIMENSIONS = [{"Name": "TargetGroup", "Value": "targetgroup/blue/1"}, {"Name": "LoadBalancer", "Value": "app/lb/1"}]


def at(second: int) -> datetime.datetime:
    return NOON + datetime.timedelta(seconds=second)


def put(client: Client, namespace: str) -> None:
    """1 to 100 in the first minute, 1000 in the third."""
    datum = {"MetricName": "Latency", "Dimensions": DIMENSIONS, "Unit": "Seconds"}
    data = [
        {**datum, "Timestamp": at(5), "Values": [float(value) for value in range(1, 101)]},
        {**datum, "Timestamp": at(125), "Value": 1000.0},
    ]
    client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def data(client: Client, namespace: str, stat: str, start: int = 0, period: int = 60) -> dict[str, Any]:
    metric = {"Namespace": namespace, "MetricName": "Latency", "Dimensions": DIMENSIONS}
    answer = client("cloudwatch").get_metric_data(
        StartTime=at(start),
        EndTime=at(300),
        ScanBy="TimestampAscending",
        MetricDataQueries=[{"Id": "m1", "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}],
    )
    return dict(answer["MetricDataResults"][0])


def test_percentiles_in_get_metric_data(plain: Client, mended: Client) -> None:
    put(plain, "Percentiles")
    with pytest.raises(ClientError) as caught:
        data(plain, "Percentiles", "p95")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    put(mended, "Percentiles")
    for stat, values in {"p50": [50.5, 1000], "p90": [90.1, 1000], "p99": [99.01, 1000], "Sum": [5050, 1000]}.items():
        found = data(mended, "Percentiles", stat)
        assert found["Values"] == pytest.approx(values)
        assert found["Timestamps"] == [at(0), at(120)]
    assert data(mended, "Percentiles", "p50", period=300)["Values"] == pytest.approx([51])


def test_percentiles_in_get_metric_statistics(plain: Client, mended: Client) -> None:
    def ask(client: Client) -> list[dict[str, Any]]:
        put(client, "Extended")
        answer = client("cloudwatch").get_metric_statistics(
            Namespace="Extended",
            MetricName="Latency",
            Dimensions=DIMENSIONS,
            StartTime=at(0),
            EndTime=at(300),
            Period=60,
            Statistics=["Average"],
            ExtendedStatistics=["p95"],
        )
        return sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])

    assert "ExtendedStatistics" not in ask(plain)[0]
    first, second = ask(mended)
    assert first["Average"] == 50.5
    assert first["ExtendedStatistics"] == {"p95": pytest.approx(95.05)}
    assert second["ExtendedStatistics"] == {"p95": 1000}
    assert (first["Unit"], first["Timestamp"]) == ("Seconds", at(0))


def test_periods_are_aligned(plain: Client, mended: Client) -> None:
    put(plain, "Aligned")
    put(mended, "Aligned")
    assert data(plain, "Aligned", "Sum", start=3)["Timestamps"][0] == at(3)
    assert data(mended, "Aligned", "Sum", start=3)["Timestamps"][0] == at(0)


def test_what_is_not_played_is_refused(mended: Client) -> None:
    with pytest.raises(ClientError, match="tm99"):
        data(mended, "Refused", "tm99")
    with pytest.raises(ClientError, match="metric math"):
        mended("cloudwatch").get_metric_data(
            StartTime=at(0), EndTime=at(60), MetricDataQueries=[{"Id": "e", "Expression": "1 + 1"}]
        )


def test_metrics_are_listed_once_each(mended: Client) -> None:
    put(mended, "Listed")
    put(mended, "Listed")
    (metric,) = mended("cloudwatch").list_metrics(Namespace="Listed")["Metrics"]
    assert metric["MetricName"] == "Latency"
    assert {item["Name"] for item in metric["Dimensions"]} == {"TargetGroup", "LoadBalancer"}


def test_no_data_is_no_value_and_other_dimensions_are_another_metric(mended: Client) -> None:
    put(mended, "Empty")
    assert data(mended, "None-such", "Sum")["Values"] == []
    metric = {"Namespace": "Empty", "MetricName": "Latency", "Dimensions": DIMENSIONS[:1]}
    answer = mended("cloudwatch").get_metric_data(
        StartTime=at(0),
        EndTime=at(300),
        MetricDataQueries=[{"Id": "m1", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}],
    )
    assert answer["MetricDataResults"][0]["Values"] == []
