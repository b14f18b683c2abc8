"""The release's reading of CloudWatch against the lab's: p95 too, which moto as it comes cannot answer."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Traffic
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.metrics import Metrics
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release, Scaling
from ansible_collections.calstack.aws.plugins.module_utils._release.world import Colour, World

Client = Callable[[str], Any]

BALANCER = "app/gates/1"
GROUPS = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/gates-"
PERIOD = 5


def release(since: float) -> Release:
    return Release(
        id="r1",
        kind="release",
        stack="gates",
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
        since=since,
    )


def world() -> World:
    colours = {
        name: Colour(name, "", "", 1, 1, 0, "steady", "", 1, {}, Scaling(1), 2, f"{GROUPS}{name}/2")
        for name in ("blue", "green")
    }
    return World(0.0, colours, {"blue": 90, "green": 10}, 0, False, "green")


def put(client: Client, at: float, values: dict[str, list[float]]) -> None:
    dimensions = [
        {"Name": "LoadBalancer", "Value": BALANCER},
        {"Name": "TargetGroup", "Value": "targetgroup/gates-green/2"},
    ]
    data = [
        {"MetricName": name, "Dimensions": dimensions, "Timestamp": datetime.fromtimestamp(at, UTC), "Values": found}
        for name, found in values.items()
    ]
    client("cloudwatch").put_metric_data(Namespace="AWS/ApplicationELB", MetricData=data)


def test_counts_and_p95_of_a_colour(mended: Client) -> None:
    begin = time.time() // PERIOD * PERIOD - 10 * PERIOD
    good = "HTTPCode_Target_2XX_Count"
    put(mended, begin + 1, {"RequestCount": [1.0] * 50, "TargetResponseTime": [0.1] * 50, good: [1.0] * 50})
    put(mended, begin + PERIOD, {"RequestCount": [1.0] * 50, "TargetResponseTime": [0.3] * 50, good: [1.0] * 47})
    put(mended, begin + PERIOD, {"HTTPCode_Target_5XX_Count": [1.0, 1.0], "TargetConnectionErrorCount": [1.0]})
    put(mended, begin + 2 * PERIOD, {"RequestCount": [1.0] * 1000})
    reader = Metrics(mended, PERIOD, f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/{BALANCER}")
    stable, found = reader.traffic(release(begin), world(), begin + 2 * PERIOD + 1)
    assert stable == Traffic()
    assert (found.requests, found.errors, found.until) == (100, 3, begin + 2 * PERIOD)
    assert found.p95 is not None
    assert 0.19 < found.p95 < 0.21
