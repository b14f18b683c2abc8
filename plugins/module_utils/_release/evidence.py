# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What is known of the candidate since a moment, and what a gate makes of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["pass", "fail", "inconclusive"]
Route = Literal["candidate", "production"]
"""How a probe went in: by the test rule, so always to the candidate; or as users do."""


@dataclass(frozen=True)
class Verdict:
    """What one gate says, and why, in words for people."""

    gate: str
    outcome: Outcome
    words: str


@dataclass(frozen=True)
class Sample:
    """One probe. `seconds` is how long the answer took; `words` says what was wrong, empty when nothing was."""

    at: float
    route: Route
    path: str
    ok: bool
    status: int | None
    seconds: float
    words: str = ""


@dataclass(frozen=True)
class Traffic:
    """A colour's requests as CloudWatch counts them, summed over the periods that lie wholly after `since`.

    `p95` in seconds, None without data. `until` is the end of the last period that had data, 0 without any.
    `unanswered`: those of the errors that no target has answered.
    """

    requests: int = 0
    errors: int = 0
    p95: float | None = None
    until: float = 0.0
    unanswered: int = 0
    recent: Traffic | None = None
    """The same of the newest periods, None while there are no others."""


@dataclass(frozen=True)
class Evidence:
    """Everything the gates look at, all of it from `since` on.

    `metrics` are the user's own, by name: the values per period, oldest first. `alarms`: state by name.
    """

    since: float
    samples: tuple[Sample, ...] = ()
    stable: Traffic = Traffic()
    candidate: Traffic = Traffic()
    metrics: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    alarms: Mapping[str, str] = field(default_factory=dict)
    baseline: Traffic = Traffic()
    """Stable's from before the shift: what the candidate's latency is held against once stable has no requests."""
    short_since: float = 0.0
    """Since when the candidate has had fewer healthy targets than it should; 0 while it has enough."""
    trouble: str = ""
    """Why some of it could not be read, in words; empty when nothing failed."""
    metrics_until: Mapping[str, float] = field(default_factory=dict)
    """By name of the user's own metrics: the end of the last period that had a value."""
