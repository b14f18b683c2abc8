# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""How far it is, in a line. Pure: the time is given."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from ansible_collections.calstack.aws.plugins.module_utils._core.screen import Tone

WINDOW = 20.0
"""Seconds over which the rate is measured."""


class Teller(Protocol):
    """Who tells the user: _core.telling has one."""

    def line(self, text: str, tone: Tone = "plain") -> None:
        """A line that stays."""

    def status(self, text: str) -> None:
        """A line that the next one takes the place of."""


class Silent:
    """A teller that nobody listens to."""

    def line(self, text: str, tone: Tone = "plain") -> None: ...
    def status(self, text: str) -> None: ...


@dataclass(frozen=True)
class Count:
    """Documents and bytes."""

    documents: int = 0
    bytes: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.documents + other.documents, self.bytes + other.bytes)


class Meter:
    """The rate and the time left, from counts with their times in seconds."""

    def __init__(self, total: int, window: float = WINDOW) -> None:
        self._total = total
        self._window = window
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, now: float, done: int) -> None:
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > self._window:
            self._seen.popleft()

    @property
    def rate(self) -> float:
        """Documents a second."""
        if len(self._seen) < 2:
            return 0.0
        (first, before), (last, after) = self._seen[0], self._seen[-1]
        return max(0.0, (after - before) / (last - first)) if last > first else 0.0

    @property
    def left(self) -> float | None:
        """Seconds; None: nobody can say."""
        done = self._seen[-1][1] if self._seen else 0
        return max(0, self._total - done) / self.rate if self.rate > 0 else None

    def text(self) -> str:
        done = self._seen[-1][1] if self._seen else 0
        # The total is an estimate: documents come and go meanwhile.
        total = max(self._total, done)
        share = 100 * done // total if total else 100
        left = f", {duration(self.left)} left" if self.left is not None and done < total else ""
        return f"{bar(share)} {share:3d} %  {done:,} of {total:,} documents, {self.rate:,.0f}/s{left}"


def bar(share: int, width: int = 24) -> str:
    full = max(0, min(width, width * share // 100))
    return "█" * full + "░" * (width - full)


def duration(seconds: float) -> str:
    """In the unit that fits."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def size(count: float) -> str:
    """Bytes in the unit that fits (powers of 1024)."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
