# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""CloudWatch's queries, as the component keeps them: by id, each a metric or an expression over others. Pure.

Names and dimensions:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

BALANCER = "AWS/ApplicationELB"
SERVICE = "AWS/ECS"
CERTIFICATE = "AWS/CertificateManager"
TABLE = "AWS/DynamoDB"
EDGE = "AWS/CloudFront"
EDGE_REGION = "us-east-1"
"""CloudFront's metrics are there and nowhere else."""

Query = Mapping[str, Any]
Queries = Mapping[str, Query]


@dataclass(frozen=True)
class Metric:
    """A metric with the statistic that is asked of it, for example `Sum` or `p95`."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str


def measured(metric: Metric, period: int) -> Query:
    """A metric, in periods of so many seconds."""
    return {
        "metric": f"{metric.namespace} {metric.name}",
        "dimensions": dict(metric.dimensions),
        "statistic": metric.statistic,
        "period": period,
    }


def computed(expression: str) -> Query:
    return {"expression": expression}


def balancer_dimension(arn: str) -> str:
    """`app/NAME/ID`, as CloudWatch calls a balancer. What has no such part is given back as it is."""
    return arn.partition(":loadbalancer/")[2] or arn


def group_dimension(arn: str) -> str:
    """`targetgroup/NAME/ID`, likewise."""
    return arn.rpartition(":")[2]


def to_api(queries: Queries, watched: str) -> list[dict[str, Any]]:
    """MetricDataQueries, of which the one called `watched` is what an alarm compares."""
    return [{"Id": ident, "ReturnData": ident == watched, **_to_api(query)} for ident, query in queries.items()]


def _to_api(query: Query) -> dict[str, Any]:
    if "expression" in query:
        return {"Expression": query["expression"]}
    namespace, _, name = query["metric"].rpartition(" ")
    dimensions = [{"Name": key, "Value": value} for key, value in query["dimensions"].items()]
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
    return {"MetricStat": {"Metric": metric, "Period": query["period"], "Stat": query["statistic"]}}


def from_api(items: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Query], str]:
    """The queries of a described alarm, and the one it compares."""
    given = list(items)
    watched = next((item["Id"] for item in given if item.get("ReturnData", True)), "")
    return {item["Id"]: _from_api(item) for item in given}, watched


def _from_api(item: Mapping[str, Any]) -> Query:
    if item.get("Expression"):
        return computed(item["Expression"])
    stat = item["MetricStat"]
    metric = stat["Metric"]
    dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions", ())}
    return measured(Metric(metric["Namespace"], metric["MetricName"], dimensions, stat["Stat"]), int(stat["Period"]))
