# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a controller tells about its work: entries of the timeline, ticks, and what a phase means for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Outcome, Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.model import SERVING, Phase, Release
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event, Tick
from ansible_collections.calstack.aws.plugins.module_utils._release.steps import remaining
from ansible_collections.calstack.aws.plugins.module_utils._release.words import verdict_words
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World


class News:
    """The gates' outcomes that are worth an entry: those that have changed during a bake."""

    def __init__(self) -> None:
        self._bake: tuple[Phase, float] = (Phase.PREPARE, 0.0)
        self._outcomes: dict[str, Outcome] = {}

    def of(self, release: Release, verdicts: Sequence[Verdict]) -> Iterator[str]:
        """In words, each once it is asked for. That a bake begins with nothing known is none."""
        if self._bake != (release.phase, release.since):
            self._bake, self._outcomes = (release.phase, release.since), {}
        for verdict in verdicts:
            before = self._outcomes.get(verdict.gate, "inconclusive")
            if verdict.outcome != before and (release.phase != Phase.SHIFT or verdict.outcome == "fail"):
                yield verdict_words(verdict)
                self._outcomes[verdict.gate] = verdict.outcome


def happened(release: Release, kind: str, words: str, at: float) -> Event:
    """An entry of the timeline."""
    return Event(at, kind, words, release.phase.value, release.weight)


def tick(release: Release, world: World, verdicts: Sequence[Verdict], now: float) -> Tick:
    """Where the release is at this moment."""
    serving = release.phase in SERVING or release.weight > 0
    return Tick(
        at=now,
        release=release.id,
        phase=release.phase.value,
        stable=release.stable,
        candidate=release.candidate,
        weight=world.share(release.candidate),
        step=release.step + 1 if serving else 0,
        steps=len(release.steps),
        left=remaining(release, now),
        words=release.reason if release.phase == Phase.ROLL_BACK else "",
        verdicts=tuple(verdicts),
    )


def phase_words(release: Release) -> str:
    """What a phase means for people."""
    words = {
        Phase.PREPARE: "hold autoscaling, register the task definition",
        Phase.START: f"start {release.candidate}",
        Phase.HEALTHY: f"wait for {release.tasks} healthy targets of {release.candidate}",
        Phase.SMOKE: f"ask {release.candidate} through the test rule",
        Phase.SHIFT: f"send {release.steps[release.step].weight} % to {release.candidate}",
        Phase.ANALYSE: f"step {release.step + 1} of {len(release.steps)}: bake at {release.weight} %",
        Phase.BAKE: f"{release.candidate} has all requests: the last bake",
        Phase.PROMOTE: f"{release.candidate} becomes stable",
        Phase.ROLL_BACK: f"back to {release.stable}: {release.reason}",
        Phase.PAUSED: f"paused: {release.reason}",
        Phase.PROMOTED: f"{release.label} is stable, on {release.candidate}",
        Phase.ROLLED_BACK: f"all is back as it was: {release.stable} has all requests",
        Phase.ROLLBACK_FAILED: f"somebody has to look: {release.reason}",
    }
    return words[release.phase]
