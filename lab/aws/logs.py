"""CloudWatch Logs: one metric filter of a name, in a log group that is there, and filters that count."""

import sys
from collections.abc import Callable
from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend

from lab.aws.patching import wrap
from lab.log_pattern import matches

MISSING = "The specified log group does not exist."


def apply() -> None:
    metric_filter_update()
    metric_filters_of_a_group()
    counting()


def metric_filter_update() -> None:
    """PutMetricFilter replaces the group's filter of that name; moto adds a second one."""

    @wrap(LogsBackend, "put_metric_filter")
    def put(
        original: Callable[..., None], backend: LogsBackend, name: str, pattern: str, group: str, transformations: str
    ) -> None:
        kept = [
            item
            for item in backend.filters.metric_filters
            if (item["filterName"], item["logGroupName"]) != (name, group)
        ]
        backend.filters.metric_filters[:] = kept
        original(backend, name, pattern, group, transformations)


def metric_filters_of_a_group() -> None:
    """Filters are a log group's: there are none without it, and they go with it. moto keeps them apart."""

    @wrap(LogsBackend, "put_metric_filter")
    def put(
        original: Callable[..., None], backend: LogsBackend, name: str, pattern: str, group: str, *more: Any
    ) -> None:
        _require(backend, group)
        original(backend, name, pattern, group, *more)

    @wrap(LogsBackend, "describe_metric_filters")
    def describe(original: Callable[..., list[dict[str, Any]]], backend: LogsBackend, *given: Any) -> Any:
        if len(given) > 1 and given[1]:
            _require(backend, given[1])
        return original(backend, *given)

    @wrap(LogsBackend, "delete_log_group")
    def delete(original: Callable[..., None], backend: LogsBackend, group: str) -> None:
        original(backend, group)
        filters = backend.filters.metric_filters
        filters[:] = [item for item in filters if item["logGroupName"] != group]


def _require(backend: LogsBackend, group: str) -> None:
    if group not in backend.groups:
        raise ResourceNotFoundException(MISSING)


def counting() -> None:
    """Lines that match a group's metric filters become metrics; moto counts nothing."""

    @wrap(LogGroup, "put_log_events")
    def put(original: Callable[..., str], group: LogGroup, stream: str, events: list[dict[str, Any]]) -> str:
        token = original(group, stream, events)
        backend = _backend_of(group)
        for item in backend.filters.metric_filters if backend else ():
            if item["logGroupName"] == group.name:
                _count(group, item, events)
        return token


def _backend_of(group: LogGroup) -> LogsBackend | None:
    from moto.logs.models import logs_backends

    return logs_backends[group.account_id][group.region]


def _count(group: LogGroup, metric_filter: dict[str, Any], events: list[dict[str, Any]]) -> None:
    """A value that is no number is a field of the line, which is not played."""
    from lab.aws.cloudwatch import key_of, samples_of

    transformation = metric_filter["metricTransformations"][0]
    try:
        value = float(transformation["metricValue"])
    except ValueError:
        return
    found = [event for event in events if matches(metric_filter["filterPattern"], event["message"])]
    if not found or "moto.cloudwatch.models" not in sys.modules:
        return
    from moto.cloudwatch.models import cloudwatch_backends

    samples = samples_of(cloudwatch_backends[group.account_id][group.region])
    key = key_of(transformation["metricNamespace"], transformation["metricName"], ())
    for event in found:
        samples.add(key, event["timestamp"] / 1000, [value], transformation.get("unit"))
