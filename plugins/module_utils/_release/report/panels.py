# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The panels of a report's plot: the candidate's share, requests, errors, and what probes saw. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ansible_collections.calstack.aws.plugins.module_utils._core.words import duration
from ansible_collections.calstack.aws.plugins.module_utils._release.report.axis import Axis, round_up
from ansible_collections.calstack.aws.plugins.module_utils._release.report.data import Report
from ansible_collections.calstack.aws.plugins.module_utils._release.report.markup import Markup, element
from ansible_collections.calstack.aws.plugins.module_utils._release.report.probes import SLOTS, Answers

HOLE = 1.5
"""Points farther apart than this many periods are not joined: a line would show what nobody measured."""
NO_METRICS = "CloudWatch had no data"

Place = tuple[float, float]


@dataclass(frozen=True)
class Panel:
    """`keys`: the words and the style of its lines, where it has more than one."""

    title: str
    height: int
    highest: float
    unit: str
    keys: tuple[tuple[str, str], ...]
    draw: Callable[[Report, Axis, Axis], Iterator[Markup]]


def panels(report: Report) -> tuple[Panel, ...]:
    """From top to bottom."""
    points = [point for colour in report.series.values() for point in colour]
    rate = max((point.requests / report.period for point in points), default=0.0)
    errors = max((point.errors for point in points), default=0)
    slowest = max((item.slowest or 0.0 for items in report.probes.values() for item in items), default=0.0)
    colours = (
        (f"stable {report.stable}", f"line {report.stable}"),
        (f"candidate {report.candidate}", f"line {report.candidate} dashed"),
    )
    routes = (("as users go", "line thin users"), ("to the candidate", f"line thin {report.candidate} dashed"))
    per = duration(report.period)
    return (
        Panel(f"share of the requests on {report.candidate}", 120, 100.0, " %", (), _share),
        Panel("requests per second", 100, round_up(rate), "", colours, _requests),
        Panel(f"errors (5xx) in {per}", 60, max(round_up(errors), 2.0), "", colours, _errors),
        Panel(
            "slowest right answer to a probe, and failed probes", 100, round_up(slowest * 1000), " ms", routes, _probes
        ),
    )


def line(places: Sequence[Place], classes: str) -> Markup:
    return element("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places), class_=classes)


def _share(report: Report, times: Axis, values: Axis) -> Iterator[Markup]:
    corners = _stairs([(at, float(weight)) for at, weight in report.weights], report.ended_at)
    places = [(times(at), values(weight)) for at, weight in corners]
    if places:
        ends = (places[0][0], values(0)), (places[-1][0], values(0))
        yield line([ends[0], *places, ends[1]], f"area {report.candidate}")
        yield line(places, f"line {report.candidate}")
    for (_, before), (at, weight) in pairwise(report.weights):
        if weight > before:
            yield element("text", f"{weight} %", x=times(at) + 5, y=values(weight) - 5)


def _requests(report: Report, times: Axis, values: Axis) -> Iterator[Markup]:
    if not any(report.series.values()):
        yield _nothing(times, values, NO_METRICS)
    for colour, dashes in ((report.stable, ""), (report.candidate, " dashed")):
        points = [(point.at, point.requests / report.period) for point in report.series.get(colour, ())]
        for run in _runs(points, report.period):
            corners = _stairs(run, run[-1][0] + report.period)
            yield line([(times(at), values(value)) for at, value in corners], f"line {colour}{dashes}")


def _errors(report: Report, times: Axis, values: Axis) -> Iterator[Markup]:
    if not any(report.series.values()):
        yield _nothing(times, values, NO_METRICS)
    elif not any(point.errors for points in report.series.values() for point in points):
        yield _nothing(times, values, "none")
    for colour, aside, corner in ((report.stable, -3, 4), (report.candidate, 3, 0)):
        for point in report.series.get(colour, ()):
            if point.errors:
                x, y = times(point.at + report.period / 2) + aside, values(point.errors)
                name = element("title", f"{colour}: {point.errors} of {point.requests} requests")
                yield line([(x, values(0)), (x, y)], f"line {colour}")
                yield element("rect", name, x=x - 4, y=y - 4, width=8, height=8, rx=corner, class_=f"mark {colour}")


def _probes(report: Report, times: Axis, values: Axis) -> Iterator[Markup]:
    if not any(report.probes.values()):
        yield _nothing(times, values, "no probes")
    yield from _route(report, report.probes.get("production", ()), times, values, "users", 6)
    yield from _route(report, report.probes.get("candidate", ()), times, values, f"{report.candidate} dashed", 18)


def _route(
    report: Report, items: Sequence[Answers], times: Axis, values: Axis, style: str, below: float
) -> Iterator[Markup]:
    """The slowest answers, and a cross `below` the panel's top for each slot with a failed probe."""
    points = [(item.at, item.slowest * 1000) for item in items if item.slowest is not None]
    for run in _runs(points, max(report.seconds / SLOTS, 1.0) * 3):
        yield line([(times(at), values(value)) for at, value in run], f"line thin {style}")
    for item in items:
        if item.failed:
            name = element("title", f"{item.failed} of {item.asked} probes failed")
            x, y = times(item.at), values(values.high) + below
            yield element("path", name, d=f"M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8", class_="cross")


def _nothing(times: Axis, values: Axis, words: str) -> Markup:
    middle = (times.start + times.end) / 2
    return element("text", words, x=middle, y=values(values.high / 2) - 6, class_="middle")


def _stairs(points: Sequence[Place], end: float) -> Iterator[Place]:
    """The corners of a line that keeps each value until the next point, and the last until `end`."""
    if points:
        for (at, value), (after, _) in pairwise([*points, (max(end, points[-1][0]), 0.0)]):
            yield at, value
            yield after, value


def _runs(points: Sequence[Place], spacing: float) -> Iterator[list[Place]]:
    """The points in stretches without a hole."""
    run: list[Place] = []
    for point in points:
        if run and point[0] - run[-1][0] > spacing * HOLE:
            yield run
            run = []
        run.append(point)
    if run:
        yield run
