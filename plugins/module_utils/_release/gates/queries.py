# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What CloudWatch is asked, and what its answers add up to. Pure.

Metrics of a balancer and what they count:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Traffic
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import Metric, fill

NAMESPACE = "AWS/ApplicationELB"

MEASURES = {
    "requests": ("RequestCount", "Sum"),
    "errors": ("HTTPCode_Target_5XX_Count", "Sum"),
    "unreached": ("TargetConnectionErrorCount", "Sum"),
    "p95": ("TargetResponseTime", "p95"),
}
"""Of a colour: metric and statistic. The balancer itself answers 502 when it cannot reach a target: no target's 5xx."""

COUNTS = ("requests", "errors", "unreached")

Answers = Mapping[str, Mapping[float, float]]
"""By a query's id: the value of each period that has one, by the period's begin in seconds since the epoch."""


@dataclass(frozen=True)
class Query:
    """`ident` as GetMetricData wants it: a small letter first, then letters, digits and underscores."""

    ident: str
    namespace: str
    metric: str
    statistic: str
    dimensions: Mapping[str, str]

    def to_api(self, period: int) -> dict[str, Any]:
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions.items()]
        metric = {"Namespace": self.namespace, "MetricName": self.metric, "Dimensions": dimensions}
        return {"Id": self.ident, "MetricStat": {"Metric": metric, "Period": period, "Stat": self.statistic}}


def window(since: float, now: float, period: int) -> tuple[int, int]:
    """Begin and end of the periods that begin at or after `since` and are over; the same where there is none.

    A period in which the weights were changed holds answers from before.
    """
    begin = math.ceil(since / period) * period
    return begin, max(begin, math.floor(now / period) * period)


def balancer_dimension(arn: str) -> str:
    """The value of the dimension LoadBalancer: the end of the load balancer's ARN."""
    return arn.partition(":loadbalancer/")[2]


def dimension(arn: str) -> str:
    """The value of the dimension TargetGroup: the end of the target group's ARN."""
    return arn.rpartition(":")[2]


def of_colour(colour: str, balancer: str, group_arn: str, measures: tuple[str, ...] = tuple(MEASURES)) -> list[Query]:
    """`balancer`: the value of the dimension LoadBalancer."""
    dimensions = {"LoadBalancer": balancer, "TargetGroup": dimension(group_arn)}
    return [Query(f"{colour}_{measure}", NAMESPACE, *MEASURES[measure], dimensions) for measure in measures]


def of_metric(index: int, metric: Metric, names: Mapping[str, str]) -> Query:
    dimensions = {name: fill(value, names) for name, value in metric.dimensions.items()}
    return Query(metric_ident(index), metric.namespace, metric.metric, metric.statistic, dimensions)


def metric_ident(index: int) -> str:
    return f"metric_{index}"


def traffic(answers: Answers, colour: str, period: int) -> Traffic:
    """Without a RequestCount there is no evidence; requests without a count of errors had none."""
    points = series(answers, colour)
    if not points:
        return Traffic()
    return Traffic(
        requests=sum(requests for _, requests, _ in points),
        errors=sum(errors for _, _, errors in points),
        p95=_p95(answers, colour),
        until=points[-1][0] + period,
    )


def series(answers: Answers, colour: str) -> tuple[tuple[float, int, int], ...]:
    """Begin, requests and errors of each period with requests, oldest first."""
    requests, errors, unreached = (answers.get(f"{colour}_{measure}", {}) for measure in COUNTS)
    return tuple(
        (begin, round(count), round(errors.get(begin, 0) + unreached.get(begin, 0)))
        for begin, count in sorted(requests.items())
        if count > 0
    )


def values(answers: Answers, index: int) -> tuple[float, ...]:
    """Of the user's metric with this index, oldest first."""
    return tuple(value for _, value in sorted(answers.get(metric_ident(index), {}).items()))


def _p95(answers: Answers, colour: str) -> float | None:
    """The periods' p95 weighted by their requests. It is not the p95 of all requests, which nobody can know from
    those of the periods, but it lies between them, and both colours are measured so."""
    requests = answers.get(f"{colour}_requests", {})
    known = [(value, requests.get(begin, 0)) for begin, value in answers.get(f"{colour}_p95", {}).items()]
    weight = sum(count for _, count in known)
    return sum(value * count for value, count in known) / weight if weight else None
