# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Whether the parameters make sense, before anything is asked or changed. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import COLOURS

Params = Mapping[str, Any]

MADE_BY = {
    "balancer_arn": "alb",
    "target_group_arns": "alb",
    "certificate_arns": "dns",
    "distribution_id": "dns",
}
"""By option: the component it comes from."""

LEAST = {
    "minimum_requests": 1,
    "tasks_min": 0,
    "tasks_max": 1,
    "certificate_days": 1,
    "log_errors": 1,
    "log_database": 1,
    "budget_usd": 0,
}
PERCENTAGES = ("error_percent", "ceiling_percent")
PATTERN_LENGTH = 1024
"""CloudWatch Logs' limit."""
LONGEST_PERIOD = 3600
"""Seconds: 15 of the longest are still within the day that CloudWatch looks back for an alarm."""

_ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def check(params: Params) -> None:
    """Raise InputError for the first thing that cannot be."""
    if not params["balancer_arn"]:
        raise InputError("monitoring_balancer_arn is empty: run the component alb first, or give the balancer's ARN.")
    if missing := [colour for colour in COLOURS if not params["target_group_arns"].get(colour)]:
        raise InputError(
            f"monitoring_target_group_arns has none for {' and '.join(missing)}: run the component alb first, "
            f"or give both."
        )
    for address in params["emails"]:
        if not _ADDRESS.fullmatch(address):
            raise InputError(f"monitoring_emails: {address!r} is no address of mail. Give for example ana@example.com.")
    _numbers(params)
    for key in ("error_pattern", "database_pattern"):
        if not 0 < len(params[key]) <= PATTERN_LENGTH:
            raise InputError(
                f"monitoring_{key} has {len(params[key])} characters: CloudWatch Logs takes up to {PATTERN_LENGTH}, "
                f"and an empty one would count every line."
            )


def _numbers(params: Params) -> None:
    for key, least in LEAST.items():
        if params[key] < least:
            raise InputError(f"monitoring_{key} is {params[key]:g}: give at least {least}.")
    for key in PERCENTAGES:
        if not 0 < params[key] < 100:
            raise InputError(f"monitoring_{key} is {params[key]:g}: give per cent, more than 0 and less than 100.")
    if params["latency_seconds"] <= 0:
        raise InputError(f"monitoring_latency_seconds is {params['latency_seconds']:g}: give more than 0 seconds.")
    if params["tasks_max"] < params["tasks_min"]:
        raise InputError(
            f"monitoring_tasks_max is {params['tasks_max']} and monitoring_tasks_min {params['tasks_min']}: "
            f"the larger one comes from app_tasks_max."
        )
    period = params["period"]
    if period > LONGEST_PERIOD or (period not in (10, 20, 30) and (period < 60 or period % 60)):
        raise InputError(f"monitoring_period is {period}: CloudWatch takes 10, 20, 30, or whole minutes up to an hour.")


def refuse_unknown(params: Params) -> None:
    """Raise InputError for an input that another component has only planned to make."""
    for option, component in MADE_BY.items():
        if KNOWN_AFTER_APPLY in json.dumps(params[option]):
            raise InputError(
                f"monitoring_{option} is {KNOWN_AFTER_APPLY}: {component} has only been planned. "
                f"Run site.yml without --check, or with --limit {component} first."
            )
