# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Many probes in few numbers: a report of an hour has 7,200 of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import get_args

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Route, Sample

SLOTS = 160
"""Points a route has at most: about what a plot's width can show."""


@dataclass(frozen=True)
class Answers:
    """The probes of one route in a slot of time around `at`; latencies in seconds, None where all failed."""

    at: float
    asked: int
    failed: int
    median: float | None
    slowest: float | None


@dataclass(frozen=True)
class Wrong:
    """What was wrong with `times` probes of a route between `first` and `last`."""

    route: str
    words: str
    times: int
    first: float
    last: float


def answers(samples: Sequence[Sample], start: float, end: float) -> Mapping[Route, tuple[Answers, ...]]:
    """The probes from `start` to `end` by route, in slots of equal length; slots without a probe are left out."""
    length = max((end - start) / SLOTS, 1.0)
    slots: dict[tuple[Route, int], list[Sample]] = {}
    for sample in samples:
        if start <= sample.at <= end:
            slots.setdefault((sample.route, int((sample.at - start) / length)), []).append(sample)
    return {
        route: tuple(
            _answers(start + (number + 0.5) * length, slots[of, number]) for of, number in sorted(slots) if of == route
        )
        for route in get_args(Route)
    }


def wrong_answers(samples: Sequence[Sample]) -> tuple[Wrong, ...]:
    """The failed probes, the same words of a route together, in the order of their first."""
    found: dict[tuple[str, str], list[float]] = {}
    for sample in sorted(samples, key=lambda sample: sample.at):
        if not sample.ok:
            found.setdefault((sample.route, sample.words), []).append(sample.at)
    return tuple(Wrong(route, words, len(at), at[0], at[-1]) for (route, words), at in found.items())


def _answers(at: float, samples: Sequence[Sample]) -> Answers:
    right = [sample.seconds for sample in samples if sample.ok]
    return Answers(
        at,
        asked=len(samples),
        failed=len(samples) - len(right),
        median=median(right) if right else None,
        slowest=max(right, default=None),
    )
