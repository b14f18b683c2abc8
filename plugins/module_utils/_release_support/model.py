# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the component release consists of. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY, Ref, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import COLOURS
from ansible_collections.calstack.aws.plugins.module_utils._release_support.names import (
    ROLE_POLICY,
    group_name,
    role_name,
    table_name,
    topic_name,
)
from ansible_collections.calstack.aws.plugins.module_utils._release_support.permissions import schedule_policy, trust

TABLE = "table"
TOPIC = "topic"
ROLE = "role"
GROUP = "schedule group"

Params = Mapping[str, Any]

KEYS = ("pk HASH S", "sk RANGE S")
"""The table's key: attribute, part and type."""

TOPIC_KEY = "alias/aws/sns"
"""AWS's own key for SNS: it costs nothing by the month and lets every identity of the account publish that may.

AWS services (alarms, schedules) cannot publish with it; only a release's controller publishes here.
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""

ROLE_NAME_LENGTH = 64
"""IAM's limit, and EventBridge Scheduler's for the group."""

MADE_BY = {"rule_arn": "alb", "service_arns": "ecs"}
"""By option: the component it comes from."""


def check(params: Params, stack: str, region: str) -> None:
    """Raise InputError for the first thing that cannot be."""
    if len(name := role_name(stack, region)) > ROLE_NAME_LENGTH:
        raise InputError(
            f"{name} is {len(name)} long, and IAM's limit is {ROLE_NAME_LENGTH}: shorten app_name or env_name."
        )
    if not params["rule_arn"]:
        raise InputError("release_rule_arn is empty: run the component alb first, or give the production rule's ARN.")
    if missing := [colour for colour in COLOURS if not params["service_arns"].get(colour)]:
        raise InputError(
            f"release_service_arns has none for {' and '.join(missing)}: run the component ecs first, or give both."
        )


def refuse_unknown(params: Params) -> None:
    """Raise InputError for an input that another component has only planned to make."""
    for option, component in MADE_BY.items():
        if KNOWN_AFTER_APPLY in json.dumps(params[option]):
            raise InputError(
                f"release_{option} is {KNOWN_AFTER_APPLY}: {component} has only been planned. "
                f"Run site.yml without --check, or with --limit {component} first."
            )


def wanted(params: Params, scope: Scope) -> list[Wanted]:
    """All resources in the order of use."""
    return [_table(params, scope), _topic(scope), _role(params, scope), _group(scope)]


def outputs(params: Params, scope: Scope) -> dict[str, Any]:
    """What the component publishes."""
    return {
        "release_table_name": table_name(scope.stack),
        "release_topic_arn": Ref(TOPIC, topic_name(scope.stack)),
        "release_schedule_role_arn": Ref(ROLE, role_name(scope.stack, params["account"].region), "arn"),
        "release_schedule_group_name": group_name(scope.stack),
    }


def _table(params: Params, scope: Scope) -> Wanted:
    """Encrypted as every DynamoDB table is, with AWS's own key: the records hold no secrets."""
    name = table_name(scope.stack)
    properties = {
        "keys": KEYS,
        "billing_mode": "PAY_PER_REQUEST",
        "point_in_time_recovery": True,
        "deletion_protection": params["deletion_protection"],
        "tags": scope.tags(name),
    }
    return Wanted(TABLE, name, properties)


def _topic(scope: Scope) -> Wanted:
    name = topic_name(scope.stack)
    return Wanted(TOPIC, name, {"kms_key": TOPIC_KEY, "tags": scope.tags(name)})


def _role(params: Params, scope: Scope) -> Wanted:
    account = params["account"]
    name = role_name(scope.stack, account.region)
    services = [params["service_arns"][colour] for colour in COLOURS]
    properties = {
        "tags": scope.tags(name),
        "trust": trust(account, group_name(scope.stack)),
        "inline": {ROLE_POLICY: schedule_policy(account, params["rule_arn"], services)},
        "attached": frozenset(),
    }
    return Wanted(ROLE, name, properties)


def _group(scope: Scope) -> Wanted:
    name = group_name(scope.stack)
    return Wanted(GROUP, name, {"tags": scope.tags(name)})
