# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""How a release comes from one phase to another. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Outcome, Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release
from ansible_collections.calstack.aws.plugins.module_utils._release.steps import next_rung
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World

BEFORE_THE_SHIFT = frozenset({Phase.PREPARE, Phase.START, Phase.HEALTHY, Phase.SMOKE})


def first(verdicts: Sequence[Verdict], outcome: Outcome) -> Verdict | None:
    return next((item for item in verdicts if item.outcome == outcome), None)


def enter(release: Release, phase: Phase, at: float) -> Release:
    return replace(release, phase=phase, since=at)


def to_rollback(release: Release, reason: str, at: float) -> Release:
    return replace(release, phase=Phase.ROLL_BACK, since=at, reason=reason, resume="", verdict_at=at)


def to_pause(release: Release, reason: str, at: float) -> Release:
    """Paused; goes on where it is now."""
    return replace(release, phase=Phase.PAUSED, since=_anew(release, at), reason=reason, resume=release.phase.value)


def _anew(release: Release, at: float) -> float:
    """Where the phase begins once more. But how long ago a one-off task was started decides whether ECS still knows of
    it: lost, the task would run a second time."""
    preparing = Phase.PREPARE in (release.phase, release.resume)
    return release.since if preparing and release.one_off else at


def next_step(release: Release, at: float) -> Release:
    """The bake of a step is over: the next rung, or promotion after the last one."""
    if release.step == len(release.steps) - 1:
        return enter(release, Phase.PROMOTE, at)
    return replace(release, phase=Phase.SHIFT, since=at, step=release.step + 1, extended=0)


def baking(release: Release, at: float) -> Release:
    """The rule shows the step's weight: the bake begins."""
    last = release.step == len(release.steps) - 1
    begun = replace(release, weight_before=release.weight, extended=0)
    return enter(begun, Phase.BAKE if last else Phase.ANALYSE, at)


def taken_over(release: Release, at: float) -> Release:
    """Another controller goes on. Patience and bakes begin anew: only evidence that it has seen itself counts."""
    if release.phase == Phase.ROLLBACK_FAILED:
        return replace(release, phase=Phase.ROLL_BACK, since=at, ended_at=0.0)
    return replace(release, since=_anew(release, at))


def promoted(release: Release, world: World, at: float) -> Release:
    """Somebody ends a pause: go on, from the weight that is there."""
    phase, share = Phase(release.resume or Phase.SHIFT), world.share(release.candidate)
    going = replace(release, reason="", resume="", since=_anew(release, at))
    if phase in BEFORE_THE_SHIFT:
        # What somebody set by hand is accepted by going on; else it would pause again at once, for ever.
        return replace(going, phase=phase, weight=share, weight_before=share)
    if share != release.weight:
        rung = next_rung(release.steps, share)
        return replace(going, phase=Phase.SHIFT, step=rung, weight=share, weight_before=share, extended=0)
    if phase in (Phase.ANALYSE, Phase.BAKE):
        return baking(going, at)
    return replace(going, phase=phase)
