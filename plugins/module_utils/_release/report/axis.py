# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Where the lines of a plot's axes are. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor, log10

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
"""Seconds between two marks of time that people can count in."""


@dataclass(frozen=True)
class Axis:
    """Maps `low`..`high` to the places `start`..`end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)


def time_marks(start: float, end: float, most: int = 9) -> list[tuple[float, str]]:
    """Moments from `start` to `end` and their time of day in UTC; at most `most` of them, up to about nine days."""
    step = next((step for step in STEPS if (end - start) / step <= most - 1), STEPS[-1])
    first = ceil(start / step)
    form = "%H:%M:%S" if step < 60 else "%H:%M"
    return [
        (float(number * step), datetime.fromtimestamp(number * step, UTC).strftime(form))
        for number in range(first, floor(end / step) + 1)
    ]


def round_up(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0, 20.0) if factor * power >= value)
