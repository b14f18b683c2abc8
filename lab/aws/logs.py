"""CloudWatch Logs: one metric filter of a name."""

from collections.abc import Callable

from moto.logs.models import LogsBackend

from lab.aws.patching import wrap


def apply() -> None:
    metric_filter_update()


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
