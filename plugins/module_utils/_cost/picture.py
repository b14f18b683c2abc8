# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""An estimate as a picture: low, expected and high as bars, each stacked from its components. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.calstack.aws.plugins.module_utils._cost.result import Result
from ansible_collections.calstack.aws.plugins.module_utils._cost.spread import CASES
from ansible_collections.calstack.aws.plugins.module_utils._release.report.markup import Markup, element, join

WIDTH, LEFT, RIGHT = 920, 84, 70
BAR, GAP, TOP = 46, 20, 64
LEGEND, ROW, COLUMNS = 30, 24, 3
TEXT, QUIET, GRID, PAPER = "#1c2126", "#5b6570", "#e3e7eb", "#ffffff"
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#8c8c8c", "#444444")
"""Okabe and Ito's hues, which all can tell, then greys."""
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)


def svg(given: Result) -> str:
    """A whole SVG document."""
    components = given.bill.components
    names = sorted(components, key=lambda name: -components[name].expected)
    rows = -(-len(names) // COLUMNS)
    bottom = TOP + len(CASES) * (BAR + GAP)
    height = bottom + LEGEND + (rows + 1) * ROW + 14
    scale = (WIDTH - LEFT - RIGHT) / max(given.bill.usd.high, given.budget or 0, 1.0)
    body = join(
        element("rect", width=WIDTH, height=height, fill=PAPER),
        _text(LEFT, 26, _title(given), size=16, weight="600", fill=TEXT),
        *_grid(scale, bottom, max(given.bill.usd.high, given.budget or 0, 1.0)),
        *_bars(given, names, scale),
        *_budget(given, scale, bottom),
        *_legend(given, names, bottom + LEGEND),
    )
    return str(
        element(
            "svg", body, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height}", width=WIDTH,
            height=height, font_family=FONT, role="img",
        )
    )  # fmt: skip


def _title(given: Result) -> str:
    where = "as if it ran in" if given.as_if else "in"
    return f"What {given.env.name} costs a month {where} {given.env.region}, USD"


def _grid(scale: float, bottom: float, most: float) -> Iterator[Markup]:
    step = next((one for one in STEPS if most / one <= 8), STEPS[-1])
    for number in range(int(most // step) + 1):
        at = LEFT + number * step * scale
        yield element("line", x1=at, x2=at, y1=TOP - 12, y2=bottom - GAP + 6, stroke=GRID)
        yield _text(at, TOP - 18, f"{number * step:,}", anchor="middle", size=12)


def _bars(given: Result, names: Sequence[str], scale: float) -> Iterator[Markup]:
    components = given.bill.components
    for row, case in enumerate(CASES):
        y, x = TOP + row * (BAR + GAP), float(LEFT)
        yield _text(LEFT - 10, y + BAR / 2 + 5, case, anchor="end", size=14, fill=TEXT)
        for number, name in enumerate(names):
            usd = getattr(components[name], case)
            label = element("title", f"{name}: {usd:.2f}")
            yield element("rect", label, x=x, y=y, width=usd * scale, height=BAR, fill=_colour(number), stroke=PAPER)
            x += usd * scale
        yield _text(x + 8, y + BAR / 2 + 5, f"{getattr(given.bill.usd, case):.0f}", size=15, weight="600", fill=TEXT)


def _budget(given: Result, scale: float, bottom: float) -> Iterator[Markup]:
    if given.budget is None:
        return
    at = LEFT + given.budget * scale
    yield element(
        "line", x1=at, x2=at, y1=TOP - 8, y2=bottom - GAP + 6, stroke=TEXT, stroke_width=1.5, stroke_dasharray="5 4"
    )
    yield _text(at, bottom - GAP + 22, f"budget {given.budget:g}", anchor="middle", size=12, fill=TEXT)


def _legend(given: Result, names: Sequence[str], top: float) -> Iterator[Markup]:
    yield _text(LEFT, top - 2, "In an expected month:", size=13)
    column = (WIDTH - LEFT - RIGHT) / COLUMNS
    for number, name in enumerate(names):
        x, y = LEFT + number % COLUMNS * column, top + (number // COLUMNS + 1) * ROW
        yield element("rect", x=x, y=y - 11, width=13, height=13, fill=_colour(number))
        yield _text(x + 20, y, f"{name}  {given.bill.components[name].expected:.2f}", size=13, fill=TEXT)


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _text(
    x: float, y: float, words: str, *, size: int, anchor: str = "start", weight: str = "400", fill: str = QUIET
) -> Markup:
    return element("text", words, x=x, y=y, font_size=size, text_anchor=anchor, font_weight=weight, fill=fill)
