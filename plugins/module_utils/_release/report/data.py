# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a release's report says, gathered from its record, its timeline and its evidence. Pure.

Times are seconds since the epoch, durations seconds, weights per cent of the requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ansible_collections.calstack.aws.plugins.module_utils._core.words import duration
from ansible_collections.calstack.aws.plugins.module_utils._release.action import SetWeights
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Route, Sample
from ansible_collections.calstack.aws.plugins.module_utils._release.model import (
    ENDED,
    RESTING,
    SERVING,
    Phase,
    Release,
    Step,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event
from ansible_collections.calstack.aws.plugins.module_utils._release.report.probes import (
    Answers,
    Wrong,
    answers,
    wrong_answers,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.steps import MANUAL
from ansible_collections.calstack.aws.plugins.module_utils._release.words import (
    Advice,
    advice,
    parse_verdict,
    rollback_seconds,
)

FORMAT = 1
"""Grows when a key of the JSON form changes its meaning."""

_SETS_RULE = str(SetWeights({}))
_SETTLED = (RESTING | SERVING) - {Phase.SHIFT, Phase.ROLLBACK_FAILED}
"""Phases that begin when the rule is as the release wants it."""

_ORDER = ("fail", "inconclusive", "pass")


@dataclass(frozen=True)
class ReportInput:
    """`series`: requests and errors by colour, as (begin of the period, requests, errors), oldest first.

    `changes`: what differs between the task definitions, a line each. `inventory`: as `-i` takes it.
    """

    release: Release
    timeline: Sequence[Event]
    series: Mapping[str, Sequence[tuple[float, int, int]]] = field(default_factory=dict)
    probes: Sequence[Sample] = ()
    changes: Sequence[str] = ()
    inventory: str = "inventories/ENV"


@dataclass(frozen=True)
class Span:
    """A phase from `start` to `end`."""

    phase: str
    start: float
    end: float


@dataclass(frozen=True)
class Point:
    """`requests` and `errors` of a colour in the period that begins at `at`."""

    at: float
    requests: int
    errors: int


@dataclass(frozen=True)
class Judged:
    """A gate's last verdict."""

    gate: str
    outcome: str
    words: str
    at: float


@dataclass(frozen=True)
class Report:
    """The page and the JSON are made of this and nothing else.

    `weights`: the candidate's, each from its moment on. `rollback_seconds`: from the verdict to nothing on the
    candidate. `period`: of the points of `series`.
    """

    format: int
    id: str
    kind: str
    stack: str
    outcome: str
    over: bool
    reason: str
    image: str
    label: str
    stable_image: str
    stable: str
    candidate: str
    task_definition: str
    stable_task_definition: str
    by: str
    started_at: float
    ended_at: float
    seconds: float
    verdict_at: float
    rollback_seconds: float | None
    warm_until: float
    previous: str
    steps: tuple[str, ...]
    changes: tuple[str, ...]
    weights: tuple[tuple[float, int], ...]
    phases: tuple[Span, ...]
    period: float
    series: Mapping[str, tuple[Point, ...]]
    probes: Mapping[Route, tuple[Answers, ...]]
    wrong_answers: tuple[Wrong, ...]
    verdicts: tuple[Judged, ...]
    timeline: tuple[Event, ...]
    advice: tuple[Advice, ...]


def build(given: ReportInput) -> Report:
    """Everything the report says. A release that still runs is reported as far as it has come."""
    release = given.release
    timeline = tuple(sorted(given.timeline, key=lambda event: event.at))
    start = release.started_at or min((event.at for event in timeline), default=0.0)
    end = release.ended_at or max((event.at for event in timeline), default=start)
    series = {
        colour: tuple(Point(*point) for point in sorted(given.series.get(colour, ()))) for colour in release.colours
    }
    return Report(
        format=FORMAT,
        id=release.id,
        kind=release.kind,
        stack=release.stack,
        outcome=str(release.phase),
        over=release.phase in ENDED,
        reason=release.reason,
        image=release.image,
        label=release.label,
        stable_image=release.stable_image,
        stable=release.stable,
        candidate=release.candidate,
        task_definition=release.task_definition,
        stable_task_definition=release.stable_task_definition,
        by=release.by,
        started_at=start,
        ended_at=end,
        seconds=max(end - start, 0.0),
        verdict_at=release.verdict_at,
        rollback_seconds=rollback_seconds(release),
        warm_until=release.warm_until,
        previous=release.previous,
        steps=tuple(map(_step, release.steps)),
        changes=tuple(given.changes),
        weights=tuple(_weights(timeline, start)),
        phases=tuple(_phases(timeline, end)),
        period=_period(series),
        series=series,
        probes=answers(given.probes, start, end),
        wrong_answers=wrong_answers(given.probes),
        verdicts=_verdicts(timeline),
        timeline=timeline,
        advice=advice(release, given.inventory),
    )


def _step(step: Step) -> str:
    bake = f" for {duration(step.bake)}" if step.bake else ""
    pause = {"": "", MANUAL: ", then until somebody promotes"}.get(step.pause, f", then until {step.pause} UTC")
    return f"{step.weight} %{bake}{pause}"


def _weights(timeline: Sequence[Event], start: float) -> Iterator[tuple[float, int]]:
    """The candidate's weight at each moment it changed: on the way, an event names a weight that is not there yet."""
    last = 0
    yield start, last
    for event in timeline:
        told = event.words.startswith(_SETS_RULE) if event.kind == "done" else event.kind == "phase"
        there = event.kind == "done" or event.phase in _SETTLED
        if told and there and event.candidate_weight != last:
            last = event.candidate_weight
            yield event.at, last


def _phases(timeline: Sequence[Event], end: float) -> Iterator[Span]:
    begun = [event for event in timeline if event.kind == "phase"]
    for event, after in pairwise(begun):
        if after.at > event.at:
            yield Span(event.phase, event.at, after.at)
    if begun and begun[-1].at < end:
        yield Span(begun[-1].phase, begun[-1].at, end)


def _period(series: Mapping[str, Sequence[Point]]) -> float:
    """The shortest distance of two points; CloudWatch's 60 s where there are not two."""
    gaps = [after.at - point.at for points in series.values() for point, after in pairwise(points)]
    return min((gap for gap in gaps if gap > 0), default=60.0)


def _verdicts(timeline: Sequence[Event]) -> tuple[Judged, ...]:
    """Each gate's last verdict, the failed first."""
    last: dict[str, Judged] = {}
    for event in timeline:
        verdict = parse_verdict(event.words) if event.kind == "verdict" else None
        if verdict:
            last[verdict.gate] = Judged(verdict.gate, verdict.outcome, verdict.words, event.at)
    return tuple(sorted(last.values(), key=lambda judged: (_ORDER.index(judged.outcome), judged.gate)))
