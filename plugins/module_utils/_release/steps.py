# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Strategies are lists of steps. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release, Step

MANUAL = "manual"
BEFORE_THE_END = frozenset(
    {Phase.PREPARE, Phase.START, Phase.HEALTHY, Phase.SMOKE, Phase.SHIFT, Phase.ANALYSE, Phase.BAKE, Phase.PAUSED}
)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


WEIGHT = 10
"""Per cent of a canary that names none."""
STEP = 20
"""Per cent that each step of a linear strategy has more, where it names none."""
_BELONGS_TO = {"weight": "canary", "step": "linear", "steps": "steps"}


def parse(strategy: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps of `strategy` as the module documents it; the last one always has all the weight.

    Raises InputError, also for what another type takes: it would change nothing, and somebody has meant it.
    """
    kind = strategy["type"]
    for name, owner in _BELONGS_TO.items():
        if strategy.get(name) is not None and kind != owner:
            raise InputError(
                f"release_strategy.{name} is given, but release_strategy.type is {kind}, which takes none: give "
                f"type: {owner}, or leave {name} out."
            )
    final = Step(100, _seconds("final_bake", strategy["final_bake"]))
    bake = _seconds("bake", strategy["bake"])
    if kind == "all_at_once":
        return (final,)
    if kind == "canary":
        return Step(_between("weight", _or(strategy.get("weight"), WEIGHT), 1, 99), bake), final
    if kind == "linear":
        size = _between("step", _or(strategy.get("step"), STEP), 1, 99)
        return (*(Step(weight, bake) for weight in range(size, 100, size)), final)
    return _own(strategy.get("steps") or [], final)


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _own(raw: Sequence[Mapping[str, Any]], final: Step) -> tuple[Step, ...]:
    if not raw:
        raise InputError(
            "release_strategy.steps is empty, but release_strategy.type is steps: list what you want, for example "
            "[{weight: 5, bake: 300}, {weight: 50, bake: 300}]."
        )
    steps = tuple(_step(number, item) for number, item in enumerate(raw))
    for number, (before, after) in enumerate(pairwise(steps), 1):
        if after.weight <= before.weight:
            raise InputError(
                f"release_strategy.steps[{number}].weight is {after.weight}, but the step before has {before.weight} "
                f"already: weights must grow."
            )
    return steps if steps[-1].weight == 100 else (*steps, final)


def _step(number: int, raw: Mapping[str, Any]) -> Step:
    where = f"steps[{number}]."
    pause = raw.get("pause") or ""
    if pause and pause != MANUAL and not _CLOCK.fullmatch(pause):
        raise InputError(
            f"release_strategy.{where}pause is {pause!r}: give manual (until somebody promotes) or a time of day in "
            f'UTC, for example "09:00" in quotes.'
        )
    weight = _between(f"{where}weight", raw["weight"], 0, 100)
    return Step(weight, _seconds(f"{where}bake", raw.get("bake") or 0.0), pause)


def _between(name: str, value: int, least: int, greatest: int) -> int:
    if not least <= value <= greatest:
        raise InputError(f"release_strategy.{name} is {value}: give a per cent from {least} to {greatest}.")
    return value


def _seconds(name: str, value: float) -> float:
    if not 0 <= value < float("inf"):
        raise InputError(f"release_strategy.{name} is {value}: give a number of seconds from 0.")
    return float(value)


def next_rung(steps: Sequence[Step], weight: int) -> int:
    """The index of the smallest step above `weight`, or of the last one: so a weight set by hand is handled too."""
    return next((index for index, step in enumerate(steps) if step.weight > weight), len(steps) - 1)


def pause_over(pause: str, baked_at: float) -> float:
    """When a pause until "HH:MM" (UTC) ends: the first such time after `baked_at`; `baked_at` where there is none."""
    if not _CLOCK.fullmatch(pause):
        return baked_at
    moment = datetime.fromtimestamp(baked_at, UTC)
    hour, minute = (int(part) for part in pause.split(":"))
    end = moment.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (end if end >= moment else end + timedelta(days=1)).timestamp()


def remaining(release: Release, now: float) -> float:
    """Seconds until the release can be through: the bakes that are left, nothing extended or paused."""
    if release.phase not in BEFORE_THE_END:
        return 0.0
    left = sum(step.bake for step in release.steps[release.step + 1 :])
    step = release.steps[release.step]
    if release.phase not in (Phase.ANALYSE, Phase.BAKE):
        return left + step.bake
    return left + max(0.0, release.since + step.bake * (1 + release.extended) - now)
