# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The parameters of ecs_blue_green, read once: what cannot be is said before a single call. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._release import commit, notify, steps
from ansible_collections.calstack.aws.plugins.module_utils._release.gates import config
from ansible_collections.calstack.aws.plugins.module_utils._release.model import OneOff, Pace, Step

LEAST_DEAD_MAN = 120.0
"""EventBridge Scheduler is exact to a minute: https://docs.aws.amazon.com/scheduler/latest/UserGuide/what-is-scheduler.html"""
LEAST_LEASE = 2.0
LONGEST_STICKINESS = 604800
"""Seconds: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupStickinessConfig.html"""
NAME = 20
"""Characters of a one-off task's name: with the release's id it goes into ECS's `startedBy`, which takes 36."""


@dataclass(frozen=True)
class Inputs:
    environment: str
    stack: str
    state: str
    image: str
    commit: str
    label: str
    to: str
    stable_colour: str
    steps: tuple[Step, ...]
    gates: config.Gates
    raw_gates: Mapping[str, Any]
    pace: Pace
    one_offs: tuple[OneOff, ...]
    lease: float
    topic_arn: str
    webhook: str
    report_dir: str
    progress_file: str


def parse(params: Mapping[str, Any]) -> Inputs:
    """Raises InputError.

    Strategy, gates, one-off tasks and webhook are looked at only for a new release: what is under way has those it
    began with, and a way back has none and must not fail for want of them.
    """
    released = params["state"] == "released"
    if params["to"] and params["state"] != "rolled_back":
        raise InputError(f"release_to is for going back, but release_goal is {params['state']}: leave one of them out.")
    if released:
        notify.check(params["webhook"] or "")
        commit.check(params["image"], params["commit"])
    raw_gates = dict(params["gates"] or {}) if released else {}
    return Inputs(
        environment=params["environment_name"],
        stack=params["stack_name"],
        state=params["state"],
        image=params["image"],
        commit=params["commit"],
        label=params["label"],
        to=params["to"],
        stable_colour=params["stable_colour"] or "",
        steps=steps.parse(params["strategy"]) if released else (),
        gates=config.parse(raw_gates),
        raw_gates=raw_gates,
        pace=_pace(params, released),
        one_offs=_one_offs(params["one_off_tasks"] or ()) if released else (),
        lease=_at_least("lease", params["lease"], LEAST_LEASE),
        topic_arn=params["topic_arn"],
        webhook=params["webhook"] or "",
        report_dir=params["report_dir"] or "",
        progress_file=params["progress_file"] or "",
    )


def _pace(params: Mapping[str, Any], released: bool) -> Pace:
    pace = Pace(**{item.name: _at_least(item.name, params[item.name], 0) for item in fields(Pace)})
    if pace.rollback_timeout <= pace.capacity_wait:
        raise InputError(
            f"release_rollback_timeout is {pace.rollback_timeout:g} and release_capacity_wait is "
            f"{pace.capacity_wait:g}: a rollback would give up before it has sent anybody back. Give the timeout more "
            f"seconds than the wait."
        )
    if released:
        _schedulable(pace)
    return pace


def _schedulable(pace: Pace) -> None:
    """What the dead-man switch and the shift can do."""
    if 0 < pace.dead_man < LEAST_DEAD_MAN:
        raise InputError(
            f"release_dead_man is {pace.dead_man:g}, but the scheduler is exact to a minute only: give at least "
            f"{LEAST_DEAD_MAN:g} seconds, or 0 for none."
        )
    if pace.pause_limit < LEAST_DEAD_MAN:
        raise InputError(
            f"release_pause_limit is {pace.pause_limit:g}, but the scheduler that ends a pause is exact to a minute "
            f"only: give at least {LEAST_DEAD_MAN:g} seconds."
        )
    if pace.stickiness > LONGEST_STICKINESS:
        raise InputError(
            f"release_stickiness is {pace.stickiness}, but the balancer keeps a user for at most {LONGEST_STICKINESS} "
            f"seconds (a week): give that or less, or 0 for none."
        )


def _at_least(name: str, value: Any, least: float) -> Any:
    if not least <= value < float("inf"):
        raise InputError(f"release_{name} is {value:g}: give a number from {least:g}.")
    return value


def _one_offs(raw: Any) -> tuple[OneOff, ...]:
    found: dict[str, OneOff] = {}
    for number, item in enumerate(raw):
        name, where = item["name"], f"release_one_off_tasks[{number}]"
        if not name.replace("-", "").isalnum() or not name.isascii() or len(name) > NAME:
            raise InputError(f"{where}.name is {name!r}: give up to {NAME} letters, digits and hyphens.")
        if name in found:
            raise InputError(f"{where}.name is {name!r}, as of one before it: each needs a name of its own.")
        if not item["command"]:
            raise InputError(
                f"{where}.command is empty: give the words of a command, for example [flask, db, upgrade]."
            )
        timeout = _at_least(f"one_off_tasks[{number}].timeout", item.get("timeout") or 900.0, 1)
        found[name] = OneOff(name, tuple(item["command"]), timeout)
    return tuple(found.values())
