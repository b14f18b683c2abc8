"""Alarms as a part of the lab: each second, those whose state has changed get another and tell their topics."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lab.alarms.evaluation import Outcome, Terms, judge
from lab.aws import backends
from lab.aws.alarms import change, composite_state
from lab.aws.cloudwatch import series_of
from lab.metric_math import MetricMathError
from lab.settings import Settings

if TYPE_CHECKING:
    from moto.cloudwatch.models import Alarm

EVERY = 1.0
CLASSIC = "m"
"""The id of the one query of an alarm on a metric by its name."""


class AlarmsPart:
    """A state that somebody has set by hand stays until what the metrics say changes; AWS puts it back sooner."""

    name = "alarms"

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._evaluated: dict[str, str] = {}

    def start(self) -> None:
        """Nothing to do: there is no alarm yet."""

    def tick(self) -> float:
        with backends.LOCK:
            backend = backends.cloudwatch(self._settings)
            alarms = sorted(backend.alarms.values(), key=lambda alarm: alarm.rule is not None)
            for alarm in alarms:
                outcome = self._outcome(alarm)
                if outcome.state != self._evaluated.get(alarm.name, "INSUFFICIENT_DATA"):
                    if outcome.state != alarm.state_value:
                        change(backend, alarm, outcome.state, outcome.reason)
                    self._evaluated[alarm.name] = outcome.state
            self._evaluated = {name: state for name, state in self._evaluated.items() if name in backend.alarms}
        return EVERY

    def trouble(self) -> str | None:
        return None

    def stop(self) -> None:
        """Nothing stays."""

    def _outcome(self, alarm: "Alarm") -> Outcome:
        backend = backends.cloudwatch(self._settings)
        if alarm.rule is not None:
            state = composite_state(backend, alarm)
            return Outcome(
                "ALARM" if state == "ALARM" else "OK", f"{alarm.rule} {'holds' if state == 'ALARM' else 'ended'}"
            )
        queries = _queries(alarm)
        periods = int(alarm.evaluation_periods or 1)
        period = min(int(query["MetricStat"]["Period"]) for query in queries if "MetricStat" in query)
        end = int(self._clock()) // period * period
        start = end - periods * period
        try:
            series = series_of(backend, queries, start, end)[_watched(queries)]
        except MetricMathError as error:
            return Outcome("INSUFFICIENT_DATA", str(error))
        terms = Terms(
            alarm.comparison_operator,
            float(alarm.threshold or 0),
            int(alarm.datapoints_to_alarm or periods),
            periods,
            alarm.treat_missing_data or "missing",
        )
        before: Any = alarm.state_value
        return judge(terms, [series.get(time) for time in range(start, end, period)], before)


def _queries(alarm: "Alarm") -> list[dict[str, Any]]:
    """As GetMetricData takes them."""
    if alarm.metric_data_queries:
        return [_query(query) for query in alarm.metric_data_queries]
    metric = {
        "Namespace": alarm.namespace,
        "MetricName": alarm.metric_name,
        "Dimensions": [{"Name": item.name, "Value": item.value} for item in alarm.dimensions],
    }
    statistic = alarm.statistic or alarm.extended_statistic
    return [{"Id": CLASSIC, "MetricStat": {"Metric": metric, "Period": alarm.period or 60, "Stat": statistic}}]


def _query(query: Any) -> dict[str, Any]:
    common = {"Id": query.id, "ReturnData": query.return_data not in (False, "false")}
    if query.metric_stat is None:
        return {**common, "Expression": query.expression}
    metric = query.metric_stat.metric
    named = {
        "Namespace": metric.namespace,
        "MetricName": metric.metric_name,
        "Dimensions": [{"Name": item.name, "Value": item.value} for item in metric.dimensions],
    }
    return {
        **common,
        "MetricStat": {"Metric": named, "Period": query.metric_stat.period, "Stat": query.metric_stat.stat},
    }


def _watched(queries: list[dict[str, Any]]) -> str:
    return next(str(query["Id"]) for query in queries if query.get("ReturnData", True))
