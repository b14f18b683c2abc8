# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the resources of the component are called. Pure."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._ecs.permissions import Account

USERS_HURT = "users-hurt"
LOG_MEASURES = ("errors", "database")
"""What is counted in the tasks' log: each a metric filter, and a metric of the same name in the stack's namespace."""


def topic_name(stack: str) -> str:
    return f"{stack}-alarms"


def topic_arn(stack: str, where: Account) -> str:
    return f"arn:{where.partition}:sns:{where.region}:{where.id}:{topic_name(stack)}"


def alarm_name(stack: str, what: str) -> str:
    return f"{stack}-{what}"


def filter_name(stack: str, measure: str) -> str:
    return f"{stack}-{measure}"


def namespace(stack: str) -> str:
    """Of the metrics that are counted in logs."""
    return stack


def dashboard_name(stack: str, region: str) -> str:
    """CloudWatch shows a dashboard in every region, and its metrics are of one of them."""
    return f"{stack}-{region}"


def budget_name(stack: str) -> str:
    """Known to the whole account, as its costs are."""
    return stack
