# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a release is: the record that outlives its controller. Pure.

Times are seconds since the epoch, durations seconds, weights per cent of the requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

COLOURS = ("blue", "green")


def other(colour: str) -> str:
    return COLOURS[1 - COLOURS.index(colour)]


class Phase(StrEnum):
    """Where a release is. The last four are where nobody works on it."""

    PREPARE = "prepare"
    START = "start"
    HEALTHY = "healthy"
    SMOKE = "smoke"
    SHIFT = "shift"
    ANALYSE = "analyse"
    BAKE = "bake"
    PROMOTE = "promote"
    ROLL_BACK = "roll back"
    PAUSED = "paused"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"
    ROLLBACK_FAILED = "rollback failed"


ENDED = frozenset({Phase.PROMOTED, Phase.ROLLED_BACK})
"""Nothing is left to do."""

RESTING = ENDED | {Phase.PAUSED, Phase.ROLLBACK_FAILED}
"""The controller goes home. ROLLBACK_FAILED is not an end: running again tries again."""

SERVING = frozenset({Phase.SHIFT, Phase.ANALYSE, Phase.BAKE, Phase.PROMOTE})
"""The candidate may have users' requests."""


@dataclass(frozen=True)
class Step:
    """A weight and how long the gates must pass at it.

    `pause`: what comes after the bake: nothing, "manual" (until somebody promotes), or "HH:MM" (UTC).
    """

    weight: int
    bake: float = 0.0
    pause: str = ""


@dataclass(frozen=True)
class OneOff:
    """A task that runs once with the new image before the candidate starts, for example a migration."""

    name: str
    command: tuple[str, ...]
    timeout: float = 900.0


@dataclass(frozen=True)
class Scaling:
    """What a release changes of a scalable target and puts back: its minimum, and its three suspensions."""

    minimum: int
    scale_in: bool = False
    scale_out: bool = False
    scheduled: bool = False


@dataclass(frozen=True)
class Pace:
    """The patience of a release."""

    start_timeout: float = 900.0
    """For the candidate's tasks to run and to be healthy."""
    smoke_timeout: float = 120.0
    rollback_timeout: float = 900.0
    capacity_wait: float = 120.0
    """How long a rollback waits for stable to be as large as it was, while some of it is healthy."""
    patience: float = 30.0
    """How long a call may fail for a passing reason (throttling, 5xx, connection) until the release gives up on it."""
    extensions: int = 2
    """How often a step's bake is repeated when the evidence is inconclusive."""
    keep_warm: float = 3600.0
    pause_limit: float = 86400.0
    """After this long in a pause the dead-man switch restores stable; it needs `dead_man`."""
    dead_man: float = 300.0
    """Without a heartbeat for this long, the schedule restores stable. 0: no dead-man switch."""
    stickiness: int = 0
    """Seconds a user stays with the colour that answered first, during the shift. 0: each request is weighed anew."""


@dataclass(frozen=True)
class Release:
    """One attempt to make an image stable, or to go back to an earlier one.

    `weight` is the candidate's as the release has set it or is about to; `weight_before` the one before: a rule that
    shows neither was changed by somebody else. `generation` is the lock's: a later one's record is never overwritten.
    """

    id: str
    kind: Literal["release", "rollback"]
    stack: str
    image: str
    label: str
    stable: str
    candidate: str
    stable_image: str
    stable_task_definition: str
    base_task_definition: str
    """The revision whose settings the candidate's takes, with `image` put in."""
    steps: tuple[Step, ...]
    gates: Mapping[str, object]
    """As `gates.parse` takes them."""
    pace: Pace = field(default_factory=Pace)
    one_offs: tuple[OneOff, ...] = ()
    stable_label: str = ""
    """How the release that made stable stable was called; empty for the first image."""
    by: str = ""
    started_at: float = 0.0
    ended_at: float = 0.0

    phase: Phase = Phase.PREPARE
    since: float = 0.0
    """When the phase began; for ANALYSE and BAKE, when the bake began: only evidence from then on counts."""
    reason: str = ""
    """Why it is paused, rolls back or has ended, in words for people."""
    resume: str = ""
    """While it is paused: the phase in which it goes on."""
    step: int = 0
    extended: int = 0
    weight: int = 0
    weight_before: int = 0
    tasks: int = 0
    """The candidate's desired count."""
    warm: bool = False
    """A way back: the candidate ran its task definition already, steadily, when it was told its size."""
    stable_tasks: int = 0
    """Stable's desired count when the release began: what a rollback must find."""
    task_definition: str = ""
    one_off: str = ""
    """The one-off task that was started last."""
    one_offs_done: tuple[str, ...] = ()
    scaling: Mapping[str, Scaling] = field(default_factory=dict)
    """By colour, as it was before the release; the candidate's minimum is 0, as it belongs to a colour that rests."""
    verdict_at: float = 0.0
    """When the rollback was decided."""
    restored_at: float = 0.0
    """When the rule was read back with nothing on the candidate."""
    warm_until: float = 0.0
    retirement_cancelled: bool = False
    """Whether what the release before had scheduled for the colour that it kept warm is cancelled."""
    previous: str = ""
    """The id of the release that had made stable stable; empty for the first image."""
    generation: int = 0

    @property
    def colours(self) -> tuple[str, str]:
        return self.stable, self.candidate


@dataclass(frozen=True)
class Request:
    """What somebody asks of a release that another controller works on."""

    verb: Literal["pause", "abort"]
    by: str
    at: float
