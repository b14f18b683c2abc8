# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What is watched, when it is an alarm, and what to do then. Pure.

Metrics come late, and FILL fills a period that has no data yet: an alarm needs M of N periods, so that the newest,
empty one neither raises nor ends it.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html

Nothing here depends on FILL giving values to a metric that has never had one: an idle colour's metrics do not exist,
and the expressions give the same whether they are filled or left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import COLOURS
from ansible_collections.calstack.aws.plugins.module_utils._monitoring import advice
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.measures import Measures, days_to_expiry
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.metrics import Queries, Query, computed, measured

DAY = 86400
ABOVE, AT_LEAST, BELOW = "GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold"
UTILISATION = {"cpu": "CPUUtilization", "memory": "MemoryUtilization"}

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Watch:
    """An alarm: the query `watched` breaches in `breaching` of the last `periods` periods.

    `missing` is how a period without data counts. One that `tells` nobody itself is part of the composite alarm.
    """

    what: str
    description: str
    queries: Queries
    watched: str
    comparison: str
    threshold: float
    breaching: int
    periods: int
    missing: str = "notBreaching"
    tells: bool = True


def watches(params: Params, measures: Measures) -> list[Watch]:
    """All alarms but the composite one."""
    found = [_errors(params, measures), _balancer_errors(params, measures), _latency(params, measures)]
    if params["tasks_min"]:
        found.append(_too_few(params, measures))
    found.append(_unhealthy(params, measures))
    found += [_ceiling(params, measures, resource) for resource in UTILISATION]
    if params["certificate_arns"]:
        found.append(_certificate(params))
    return [*found, *_logs(params, measures)]


def hurting(found: Sequence[Watch]) -> list[Watch]:
    """Those that mean that users notice, of which people get one message."""
    return [watch for watch in found if not watch.tells]


def _errors(params: Params, measures: Measures) -> Watch:
    """Both colours together: what users get, in whatever proportion a release has them."""
    period = params["period"]
    queries = {
        "errors": measured(measures.balancer("HTTPCode_Target_5XX_Count"), period),
        "requests": measured(measures.balancer("RequestCount"), period),
        "rate": computed(f"IF(FILL(requests, 0) >= {params['minimum_requests']}, 100 * FILL(errors, 0) / requests, 0)"),
    }
    text = advice.target_errors(params)
    return Watch("target-errors", text, queries, "rate", ABOVE, params["error_percent"], 3, 5, tells=False)


def _balancer_errors(params: Params, measures: Measures) -> Watch:
    """The balancer counts as a request only what it has found a target for: its own refusals come on top."""
    period = params["period"]
    queries = {
        "errors": measured(measures.balancer("HTTPCode_ELB_5XX_Count"), period),
        "requests": measured(measures.balancer("RequestCount"), period),
        "total": computed("SUM([errors, requests])"),
        "rate": computed(f"IF(total >= {params['minimum_requests']}, 100 * FILL(errors, 0) / total, 0)"),
    }
    text = advice.balancer_errors(params)
    return Watch("balancer-errors", text, queries, "rate", ABOVE, params["error_percent"], 3, 5, tells=False)


def _latency(params: Params, measures: Measures) -> Watch:
    period = params["period"]
    queries = {
        "p95": measured(measures.balancer("TargetResponseTime", "p95"), period),
        "requests": measured(measures.balancer("RequestCount"), period),
        "latency": computed(f"IF(FILL(requests, 0) >= {params['minimum_requests']}, p95, 0)"),
    }
    text = advice.latency(params)
    return Watch("latency", text, queries, "latency", ABOVE, params["latency_seconds"], 3, 5, tells=False)


def _too_few(params: Params, measures: Measures) -> Watch:
    """The colour that serves has its full number; the other may have none, or the candidate's. No target, no metric."""
    queries = _by_colour(lambda colour: measures.group(colour, "HealthyHostCount", "Maximum"), params["period"])
    queries["most"] = computed("MAX([blue, green])")
    text = advice.too_few(params)
    return Watch("too-few-tasks", text, queries, "most", BELOW, params["tasks_min"], 5, 5, "breaching", tells=False)


def _unhealthy(params: Params, measures: Measures) -> Watch:
    """A colour without tasks reports none. A bad candidate is put back sooner than this is an alarm."""
    queries = _by_colour(lambda colour: measures.group(colour, "UnHealthyHostCount", "Minimum"), params["period"])
    queries["most"] = computed("MAX([blue, green])")
    return Watch("unhealthy-hosts", advice.unhealthy(params), queries, "most", ABOVE, 0, 15, 15)


def _by_colour(metric: Any, period: int) -> dict[str, Query]:
    return {colour: measured(metric(colour), period) for colour in COLOURS}


def _ceiling(params: Params, measures: Measures, resource: str) -> Watch:
    """Autoscaling mends a high load while it may add tasks: only a colour that has all of them counts."""
    queries: dict[str, Query] = {}
    for colour in COLOURS:
        queries[f"{colour}_tasks"] = measured(measures.group(colour, "HealthyHostCount", "Maximum"), params["period"])
        queries[f"{colour}_load"] = measured(measures.service(colour, UTILISATION[resource]), params["period"])
        queries[colour] = computed(f"IF({colour}_tasks >= {params['tasks_max']}, {colour}_load, 0)")
    queries["busiest"] = computed("MAX([blue, green])")
    text = advice.ceiling(params, resource)
    return Watch(f"{resource}-ceiling", text, queries, "busiest", ABOVE, params["ceiling_percent"], 10, 15)


def _certificate(params: Params) -> Watch:
    """ACM renews 60 days before the end, and publishes the metric once a day at least."""
    found = [measured(days_to_expiry(arn), DAY) for arn in params["certificate_arns"]]
    queries = {f"certificate{number}": query for number, query in enumerate(found)}
    watched = "certificate0"
    if len(found) > 1:
        queries["days"] = computed(f"MIN([{', '.join(queries)}])")
        watched = "days"
    text = advice.certificate(params)
    return Watch("certificate", text, queries, watched, BELOW, params["certificate_days"], 1, 1)


def _logs(params: Params, measures: Measures) -> list[Watch]:
    """Five periods at once: errors come in bursts. A line that is not there is no data, and that is well."""
    found = []
    for measure, what, text in (
        ("errors", "log-errors", advice.log_errors(params)),
        ("database", "database-unreachable", advice.database(params)),
    ):
        queries = {measure: measured(measures.log(measure), 5 * params["period"])}
        found.append(Watch(what, text, queries, measure, AT_LEAST, params[f"log_{measure}"], 1, 1))
    return found
