# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The gate that is always on: the candidate's tasks and targets. Pure."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import FAILED, STEADY
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Outcome, Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release
from ansible_collections.calstack.aws.plugins.module_utils._release.world import Colour, World

GATE = "health"

REPLACEMENT_SECONDS = 120.0
"""A task that stopped is replaced: placing, pulling the image, starting and two health checks fit into this."""


def health(release: Release, world: World, short_since: float, now: float) -> Verdict:
    """Passes only on healthy targets that were counted and a rollout of our task definition that is steady."""
    outcome, words = _health(release, world, short_since, now)
    return Verdict(GATE, outcome, words)


def short_since(before: float, release: Release, world: World, now: float) -> float:
    """Since when the candidate has had too few healthy targets, where `before` is what was answered last; or 0."""
    candidate = world.colours.get(release.candidate)
    if candidate is None or candidate.healthy >= release.tasks:
        return 0.0
    return before or now


def _health(release: Release, world: World, short: float, now: float) -> tuple[Outcome, str]:
    candidate = world.colours.get(release.candidate)
    if candidate is None:
        return "fail", f"there is no service {release.candidate} any more"
    if not release.task_definition or not release.tasks:
        return "inconclusive", f"{candidate.name} has not been started"
    if candidate.task_definition != release.task_definition:
        return "fail", (
            f"{candidate.name} runs {_short(candidate.task_definition)} instead of {_short(release.task_definition)}: "
            f"somebody else has deployed"
        )
    if candidate.rollout == FAILED:
        return "fail", f"{candidate.name} was {FAILED}.{candidate.evidence}"
    if candidate.healthy < release.tasks:
        return _too_few(release, candidate, world.share(candidate.name) > 0, now - short if short else 0.0)
    if candidate.rollout != STEADY:
        return "inconclusive", f"{_counted(release, candidate)}, but {candidate.rollout}"
    return "pass", f"{_counted(release, candidate)}, rollout {STEADY}"


def _too_few(release: Release, candidate: Colour, serves: bool, seconds: float) -> tuple[Outcome, str]:
    words = f"{_counted(release, candidate)} ({_states(candidate)})"
    if serves and not candidate.healthy:
        return "fail", f"{words}, and users are sent there.{candidate.evidence}"
    if seconds > REPLACEMENT_SECONDS:
        return "fail", f"{words} for {seconds:.0f} s.{candidate.evidence}"
    return "inconclusive", f"{words} for {seconds:.0f} s: ECS may still replace them.{candidate.evidence}"


def _counted(release: Release, candidate: Colour) -> str:
    return f"{candidate.healthy} of {release.tasks} targets of {candidate.name} healthy"


def _states(candidate: Colour) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(candidate.targets.items())) or "no targets"


def _short(arn: str) -> str:
    return arn.rpartition("/")[2] or "nothing"
