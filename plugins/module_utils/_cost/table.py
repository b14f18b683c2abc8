# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""An estimate as lines for people: every item with its subtotals, what could be saved, what it rests on. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.calstack.aws.plugins.module_utils._cost.bill import Item
from ansible_collections.calstack.aws.plugins.module_utils._cost.result import Result
from ansible_collections.calstack.aws.plugins.module_utils._cost.savings import Saving
from ansible_collections.calstack.aws.plugins.module_utils._cost.spread import Spread

NAME = 46
TOP = 3
CENT = 0.005


def lines(given: Result) -> list[str]:
    """At most 110 characters each. Items below a cent in a busy month are counted, but not shown."""
    return [*_head(given), *_components(given), *_foot(given)]


def over_budget(given: Result) -> str:
    """Why the play fails: the three biggest savings, and what each costs in reliability."""
    told = [
        f"{number}. {one.name}: {one.usd:.2f} less ({one.setting}). {one.costs}"
        for number, one in enumerate(given.savings[:TOP], 1)
    ]
    ways = " ".join(["The biggest savings:", *told]) if told else "Nothing is known that would make it cheaper."
    return (
        f"{given.env.name} is expected to cost {given.bill.usd.expected:.2f} USD a month, more than cost_budget, "
        f"{given.budget:.2f}. {ways} Choose some of them, or raise cost_budget."
    )


def _head(given: Result) -> Iterator[str]:
    yield f"What {given.env.name} costs a month in {given.env.region}, in USD, by traffic"
    if given.as_if:
        yield "It runs in a lab on this machine and costs nothing. These figures are as if it ran on AWS."
    yield ""
    yield f"{'':<{NAME + 2}}{'low':>10}{'expected':>10}{'high':>10}   quantity expected"


def _components(given: Result) -> Iterator[str]:
    for component, subtotal in given.bill.components.items():
        yield _row(component, subtotal)
        shown = [item for item in given.bill.of(component) if item.usd.high >= CENT]
        yield from (_item(item) for item in shown)
    yield f"{'':<{NAME + 2}}{'-' * 30}"
    yield _row("all", given.bill.usd)


def _item(item: Item) -> str:
    mark = "" if item.price.verified else " *"
    return f"{_row('  ' + item.name + mark, item.usd)}   {quantity(item.quantity.expected)} {item.price.unit}"


def _row(name: str, spread: Spread) -> str:
    return f"{name:<{NAME + 2}}{spread.low:>10.2f}{spread.expected:>10.2f}{spread.high:>10.2f}"


def quantity(value: float) -> str:
    """With as many decimals as tell something, and with thousands apart."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def _foot(given: Result) -> Iterator[str]:
    yield ""
    if given.savings:
        yield "What would make it cheaper, each by itself, in an expected month"
        yield from (line for saving in given.savings for line in _saving(saving))
        yield ""
    yield f"Highly available, in three zones: {_three(given.highly_available)}"
    if not given.free:
        yield f"With all of an account's always-free allowances: {_three(given.with_allowances)}"
    if given.budget is not None:
        yield f"Budget: {given.budget:.2f}{', exceeded' if given.over_budget else ''}"
    yield "A month of 730 hours, without taxes, support and savings plans."
    undated = sum(not item.price.date for item in given.bill.items)
    yield "Prices are of {} to {}; of {} items the source has no date.".format(*given.bill.dates, undated)
    if given.bill.unverified:
        share = sum(item.usd.expected for item in given.bill.unverified)
        yield f"* This price is not verified; such items are {share:.2f} of the expected month."
    yield from given.notes


def _saving(saving: Saving) -> Iterator[str]:
    yield f"{saving.usd:>9.2f}  {saving.name}: {saving.setting}"
    yield from (f"{'':>11}{line}" for line in _wrapped(saving.costs))


def _wrapped(text: str, width: int = 96) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line


def _three(spread: Spread) -> str:
    return f"{spread.low:.2f} low, {spread.expected:.2f} expected, {spread.high:.2f} high"
