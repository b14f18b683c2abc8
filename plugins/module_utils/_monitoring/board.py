# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The dashboard as code: what of the stack is worth a look, both colours beside one another. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import COLOURS, log_group_name
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.measures import Measures
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.metrics import (
    EDGE,
    EDGE_REGION,
    TABLE,
    Metric,
)
from ansible_collections.calstack.aws.plugins.module_utils._release_support.names import table_name

WIDTH, HEIGHT = 8, 6
ACROSS = 24 // WIDTH
"""The grid is 24 columns wide."""
TOP = 4
"""Rows of the text and of the alarms, above the graphs."""

PAINT = {"blue": "#1f77b4", "green": "#2ca02c"}
RED = "#d62728"
COSTS = "https://console.aws.amazon.com/costmanagement/home#/cost-explorer"

Widget = Mapping[str, Any]


@dataclass(frozen=True)
class Board:
    """What the dashboard is of. `distribution` is CloudFront's id, empty where there is none."""

    measures: Measures
    region: str
    alarm_arns: Sequence[str]
    latency: float
    tasks_min: int
    tasks_max: int
    distribution: str = ""


def widgets(board: Board) -> dict[str, str]:
    """Each widget as JSON, by place and title, so that two of them can be compared."""
    return titled({"widgets": [_text(board), _alarms(board), *_placed(_graphs(board))]})


def titled(body: Mapping[str, Any]) -> dict[str, str]:
    """A dashboard's body by place and title; the place too, since a title may stand twice where people have edited."""
    found: dict[str, str] = {}
    for number, widget in enumerate(body.get("widgets", ())):
        title = widget.get("properties", {}).get("title") or widget.get("type", "")
        found[f"{number:02} {title}"] = json.dumps(widget, sort_keys=True)
    return found


def untitled(found: Mapping[str, str]) -> dict[str, Any]:
    """The body that `titled` was made of."""
    return {"widgets": [json.loads(found[key]) for key in sorted(found)]}


def _text(board: Board) -> Widget:
    stack = board.measures.stack
    lines = [
        f"# {stack}",
        "Blue and green serve side by side while a release is made; the idle one has no tasks and no lines.",
        f"[Costs]({COSTS}), by the tag calstack:stack = {stack}.",
        "What is changed here by hand is put back by the next run of site.yml: the role monitoring makes it.",
    ]
    return _at(0, 0, 16, TOP, {"type": "text", "properties": {"markdown": "\n\n".join(lines)}})


def _alarms(board: Board) -> Widget:
    properties = {"title": "Alarms", "alarms": list(board.alarm_arns)}
    return _at(16, 0, 8, TOP, {"type": "alarm", "properties": properties})


def _placed(graphs: Iterable[Widget]) -> Iterator[Widget]:
    for number, graph in enumerate(graphs):
        row, column = divmod(number, ACROSS)
        yield _at(column * WIDTH, TOP + row * HEIGHT, WIDTH, HEIGHT, graph)


def _at(x: int, y: int, width: int, height: int, widget: Widget) -> Widget:
    return {"x": x, "y": y, "width": width, "height": height, **widget}


def _graphs(board: Board) -> Iterator[Widget]:
    one = board.measures
    yield _graph(board, "Requests", _both(lambda colour: one.group(colour, "RequestCount")), stacked=True)
    yield _graph(board, "5xx", [*_both(lambda colour: one.group(colour, "HTTPCode_Target_5XX_Count")), _refused(one)])
    lines = _both(lambda colour: one.group(colour, "TargetResponseTime", "p95"))
    yield _graph(board, "Latency, p95, seconds", lines, limits={"latency": board.latency})
    healthy = _both(lambda colour: one.group(colour, "HealthyHostCount", "Maximum"))
    limits = {"app_tasks_min": board.tasks_min, "app_tasks_max": board.tasks_max}
    yield _graph(board, "Healthy tasks", healthy, limits=limits)
    unhealthy = _both(lambda colour: one.group(colour, "UnHealthyHostCount", "Maximum"))
    yield _graph(board, "Unhealthy tasks", unhealthy)
    logs = [_line(one.log("errors"), "errors", RED), _line(one.log("database"), "database", "#ff7f0e")]
    yield _graph(board, "Errors in the log", logs)
    yield _graph(board, "CPU, per cent", _both(lambda colour: one.service(colour, "CPUUtilization")))
    yield _graph(board, "Memory, per cent", _both(lambda colour: one.service(colour, "MemoryUtilization")))
    yield _graph(board, "Releases' table", _table(table_name(one.stack)))
    if board.distribution:
        yield _graph(board, "Edge, requests", [_edge(board, "Requests", "Sum")], region=EDGE_REGION)
        rates = [_edge(board, "4xxErrorRate", "Average"), _edge(board, "5xxErrorRate", "Average")]
        yield _graph(board, "Edge, errors, per cent", rates, region=EDGE_REGION)
    yield _log(board)


def _both(metric: Any) -> list[list[Any]]:
    return [_line(metric(colour), colour, PAINT[colour]) for colour in COLOURS]


def _refused(measures: Measures) -> list[Any]:
    return _line(measures.balancer("HTTPCode_ELB_5XX_Count"), "balancer itself", RED)


def _table(name: str) -> list[list[Any]]:
    metrics = ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")
    return [_line(Metric(TABLE, metric, {"TableName": name}, "Sum"), metric) for metric in metrics]


def _edge(board: Board, name: str, statistic: str) -> list[Any]:
    return _line(Metric(EDGE, name, {"DistributionId": board.distribution, "Region": "Global"}, statistic), name)


def _line(metric: Metric, label: str, colour: str = "") -> list[Any]:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    options = {"stat": metric.statistic, "label": label} | ({"color": colour} if colour else {})
    return [metric.namespace, metric.name, *dimensions, options]


def _graph(
    board: Board,
    title: str,
    lines: Sequence[Sequence[Any]],
    *,
    limits: Mapping[str, float] | None = None,
    stacked: bool = False,
    region: str = "",
) -> Widget:
    properties: dict[str, Any] = {
        "title": title,
        "region": region or board.region,
        "view": "timeSeries",
        "stacked": stacked,
        "period": 60,
        "metrics": [list(line) for line in lines],
        "yAxis": {"left": {"min": 0}},
    }
    if limits:
        marks = [{"label": label, "value": value} for label, value in limits.items()]
        properties["annotations"] = {"horizontal": marks}
    return {"type": "metric", "properties": properties}


def _log(board: Board) -> Widget:
    query = (
        f"SOURCE '{log_group_name(board.measures.stack)}' | fields @timestamp, @message "
        f"| filter @message like /ERROR|CRITICAL|Traceback/ | sort @timestamp desc | limit 20"
    )
    return {
        "type": "log",
        "properties": {"title": "Latest errors", "region": board.region, "view": "table", "query": query},
    }
