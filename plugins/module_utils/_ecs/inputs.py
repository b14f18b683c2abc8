# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Parameters that cannot be built are refused, by the role's names for them. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._ecs.fargate import check_size
from ansible_collections.calstack.aws.plugins.module_utils._ecs.log_group import RETENTION_DAYS
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import COLOURS, role_name

COLOUR_VARIABLE = "APP_COLOUR"
"""How the application knows which colour it is."""

ROLE_NAME_LENGTH = 64

MADE_BY = {
    "subnet_ids": "vpc",
    "security_group_ids": "vpc",
    "target_group_arns": "alb",
    "repository_uri": "ecr",
    "repository_arn": "ecr",
    "secrets": "secrets",
}
"""By option: the component it comes from."""

RANGES = {
    "port": ("app_port", 1, 65535),
    "tasks_min": ("app_tasks_min", 1, 5000),
    "tasks_max": ("app_tasks_max", 1, 5000),
    "stop_timeout": ("ecs_stop_timeout", 1, 120),
    "health_check_grace_period": ("ecs_health_check_grace_period", 0, 2_147_483_647),
    "cpu_target": ("ecs_cpu_target", 1, 100),
    "memory_target": ("ecs_memory_target", 1, 100),
    "scale_in_cooldown": ("ecs_scale_in_cooldown", 0, 86_400),
    "scale_out_cooldown": ("ecs_scale_out_cooldown", 0, 86_400),
    "wait_seconds": ("ecs_wait_seconds", 0, 86_400),
}
"""By option: the role's variable, the least and the greatest value."""


def check(params: Mapping[str, Any], stack: str, region: str) -> None:
    """Raise InputError for the first thing that cannot be."""
    check_size(params["cpu"], params["memory"])
    for option, (variable, least, greatest) in RANGES.items():
        if not least <= params[option] <= greatest:
            raise InputError(f"{variable} is {params[option]}; it must be from {least} to {greatest}.")
    if params["tasks_min"] > params["tasks_max"]:
        raise InputError(f"app_tasks_min is {params['tasks_min']}, more than app_tasks_max, {params['tasks_max']}.")
    if params["log_retention_days"] not in RETENTION_DAYS:
        days = ", ".join(str(value) for value in RETENTION_DAYS)
        raise InputError(
            f"ecs_log_retention_days is {params['log_retention_days']}; CloudWatch Logs keeps for one of these: {days}."
        )
    if len(name := role_name(stack, region, "execution")) > ROLE_NAME_LENGTH:
        raise InputError(
            f"{name} is {len(name)} long, and IAM's limit is {ROLE_NAME_LENGTH}: shorten app_name or env_name."
        )
    _check_network(params)
    _check_variables(params)


def refuse_unknown(params: Mapping[str, Any]) -> None:
    """Raise InputError for an input that another component has only planned to make."""
    for option, component in MADE_BY.items():
        if KNOWN_AFTER_APPLY in json.dumps(params[option]):
            raise InputError(
                f"ecs_{option} is {KNOWN_AFTER_APPLY}: {component} has only been planned. "
                f"Run site.yml without --check, or with --limit {component} first."
            )


def _check_network(params: Mapping[str, Any]) -> None:
    if missing := [colour for colour in COLOURS if not params["target_group_arns"].get(colour)]:
        raise InputError(
            f"ecs_target_group_arns has none for {' and '.join(missing)}: run the component alb first, or give both."
        )
    for option in ("subnet_ids", "security_group_ids", "repository_uri", "repository_arn"):
        if not params[option]:
            raise InputError(f"ecs_{option} is empty: run the component {MADE_BY[option]} first, or give it.")


def _check_variables(params: Mapping[str, Any]) -> None:
    """Also the values of secrets: value_from refuses what is none."""
    environment, secrets = params["environment"], params["secrets"]
    for name in (*environment, *secrets):
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name, re.ASCII):
            raise InputError(f"app_environment, app_secrets: {name!r} cannot be the name of an environment variable.")
    if twice := sorted(environment.keys() & secrets.keys()):
        raise InputError(f"both in app_environment and among the secrets: {', '.join(twice)}. ECS takes a name once.")
    if COLOUR_VARIABLE in environment or COLOUR_VARIABLE in secrets:
        raise InputError(f"{COLOUR_VARIABLE} is the deployment's own: call yours something else.")
    for name, secret in secrets.items():
        value_from(name, secret)


def value_from(name: str, secret: Any) -> str:
    """ECS's valueFrom of a secret, given as ARN (whose key is then `name`) or as {secret: ARN, key: KEY}."""
    given = {"secret": secret} if isinstance(secret, str) else secret
    if not isinstance(given, Mapping) or not given.get("secret") or given.keys() - {"secret", "key"}:
        raise InputError(
            f"ecs_secrets: {name} must be a secret's ARN, or have secret (its ARN) and key. "
            f"The ARNs come from the component secrets: run it first, or give ecs_secret_arns."
        )
    return f"{given['secret']}:{given.get('key') or name}::"


def as_text(value: Any) -> str:
    """An environment variable's value: YAML's true is true, not Python's True."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
