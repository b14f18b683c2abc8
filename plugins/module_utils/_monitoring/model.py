# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the component monitoring consists of. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Ref, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._monitoring import advice
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.alarm import ALARM, COMPOSITE
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.alarms import Watch, hurting, watches
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.board import Board, widgets
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.budget import BUDGET, NOTIFICATIONS
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.dashboard import DASHBOARD
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.measures import Measures
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.metric_filter import FILTER
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.names import (
    LOG_MEASURES,
    USERS_HURT,
    alarm_name,
    budget_name,
    dashboard_name,
    filter_name,
    namespace,
    topic_name,
)
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.topic import SUBSCRIPTION, TOPIC, publishers

Params = Mapping[str, Any]
PATTERNS = {"errors": "error_pattern", "database": "database_pattern"}


def wanted(params: Params, scope: Scope) -> list[Wanted]:
    """All resources in the order of use."""
    found = watches(params, _measures(params, scope))
    items = [_topic(params, scope)]
    items += [Wanted(SUBSCRIPTION, address) for address in dict.fromkeys(params["emails"])]
    items += [_filter(params, scope, measure) for measure in LOG_MEASURES]
    items += [_alarm(watch, scope) for watch in found]
    items.append(_composite(found, scope))
    if params["dashboard"]:
        items.append(_dashboard(params, scope, found))
    if params["budget_usd"]:
        items.append(_budget(params, scope))
    return items


def outputs(params: Params, scope: Scope) -> dict[str, Any]:
    """What the component publishes."""
    region = params["account"].region
    console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    board = f"{console}#dashboards/dashboard/{dashboard_name(scope.stack, region)}"
    found = watches(params, _measures(params, scope))
    return {
        "monitoring_topic_arn": Ref(TOPIC, topic_name(scope.stack)),
        "monitoring_alarm_names": [*(alarm_name(scope.stack, watch.what) for watch in found), _hurt_name(scope)],
        "monitoring_dashboard_url": board if params["dashboard"] else "",
    }


def _measures(params: Params, scope: Scope) -> Measures:
    return Measures(scope.stack, params["balancer_arn"], params["target_group_arns"])


def _hurt_name(scope: Scope) -> str:
    return alarm_name(scope.stack, USERS_HURT)


def _topic(params: Params, scope: Scope) -> Wanted:
    """Without a key of AWS's own: CloudWatch and Budgets cannot publish with alias/aws/sns, whose policy is fixed.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    name = topic_name(scope.stack)
    properties = {
        "kms_key": params["kms_key_id"],
        "publishers": publishers(scope.stack, params["account"]),
        "tags": scope.tags(name),
    }
    return Wanted(TOPIC, name, properties)


def _filter(params: Params, scope: Scope, measure: str) -> Wanted:
    """Without a default value: a metric that is 0 all day costs as much as one that is not."""
    properties = {
        "pattern": params[PATTERNS[measure]],
        "metric": f"{namespace(scope.stack)} {measure}",
        "value": "1",
    }
    return Wanted(FILTER, filter_name(scope.stack, measure), properties)


def _alarm(watch: Watch, scope: Scope) -> Wanted:
    name = alarm_name(scope.stack, watch.what)
    properties = {
        "description": watch.description,
        "enabled": True,
        "when_alarm": (_topic_ref(scope),) if watch.tells else (),
        "when_ok": (),
        "queries": watch.queries,
        "watched": watch.watched,
        "comparison": watch.comparison,
        "threshold": float(watch.threshold),
        "breaching": watch.breaching,
        "periods": watch.periods,
        "missing": watch.missing,
        "tags": scope.tags(name),
    }
    return Wanted(ALARM, name, properties)


def _composite(found: Sequence[Watch], scope: Scope) -> Wanted:
    """One message when users notice, whatever they notice, and one when it is over."""
    name = _hurt_name(scope)
    properties = {
        "description": advice.users_hurt(),
        "enabled": True,
        "when_alarm": (_topic_ref(scope),),
        "when_ok": (_topic_ref(scope),),
        "rule": " OR ".join(f'ALARM("{alarm_name(scope.stack, watch.what)}")' for watch in hurting(found)),
        "tags": scope.tags(name),
    }
    return Wanted(COMPOSITE, name, properties)


def _topic_ref(scope: Scope) -> Ref:
    return Ref(TOPIC, topic_name(scope.stack))


def _dashboard(params: Params, scope: Scope, found: Sequence[Watch]) -> Wanted:
    where = params["account"]
    start = f"arn:{where.partition}:cloudwatch:{where.region}:{where.id}:alarm"
    names = [_hurt_name(scope), *(alarm_name(scope.stack, watch.what) for watch in found)]
    board = Board(
        _measures(params, scope),
        where.region,
        [f"{start}:{name}" for name in names],
        params["latency_seconds"],
        params["tasks_min"],
        params["tasks_max"],
        params["distribution_id"],
    )
    name = dashboard_name(scope.stack, where.region)
    return Wanted(DASHBOARD, name, {"widgets": widgets(board), "tags": scope.tags(name)})


def _budget(params: Params, scope: Scope) -> Wanted:
    name = budget_name(scope.stack)
    properties = {
        "limit_usd": params["budget_usd"],
        "costs_of": frozenset({f"user:calstack:stack${scope.stack}"}),
        "tells_at": frozenset(NOTIFICATIONS),
        "tags": scope.tags(name),
    }
    return Wanted(BUDGET, name, properties)
