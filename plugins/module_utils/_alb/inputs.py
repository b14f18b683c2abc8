# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Whether the parameters make sense by themselves, before anybody is asked. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import ORIGIN_HEADER

NAME_LENGTH = 32
"""Of load balancers and target groups."""

RANGES = {
    "port": (1, 65535),
    "idle_timeout": (1, 4000),
    "health_check_interval": (5, 300),
    "health_check_timeout": (2, 120),
    "healthy_threshold": (2, 10),
    "unhealthy_threshold": (2, 10),
    "deregistration_delay": (0, 3600),
    "production_priority": (1, 50000),
    "test_priority": (1, 50000),
}
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html and its siblings."""

_NAME = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_CODES = re.compile(r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}")


def check(params: Mapping[str, Any], names: Iterable[str]) -> None:
    """Raises InputError that names the role's variable. `names` are those that AWS limits."""
    _names(names)
    for key in ("vpc_id", "subnet_ids", "security_group_id"):
        if not params[key]:
            raise InputError(
                f"alb_{key} is empty: nothing of that kind was given or found. The component vpc publishes it: "
                f"run site.yml --limit vpc first, or give alb_{key}."
            )
    for key, (least, most) in RANGES.items():
        if not least <= params[key] <= most:
            raise InputError(f"alb_{key} is {params[key]}: AWS takes {least} to {most}.")
    _health_check(params)
    _rules(params)
    if params["access_logs_prefix"] and not params["access_logs_bucket"]:
        raise InputError("alb_access_logs_prefix is given without alb_access_logs_bucket: name the bucket too.")


def _names(names: Iterable[str]) -> None:
    for name in names:
        if len(name) > NAME_LENGTH:
            raise InputError(
                f"{name} has {len(name)} characters, but AWS takes at most {NAME_LENGTH} in the name of a load "
                f"balancer or target group: shorten app_name or env_name by {len(name) - NAME_LENGTH}."
            )
        if not _NAME.fullmatch(name) or name.startswith("internal-"):
            raise InputError(
                f"{name} cannot name a load balancer or target group: only letters, digits and single hyphens, and "
                f"not starting with internal-. Change app_name or env_name."
            )


def _health_check(params: Mapping[str, Any]) -> None:
    interval, timeout = params["health_check_interval"], params["health_check_timeout"]
    if timeout >= interval:
        raise InputError(
            f"alb_health_check_timeout is {timeout} and alb_health_check_interval {interval}: "
            f"the time-out must be the shorter one."
        )
    path = params["health_check_path"]
    if not path.startswith("/") or len(path) > 1024:
        raise InputError(f"alb_health_check_path is {path!r}: it must start with / and have at most 1024 characters.")
    codes = params["health_check_matcher"]
    ends = (
        [tuple(int(code) for code in item.split("-")) for item in codes.split(",")] if _CODES.fullmatch(codes) else []
    )
    if not ends or any(min(pair) < 200 or max(pair) > 499 or pair[0] > pair[-1] for pair in ends):
        raise InputError(
            f"alb_health_check_matcher is {codes!r}: give codes from 200 to 499, as 200, 200,302 or 200-399."
        )


def _rules(params: Mapping[str, Any]) -> None:
    test, production = params["test_priority"], params["production_priority"]
    if test >= production:
        raise InputError(
            f"alb_test_priority is {test} and alb_production_priority {production}: the test rule must have the "
            f"smaller number, or the production rule, which matches every path, hides it."
        )
    header = params["test_header"]
    if not _HEADER.fullmatch(header["name"]) or header["name"].lower() == "host":
        raise InputError(
            f"alb_test_header.name is {header['name']!r}: give the name of an HTTP header other than Host, of at most "
            f"40 characters."
        )
    if header["name"].lower() == ORIGIN_HEADER.lower():
        raise InputError(
            f"alb_test_header.name is {header['name']}, by which the balancer knows the edge: give another one."
        )
    values = header["values"]
    if not 1 <= len(values) <= 3 or not all(1 <= len(value) <= 128 for value in values):
        raise InputError("alb_test_header.values: give one to three values of 1 to 128 characters each.")
    if "*" in values:
        raise InputError(
            "alb_test_header.values contains *, which sends every request with that header to the candidate."
        )
