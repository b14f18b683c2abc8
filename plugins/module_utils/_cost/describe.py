# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""From the module's options to an environment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._cost.model import (
    MONTH_HOURS,
    Balancer,
    Database,
    Edge,
    Environment,
    Network,
    Service,
    Store,
    Traffic,
    Watch,
)
from ansible_collections.calstack.aws.plugins.module_utils._cost.spread import Spread, parse

PARTS = {
    "network": Network,
    "service": Service,
    "balancer": Balancer,
    "edge": Edge,
    "database": Database,
    "watch": Watch,
    "store": Store,
    "traffic": Traffic,
}

VARIABLES = {
    "service.tasks": "cost_tasks",
    "database.data_gb": "cost_data_gb",
    "store.releases": "cost_releases",
    "traffic.requests": "cost_traffic.requests",
    "traffic.flow_log_base_gb": "cost_traffic.flow_log_base_gb",
}
"""What playbooks/cost.yml calls the options that are a spread."""

BUSY = 3.0
"""A busy hour has about this many times the month's mean; autoscaling follows it up and down."""

REQUESTS_A_VCPU_SECOND = 40.0
"""What a vCPU answers in a second at autoscaling's target, for an application like CalStack: 10 a task of 0.25 vCPU."""


def describe(name: str, region: str, params: Mapping[str, Any]) -> Environment:
    """`params` has a mapping for each of PARTS. Raises InputError naming the variable."""
    given = {part: _part(part, kind, params.get(part) or {}) for part, kind in PARTS.items()}
    service = params.get("service") or {}
    env = Environment(name, region, **given)
    _check(env)
    if service.get("tasks") is not None:
        return env
    least, most = env.service.tasks_min, service.get("tasks_max") or env.service.tasks_min
    if most < least:
        raise InputError(f"app_tasks_max is {most}, which is less than app_tasks_min, {least}.")
    return Environment(name, region, **{**given, "service": _with_tasks(env, least, most)})


def tasks_for(env: Environment, least: int, most: int) -> Spread:
    """The mean number of tasks that the traffic needs, within autoscaling's bounds."""
    capacity = REQUESTS_A_VCPU_SECOND * env.service.cpu / 1024
    needed = env.origin_requests * (BUSY / (MONTH_HOURS * 3600 * capacity))
    return needed.each(lambda count: min(max(count, least), most))


def _with_tasks(env: Environment, least: int, most: int) -> Service:
    given = {item.name: getattr(env.service, item.name) for item in fields(Service)}
    return Service(**{**given, "tasks": tasks_for(env, least, most)})


def _part(part: str, kind: Any, given: Mapping[str, Any]) -> Any:
    known = {item.name: item.type for item in fields(kind)}
    values = {key: value for key, value in given.items() if value is not None and key in known}
    for key, value in values.items():
        if known[key] == "Spread":
            option = f"{part}.{key}"
            values[key] = parse(VARIABLES.get(option, option), value)
    return kind(**values)


def _check(env: Environment) -> None:
    """Everything that would make a bill nonsense."""
    checks = {
        f"vpc_zone_count is {env.network.zones}: there must be at least one zone": env.network.zones >= 1,
        f"cost_traffic.static_share is {env.traffic.static_share:g}: it must be from 0 to 1": 0
        <= env.traffic.static_share
        <= 1,
        f"cost_spot_share is {env.service.spot_share:g}: it must be from 0 to 1": 0 <= env.service.spot_share <= 1,
        f"app_cpu is {env.service.cpu} and app_memory {env.service.memory}: both must be above zero": (
            env.service.cpu > 0 and env.service.memory > 0
        ),
        f"alb_health_check_interval is {env.balancer.health_check_interval}: it must be above zero": (
            env.balancer.health_check_interval > 0
        ),
        **_not_negative(env),
    }
    for words, right in checks.items():
        if not right:
            raise InputError(f"{words}.")


def _not_negative(env: Environment) -> dict[str, bool]:
    return {
        f"{part}.{item.name} is {value}: it cannot be below zero": value >= 0
        for part, kind in PARTS.items()
        for item in fields(kind)
        for value in [getattr(getattr(env, part), item.name)]
        if isinstance(value, int | float)
    }
