# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What CloudWatch is asked, and what its answers add up to. Pure.

Metrics of a balancer and what they count:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Traffic
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import Metric, fill

NAMESPACE = "AWS/ApplicationELB"

MEASURES = {
    "requests": ("RequestCount", "Sum"),
    "errors": ("HTTPCode_Target_5XX_Count", "Sum"),
    "unreached": ("TargetConnectionErrorCount", "Sum"),
    "answers_2xx": ("HTTPCode_Target_2XX_Count", "Sum"),
    "answers_3xx": ("HTTPCode_Target_3XX_Count", "Sum"),
    "answers_4xx": ("HTTPCode_Target_4XX_Count", "Sum"),
    "p95": ("TargetResponseTime", "p95"),
}
"""Of a colour: metric and statistic.

Where a target hangs or drops the connection the balancer itself answers 504 or 502. It counts these for no target
group, so they are what is missing when the targets' answers are taken from the requests. So are clients that hang up
and WebSockets (101), in both colours alike.
"""

GOOD = ("answers_2xx", "answers_3xx", "answers_4xx")
COUNTS = ("requests", "errors", "unreached", *GOOD)

RECENT_PERIODS = 5
"""A long bake's sum hides what has begun a few minutes ago."""

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


def traffic(answers: Answers, colour: str, period: int, end: float = math.inf) -> Traffic:
    """Without a RequestCount there is no evidence; requests without a count of answers had none.

    `end` is when the asked time ends. What is not answered in its last period may be answered in the next, or not be
    in CloudWatch yet: it counts neither as an error nor as a request.
    """
    found = _known(answers, colour, period, end)
    if not found:
        return Traffic()
    recent = tuple(item for item in found if item.begin > found[-1].begin - RECENT_PERIODS * period)
    return replace(
        _summed(found, period),
        p95=_p95(answers, colour),
        recent=_summed(recent, period) if len(recent) < len(found) else None,
    )


def series(answers: Answers, colour: str, period: int, end: float) -> tuple[tuple[float, int, int], ...]:
    """Begin, requests and errors of each period with requests, oldest first. `end` as for `traffic`."""
    return tuple((item.begin, item.requests, item.errors) for item in _known(answers, colour, period, end))


@dataclass(frozen=True)
class _Period:
    """`missing` answers may yet come, those of `unreached` targets cannot."""

    begin: float
    requests: int
    wrong: int
    unreached: int
    missing: int

    @property
    def unanswered(self) -> int:
        """A request's connection may have failed more than once."""
        return max(self.missing, self.unreached)

    @property
    def errors(self) -> int:
        return self.wrong + self.unanswered


def _periods(answers: Answers, colour: str) -> tuple[_Period, ...]:
    """Those with requests, oldest first. An answer that came a period later than its request is not missing."""
    counts = {measure: answers.get(f"{colour}_{measure}", {}) for measure in COUNTS}
    found: list[_Period] = []
    late = 0
    for begin in sorted({begin for values in counts.values() for begin in values}, reverse=True):
        requests, wrong, unreached, *good = (round(counts[measure].get(begin, 0)) for measure in COUNTS)
        missing = requests - wrong - sum(good)
        late, missing = max(0, late - missing), max(0, missing - late)
        if requests > 0:
            found.append(_Period(begin, requests, wrong, unreached, missing))
    return tuple(reversed(found))


def _known(answers: Answers, colour: str, period: int, end: float) -> tuple[_Period, ...]:
    return tuple(_settled(item) if item.begin + 2 * period > end else item for item in _periods(answers, colour))


def _settled(item: _Period) -> _Period:
    """Only what is known to be answered or not to have been reached."""
    open_ones = max(0, item.missing - item.unreached)
    return replace(item, requests=item.requests - open_ones, missing=item.missing - open_ones)


def _summed(found: Sequence[_Period], period: int) -> Traffic:
    return Traffic(
        requests=sum(item.requests for item in found),
        errors=sum(item.errors for item in found),
        until=found[-1].begin + period,
        unanswered=sum(item.unanswered for item in found),
    )


def values(answers: Answers, index: int) -> tuple[float, ...]:
    """Of the user's metric with this index, oldest first."""
    return tuple(value for _, value in sorted(answers.get(metric_ident(index), {}).items()))


def values_until(answers: Answers, index: int, period: int) -> float:
    """The end of the last period that has a value of the user's metric with this index; 0 without any."""
    return max((begin + period for begin in answers.get(metric_ident(index), {})), default=0.0)


def _p95(answers: Answers, colour: str) -> float | None:
    """The periods' p95 weighted by their requests. It is not the p95 of all requests, which nobody can know from
    those of the periods, but it lies between them, and both colours are measured so."""
    requests = answers.get(f"{colour}_requests", {})
    known = [(value, requests.get(begin, 0)) for begin, value in answers.get(f"{colour}_p95", {}).items()]
    weight = sum(count for _, count in known)
    return sum(value * count for value, count in known) / weight if weight else None
