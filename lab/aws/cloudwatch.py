"""Mends of moto's CloudWatch: statistics that are true and quick to compute.

Metric data is kept in `lab.samples` instead of a list of objects, of which moto reads all for every period. With
that come percentiles (moto answers 500), periods aligned as on AWS, and pages that do not slow down.
"""

import datetime
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lab.aws import alarms
from lab.aws.patching import wrap
from lab.metric_math import Frame, MetricMathError, Series, Value, evaluate, used
from lab.samples import SIMPLE, Key, Samples, known, statistic_of
from lab.samples import Series as Kept

if TYPE_CHECKING:
    from moto.cloudwatch.models import CloudWatchBackend

MOST_PERIODS = 100_800
"""GetMetricData's own limit on data points."""


def apply() -> None:
    _mend_put_metric_data()
    _mend_get_all_metrics()
    _mend_get_metric_data()
    _mend_get_metric_statistics()
    alarms.apply()


def samples_of(backend: "CloudWatchBackend") -> Samples:
    """The samples of an emulated CloudWatch; they go when the emulator is reset."""
    memory: dict[str, Any] = vars(backend)
    samples: Samples = memory.setdefault("lab_samples", Samples())
    return samples


def epoch(moment: datetime.datetime) -> float:
    """moto's times are naive and UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()


def naive(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None)


def key_of(namespace: str, name: str, dimensions: Iterable[Mapping[str, str]] | None) -> Key:
    return Key(namespace, name, tuple(sorted((item["Name"], item["Value"]) for item in dimensions or ())))


def _mend_put_metric_data() -> None:
    from moto.cloudwatch.models import CloudWatchBackend
    from moto.core.utils import utcnow

    @wrap(CloudWatchBackend, "put_metric_data")
    def put_metric_data(
        original: Callable[..., Any],  # noqa: ARG001 replaced, not extended
        self: Any,
        namespace: str,
        metric_data: Sequence[dict[str, Any]],
    ) -> None:
        for number, item in enumerate(metric_data, 1):
            self._validate_parameters_put_metric_data(item, number)
        samples = samples_of(self)
        for item in metric_data:
            key = key_of(namespace, item["MetricName"], item.get("Dimensions"))
            time = epoch(item.get("Timestamp") or utcnow())
            if statistics := item.get("StatisticValues"):
                count, total, low, high = (float(statistics[n]) for n in ("SampleCount", "Sum", "Minimum", "Maximum"))
                samples.add_set(key, time, count, total, low, high, item.get("Unit"))
            else:
                samples.add(key, time, values_of(item), item.get("Unit"))


def values_of(item: Mapping[str, Any]) -> list[float]:
    """The single values of a MetricDatum, each as often as its count says."""
    if not item.get("Values"):
        return [float(item.get("Value") or 0)]
    counts = item.get("Counts") or [1] * len(item["Values"])
    return [float(value) for value, count in zip(item["Values"], counts, strict=True) for _ in range(int(float(count)))]


def _mend_get_all_metrics() -> None:
    """ListMetrics reads one object a series instead of one a value."""
    from moto.cloudwatch.models import CloudWatchBackend, MetricDatumBase

    @wrap(CloudWatchBackend, "get_all_metrics")
    def get_all_metrics(original: Callable[..., Any], self: Any) -> list[Any]:
        own = [
            MetricDatumBase(
                key.namespace, key.name, [{"Name": name, "Value": value} for name, value in key.dimensions], None
            )
            for key in samples_of(self).series
        ]
        return [*own, *original(self)]


def _mend_get_metric_data() -> None:
    """Percentiles, aligned periods, and metric math as far as `lab.metric_math` plays it."""
    from moto.cloudwatch.exceptions import ValidationError
    from moto.cloudwatch.models import CloudWatchBackend

    @wrap(CloudWatchBackend, "get_metric_data")
    def get_metric_data(
        original: Callable[..., Any],  # noqa: ARG001 replaced, not extended
        self: Any,
        queries: Sequence[dict[str, Any]],
        start_time: datetime.datetime,
        end_time: datetime.datetime,
        scan_by: str = "TimestampAscending",
    ) -> list[dict[str, Any]]:
        start, end = epoch(start_time), epoch(end_time)
        if start >= end:
            words = "must not equal parameter EndTime." if start == end else "must be less than parameter EndTime."
            raise ValidationError(f"The parameter StartTime {words}")
        try:
            found = series_of(self, queries, start, end)
        except MetricMathError as error:
            raise ValidationError(f"The lab does not play this metric math: {error}") from None
        return [_result(query, found[query["Id"]], scan_by) for query in queries if query.get("ReturnData", True)]


def series_of(backend: Any, queries: Sequence[Mapping[str, Any]], start: float, end: float) -> dict[str, Series]:
    """The values of all queries by id, whatever their order. Raises MetricMathError."""
    found: dict[str, Value] = {
        query["Id"]: _metric_stat(backend, query, start, end) for query in queries if "MetricStat" in query
    }
    periods = [int(query["MetricStat"]["Period"]) for query in queries if "MetricStat" in query]
    period = min(periods, default=60)
    times = range(int(start // period * period), math.ceil(end), period)
    waiting = [query for query in queries if "MetricStat" not in query]
    while waiting:
        # Expressions may use one another: each round computes those whose parts are there.
        ready = [query for query in waiting if not _ids(waiting) & used(query["Expression"])] or waiting[:1]
        for query in ready:
            found[query["Id"]] = evaluate(query["Expression"], Frame(dict(found), times))
        waiting = [query for query in waiting if query not in ready]
    if plain := [ident for ident, value in found.items() if not isinstance(value, Mapping)]:
        raise MetricMathError(f"{', '.join(plain)} is no time series")
    return {ident: value for ident, value in found.items() if isinstance(value, Mapping)}


def _ids(queries: Iterable[Mapping[str, Any]]) -> set[str]:
    return {query["Id"] for query in queries}


def _metric_stat(backend: Any, query: Mapping[str, Any], start: float, end: float) -> Series:
    from moto.cloudwatch.exceptions import ValidationError

    wanted = query["MetricStat"]
    metric, statistic = wanted["Metric"], wanted["Stat"]
    if not known(statistic):
        raise ValidationError(
            f"The value {statistic} for parameter MetricDataQueries.member.1.MetricStat.Stat is not supported."
        )
    key = key_of(metric["Namespace"], metric["MetricName"], metric.get("Dimensions"))
    points = _points(backend, key, start, end, int(wanted["Period"]), [statistic], wanted.get("Unit"))
    return {time: value for time, values in points if (value := values[statistic]) is not None}


def _result(query: Mapping[str, Any], series: Series, scan_by: str) -> dict[str, Any]:
    metric = query.get("MetricStat", {}).get("Metric", {}).get("MetricName")
    times = sorted(series, reverse=scan_by == "TimestampDescending")
    return {
        "id": query["Id"],
        "label": query.get("Label") or metric or query["Id"],
        "timestamps": [naive(time) for time in times],
        "values": [series[time] for time in times],
        "status_code": "Complete",
    }


def _points(
    backend: Any, key: Key, start: float, end: float, period: int, statistics: Sequence[str], unit: str | None
) -> Iterable[tuple[int, dict[str, float | None]]]:
    """The statistics of every period that has data."""
    from moto.cloudwatch.exceptions import ValidationError

    if period <= 0 or (end - start) / period > MOST_PERIODS:
        raise ValidationError("You have requested more data points than a call may have.")
    series = samples_of(backend).series.get(key)
    if series is None or (unit and series.unit and series.unit != unit):
        return
    for begin in _periods_with_data(series, start, end, period):
        buckets = series.between(begin, begin + period)
        yield begin, {statistic: statistic_of(buckets, statistic) for statistic in statistics}


def _periods_with_data(series: Kept, start: float, end: float, period: int) -> list[int]:
    """The beginnings of periods, aligned as CloudWatch aligns them: to multiples of the period."""
    buckets = series.between(start // period * period, end)
    return sorted({bucket.time // period * period for bucket in buckets})


def _mend_get_metric_statistics() -> None:
    """Percentiles: moto's response does not pass ExtendedStatistics on, and its statistics have none."""
    from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue
    from moto.cloudwatch.responses import CloudWatchResponse
    from moto.core.responses import ActionResult

    @wrap(CloudWatchResponse, "get_metric_statistics")
    def get_metric_statistics(original: Callable[..., Any], self: Any) -> Any:  # noqa: ARG001 replaced, not extended
        simple, extended = self._get_param("Statistics", []), self._get_param("ExtendedStatistics", [])
        if not simple and not extended:
            raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
        for statistic in [*simple, *extended]:
            if not known(statistic) or (statistic in SIMPLE) != (statistic in simple):
                raise InvalidParameterValue(f"The value {statistic} for a statistic is not supported.")
        start, end = epoch(self._get_param("StartTime")), epoch(self._get_param("EndTime"))
        if start >= end:
            words = "The parameter StartTime must be less than the parameter EndTime."
            raise InvalidParameterValue(words)
        name, period = self._get_param("MetricName"), self._get_int_param("Period")
        key = key_of(self._get_param("Namespace"), name, self._get_param("Dimensions", []))
        unit = self._get_param("Unit")
        backend = self.cloudwatch_backend
        series = samples_of(backend).series.get(key)
        points = [
            _datapoint(time, values, series.unit if series else None)
            for time, values in _points(backend, key, start, end, period, [*simple, *extended], unit)
        ]
        return ActionResult({"Label": name, "Datapoints": points})


def _datapoint(time: int, values: Mapping[str, float | None], unit: str | None) -> dict[str, Any]:
    have = {name: value for name, value in values.items() if value is not None}
    point: dict[str, Any] = {name: value for name, value in have.items() if name in SIMPLE}
    extended = {name: value for name, value in have.items() if name not in SIMPLE}
    if extended:
        point["ExtendedStatistics"] = extended
    return {"Timestamp": naive(time), "Unit": unit or "None", **point}
