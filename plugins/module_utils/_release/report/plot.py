# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A release over time as one SVG: phases, then panels on one axis. Pure.

Colours come from the page's style; stable is a full line and a dot, the candidate a dashed line and a square, so that
nothing is told by colour alone.
"""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._core.words import duration
from ansible_collections.calstack.aws.plugins.module_utils._release.report.axis import Axis, time_marks
from ansible_collections.calstack.aws.plugins.module_utils._release.report.data import Report
from ansible_collections.calstack.aws.plugins.module_utils._release.report.markup import Markup, element, join
from ansible_collections.calstack.aws.plugins.module_utils._release.report.panels import Panel, line, panels

WIDTH, LEFT, RIGHT = 960, 62, 944
TOP, BAND, GAP, FOOT = 8, 24, 46, 26
LETTER = 6.6
"""About the width of a letter of the plot's text."""


def plot(report: Report) -> Markup:
    """The whole plot; all it says is in the page's words and tables too."""
    times = Axis(report.started_at, max(report.ended_at, report.started_at + 1), LEFT, RIGHT)
    parts, bottom = [_band(report, times)], TOP + BAND
    for panel in panels(report):
        top = bottom + GAP
        bottom = top + panel.height
        values = Axis(0.0, panel.highest, bottom, top)
        parts += [_title(panel, top), _moments(report, times, top, bottom), _scale(values, panel.unit)]
        parts += panel.draw(report, times, values)
    for at, words in time_marks(report.started_at, report.ended_at):
        parts.append(element("text", words, x=times(at), y=bottom + 18, class_="middle"))
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {WIDTH} {bottom + FOOT}",
        role="img",
        aria_label=_spoken(report),
        class_="plot",
    )


def _band(report: Report, times: Axis) -> Markup:
    """The phases; the name of one that is too short for it shows when it is pointed at."""
    parts = []
    for number, span in enumerate(report.phases):
        left, width = times(span.start), times(span.end) - times(span.start)
        tone = "bad" if span.phase == "roll back" else f"tint{number % 2}"
        name = element("title", f"{span.phase}: {duration(span.end - span.start)}")
        parts.append(element("rect", name, x=left, y=TOP, width=max(width, 1), height=BAND, class_=f"band {tone}"))
        if width > len(span.phase) * LETTER + 8:
            parts.append(element("text", span.phase, x=left + width / 2, y=TOP + 16, class_="middle"))
    return join(*parts)


def _title(panel: Panel, top: float) -> Markup:
    """The panel's title and, where it has two lines, which is which."""
    parts = [element("text", panel.title, x=LEFT, y=top - 12, class_="title")]
    right = float(RIGHT)
    for words, classes in reversed(panel.keys):
        right -= len(words) * LETTER
        parts.append(element("text", words, x=right, y=top - 12))
        parts.append(line([(right - 32, top - 16), (right - 6, top - 16)], classes))
        right -= 50
    return join(*parts)


def _scale(values: Axis, unit: str) -> Markup:
    parts = []
    for value in (values.low, values.high / 2, values.high):
        y = values(value)
        parts.append(element("line", x1=LEFT, x2=RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(element("text", f"{value:g}{unit}", x=LEFT - 6, y=y + 4, class_="end"))
    return join(*parts)


def _moments(report: Report, times: Axis, top: float, bottom: float) -> Markup:
    """Lines down a panel: the marks of time, and the verdict that the release be rolled back."""
    parts = []
    for at, _ in time_marks(report.started_at, report.ended_at):
        parts.append(element("line", x1=times(at), x2=times(at), y1=top, y2=bottom, class_="grid"))
    if report.rollback_seconds is not None:
        name = element("title", f"the verdict: roll back; 0 % after {duration(report.rollback_seconds)}")
        x = times(report.verdict_at)
        parts.append(element("line", name, x1=x, x2=x, y1=top, y2=bottom, class_="verdict"))
    return join(*parts)


def _spoken(report: Report) -> str:
    highest = max((weight for _, weight in report.weights), default=0)
    return f"{report.candidate} had at most {highest} % of the requests; it took {duration(report.seconds)}"
