# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A release as lines of text: one for each event, one that shows the state of things now, and the last ones. Pure.

Times are UTC, as CloudWatch's and other people's: `day` says so once, above the lines of a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from ansible_collections.calstack.aws.plugins.module_utils._core.screen import Tone
from ansible_collections.calstack.aws.plugins.module_utils._core.words import about, clean, clock, cut, day, duration
from ansible_collections.calstack.aws.plugins.module_utils._ecs.reference import short_image
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Outcome, Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event, Tick
from ansible_collections.calstack.aws.plugins.module_utils._release.words import (
    advice,
    bar,
    parse_verdict,
    rollback_seconds,
)

EVERY = 30.0
"""Seconds after which an unchanged state is told again where nothing can be redrawn."""

_LABEL = 12
_ORDER: tuple[Outcome, ...] = ("fail", "inconclusive", "pass")


def moment(at: float, seen_at: float) -> str:
    """When something will be, for who reads it at `seen_at`: with the date where that is another day."""
    there = datetime.fromtimestamp(at, UTC)
    return f"{there:%H:%M} UTC" if day(at) == day(seen_at) else f"{there:%Y-%m-%d %H:%M} UTC"


def line(event: Event) -> str:
    """One entry of the timeline."""
    return f"{clock(event.at)}  {_label(event):<{_LABEL}} {clean(event.words)}"


def tone(event: Event) -> Tone:
    """How loud an event is."""
    match event.kind:
        case "trouble":
            return "warning"
        case "verdict":
            verdict = parse_verdict(event.words)
            return _OUTCOMES[verdict.outcome] if verdict else "plain"
        case "phase":
            return _PHASES.get(event.phase, "plain")
    return "plain"


_OUTCOMES: dict[Outcome, Tone] = {"pass": "good", "inconclusive": "warning", "fail": "bad"}
_PHASES: dict[str, Tone] = {
    Phase.PROMOTED: "good",
    Phase.ROLLED_BACK: "bad",
    Phase.ROLL_BACK: "bad",
    Phase.ROLLBACK_FAILED: "bad",
    Phase.PAUSED: "warning",
}


def tick_line(tick: Tick) -> str:
    """The state of things now, where nothing can be redrawn."""
    parts = [f"candidate {tick.candidate} {bar(tick.weight)} {tick.weight:>3} %", _place(tick), clean(tick.words)]
    return f"{clock(tick.at)}  {tick.phase:<{_LABEL}} {'   '.join(part for part in parts if part)}"


def status(tick: Tick, width: int) -> str:
    """The state of things now on one line of at most `width` columns."""
    head = f"{tick.candidate} {bar(tick.weight)} {tick.weight:>3} %  {tick.phase}"
    parts = (head, _place(tick), clean(tick.words), _worst(tick.verdicts))
    return cut("  ".join(part for part in parts if part), width)


def plain(tick: Tick, last: Tick) -> bool:
    """Whether `tick` is worth a line of its own where nothing can be redrawn; `last` is the last that had one.

    A phase has its event: it needs no second line.
    """
    return tick.weight != last.weight or tick.at - last.at >= EVERY


def summary(release: Release, timeline: Sequence[Event], environment: str = "ENV") -> list[str]:
    """The last lines of a release: what came of it, why, how fast a rollback was, what to do next."""
    lines = [_outcome(release)]
    if release.phase is not Phase.PROMOTED and release.reason:
        lines.append(f"  reason    {clean(release.reason)}")
    took = rollback_seconds(release)
    if took is not None:
        lines.append(f"  rollback  {release.stable} had all requests again {duration(took)} after the verdict")
    trouble = sum(event.kind == "trouble" for event in timeline)
    if trouble:
        lines.append(f"  trouble   {trouble} call{'' if trouble == 1 else 's'} had to be tried again: see the timeline")
    if release.phase is Phase.PROMOTED and release.warm_until:
        until = moment(release.warm_until, release.ended_at)
        lines.append(f"  warm      {release.stable} until {until}: going back is one call")
    for item in advice(release, f"inventories/{environment}"):
        lines.append(f"  next      {item.words}: {item.command}")
    return lines


def _outcome(release: Release) -> str:
    took = f" in {duration(release.ended_at - release.started_at)}" if release.ended_at > release.started_at > 0 else ""
    new, old = short_image(release.image), short_image(release.stable_image)
    what = "ROLLBACK" if release.kind == "rollback" else "RELEASE"
    name = f"{what} {release.id}"
    match release.phase:
        case Phase.PROMOTED:
            return f"{name} promoted{took}: {release.candidate} serves everybody with {new}, before it was {old}"
        case Phase.ROLLED_BACK:
            return f"{name} rolled back{took}: {release.stable} serves everybody with {old}, as before"
        case Phase.ROLLBACK_FAILED:
            return (
                f"{name}: THE ROLLBACK FAILED. {release.candidate} may still have {release.weight} % of the requests "
                f"with {new}"
            )
        case Phase.PAUSED:
            return f"{name} paused: {release.candidate} has {release.weight} % of the requests with {new}"
    return f"{name} is not over: {release.phase}, {release.candidate} has {release.weight} % of the requests with {new}"


def _place(tick: Tick) -> str:
    """The step and the time left."""
    step = f"step {tick.step} of {tick.steps}" if tick.step else ""
    left = f"{about(tick.left)} left" if tick.left > 0 else ""
    return ", ".join(part for part in (step, left) if part)


def _worst(verdicts: Sequence[Verdict]) -> str:
    if not verdicts:
        return ""
    worst = min(verdicts, key=lambda verdict: _ORDER.index(verdict.outcome))
    if worst.outcome == "pass":
        return "1 gate passes" if len(verdicts) == 1 else f"all {len(verdicts)} gates pass"
    return clean(f"{worst.gate}: {worst.outcome}, {worst.words}")


def _label(event: Event) -> str:
    return event.phase if event.kind == "phase" else event.kind
