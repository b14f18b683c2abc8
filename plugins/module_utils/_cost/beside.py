# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What stands beside the way of a request: secrets, images, releases, alarms, dashboard. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.calstack.aws.plugins.module_utils._cost.allowances import Allowances
from ansible_collections.calstack.aws.plugins.module_utils._cost.bill import Item
from ansible_collections.calstack.aws.plugins.module_utils._cost.model import MONTH_HOURS, Environment
from ansible_collections.calstack.aws.plugins.module_utils._cost.price import PriceBook
from ansible_collections.calstack.aws.plugins.module_utils._cost.spread import Spread, flat

BASE_IMAGE_GB = 0.2
"""The layers that all images share, of python:3.12-slim with the application's requirements."""

WRITES_A_RELEASE = 1_500
METRICS_A_RELEASE = 400
MESSAGES_A_RELEASE = 10
TABLE_GB = 0.05
"""Of a release: records and heartbeats written, metrics read by its gates, messages; and what years of it fill.
Estimates on the high side: an hour of heartbeats each ten seconds is 360 writes, and steps come besides; all cents."""

INSIGHTS_METRICS = Spread(25, 42, 60)
"""Metrics of standard Container Insights: AWS's example counts 8 for a cluster, 6 for a family of task definitions, 11
for a service: one colour 25, both 42; the documentation's list has some more. Not verified on a bill."""

ENHANCED_BASE, ENHANCED_A_TASK = 60, 40
"""Metrics of enhanced Container Insights: cluster and services, and for each task with its container. Not verified."""

INSIGHTS_EVENT_BYTES = 700
"""A performance event a minute for each task, container and service, and for the cluster."""


def store(env: Environment, book: PriceBook, free: Allowances) -> Iterator[Item]:
    kept = env.store
    yield Item("secrets", "secrets", flat(kept.secrets), book["secret_month"])
    # Each start of a task reads each variable; both colours start in a release, and autoscaling starts some more.
    starts = kept.releases * 2 * env.service.tasks + env.service.tasks * 10
    yield Item("secrets", "calls", starts * env.service.secret_variables + 1_000, book["secret_call"])
    yield Item("secrets", "customer-managed keys", flat(kept.customer_keys), book["key_month"])
    images = flat(BASE_IMAGE_GB + kept.images * kept.image_gb if kept.images else 0)
    yield Item("ecr", "images", images, book["image_gb"])
    yield Item("release", "table, writes", kept.releases * WRITES_A_RELEASE, book["table_write"])
    yield Item("release", "table, reads", kept.releases * (2 * WRITES_A_RELEASE), book["table_read"])
    yield Item("release", "table, kept", flat(TABLE_GB), book["table_gb"], free.table_gb)
    yield Item("release", "table, copy of 35 days", flat(TABLE_GB), book["table_backup_gb"])
    yield Item("release", "metrics read by gates", kept.releases * METRICS_A_RELEASE, book["metric_read"])
    told = kept.releases * MESSAGES_A_RELEASE
    yield Item("release", "messages to the topic", told, book["sns_request"], free.sns_requests)
    yield Item("release", "schedules", kept.releases * 4, book["schedule_call"], free.schedule_calls)


def watch(env: Environment, book: PriceBook, free: Allowances) -> Iterator[Item]:
    seen = env.watch
    metrics = flat(seen.alarm_metrics + seen.scaling_alarms)
    yield Item("monitoring", "metrics of alarms, with autoscaling's own", metrics, book["alarm_month"], free.alarms)
    yield Item("monitoring", "composite alarms", flat(seen.composite_alarms), book["composite_alarm_month"])
    yield Item("monitoring", "dashboards", flat(seen.dashboards), book["dashboard_month"], free.dashboards)
    yield Item("monitoring", "metrics of log filters", flat(seen.custom_metrics), book["metric_month"], free.metrics)
    yield Item("monitoring", "e-mails", seen.emails, book["sns_email"], free.emails)
    yield from insights(env, book)


def insights(env: Environment, book: PriceBook) -> Iterator[Item]:
    if env.service.insights == "disabled":
        return
    if env.service.insights == "enhanced":
        metrics = env.service.tasks * ENHANCED_A_TASK + ENHANCED_BASE
        yield Item("monitoring", "Container Insights, enhanced", metrics, book["insights_metric_month"])
        return
    yield Item("monitoring", "Container Insights", INSIGHTS_METRICS, book["metric_month"])
    senders = env.service.tasks * 2 + 3
    events = senders * (MONTH_HOURS * 60 * INSIGHTS_EVENT_BYTES * 1e-9)
    yield Item("monitoring", "Container Insights' events", events, book["log_in_gb"])
