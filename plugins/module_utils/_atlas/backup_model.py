# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A cluster's backup schedule. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Wanted

KIND = "backup schedule"
HIGHEST = {"hourly": 12, "daily": 1, "weekly": 7, "monthly": 40, "yearly": 12}
"""The largest interval: hours between, 1, day of the week, day of the month (40: its last), month of the year."""

UNITS = ("days", "weeks", "months", "years")
NUMBERS = {
    "restore_window_days": ("restoreWindowDays", 1, 365),
    "reference_hour_of_day": ("referenceHourOfDay", 0, 23),
    "reference_minute_of_hour": ("referenceMinuteOfHour", 0, 59),
}
"""Atlas's name of each, the least and the most."""


def wanted(params: Mapping[str, Any]) -> list[Wanted]:
    """What is asked for of the schedule: what is left out stays as it is. Raises InputError."""
    properties: dict[str, Any] = {}
    for name, (_field, least, most) in NUMBERS.items():
        if (number := params[name]) is not None:
            if not least <= number <= most:
                raise InputError(f"{name} is {number}: it goes from {least} to {most}.")
            properties[name] = number
    if params["policies"] is not None:
        properties["policies"] = _policies(params["policies"])
    if not properties:
        raise InputError(f"nothing is asked of the backup schedule: give policies, {', '.join(NUMBERS)}.")
    return [Wanted(KIND, params["cluster_name"], properties)]


def _policies(given: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """How long each is kept, by how often it is made: {"daily 1": "7 days"}."""
    if not given:
        raise InputError("policies is empty: a schedule makes at least one kind of backup.")
    for policy in given:
        _refuse(policy)
    times = Counter(_often(policy) for policy in given)
    if twice := [often for often, count in times.items() if count > 1]:
        raise InputError(f"policies has {twice[0]} twice: how long is it to be kept?")
    return {_often(policy): f"{policy['retention_value']} {policy['retention_unit']}" for policy in given}


def _refuse(policy: Mapping[str, Any]) -> None:
    kind, interval = policy["frequency_type"], policy["frequency_interval"]
    if not 1 <= interval <= HIGHEST[kind]:
        raise InputError(f"frequency_interval of a {kind} policy is {interval}: it goes from 1 to {HIGHEST[kind]}.")
    if policy["retention_value"] < 1:
        raise InputError(f"retention_value of the policy {_often(policy)} is {policy['retention_value']}: at least 1.")


def _often(policy: Mapping[str, Any]) -> str:
    return f"{policy['frequency_type']} {policy['frequency_interval']}"


def properties_of(schedule: Mapping[str, Any]) -> dict[str, Any]:
    """A schedule as Atlas describes it, in the words of `wanted`."""
    numbers = {name: schedule.get(field) for name, (field, _least, _most) in NUMBERS.items()}
    policies = {
        f"{item['frequencyType']} {item['frequencyInterval']}": f"{item['retentionValue']} {item['retentionUnit']}"
        for policy in schedule.get("policies") or []
        for item in policy.get("policyItems") or []
    }
    return {**numbers, "policies": policies}


def request(schedule: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """The body that brings `changed` about. Atlas names a policy and its items by the ids that `schedule` has."""
    body: dict[str, Any] = {NUMBERS[name][0]: changed[name] for name in NUMBERS if name in changed}
    if "policies" in changed:
        policies = schedule.get("policies") or [{}]
        ids = {
            f"{item['frequencyType']} {item['frequencyInterval']}": item["id"]
            for item in policies[0].get("policyItems") or []
            if item.get("id")
        }
        items = [_item(often, keep, ids) for often, keep in changed["policies"].items()]
        body["policies"] = [{**({"id": policies[0]["id"]} if "id" in policies[0] else {}), "policyItems": items}]
    return body


def _item(often: str, keep: str, ids: Mapping[str, str]) -> dict[str, Any]:
    kind, interval = often.split()
    value, unit = keep.split()
    item = {
        "frequencyType": kind,
        "frequencyInterval": int(interval),
        "retentionUnit": unit,
        "retentionValue": int(value),
    }
    return {**({"id": ids[often]} if often in ids else {}), **item}
