# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A bill: line items with their quantity, unit price and monthly cost. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._cost.model import MONTH_HOURS
from ansible_collections.calstack.aws.plugins.module_utils._cost.price import Price
from ansible_collections.calstack.aws.plugins.module_utils._cost.spread import Spread, flat, total


@dataclass(frozen=True)
class Item:
    """`quantity` is a month's, in `price.unit`; `free` of it costs nothing (an account's always-free allowance)."""

    component: str
    name: str
    quantity: Spread
    price: Price
    free: float = 0.0

    @property
    def usd(self) -> Spread:
        """USD a month."""
        return self.quantity.beyond(self.free) * self.price.usd


@dataclass(frozen=True)
class Bill:
    """`components` are in the order in which their first item came."""

    items: Sequence[Item]

    @property
    def usd(self) -> Spread:
        return total([item.usd for item in self.items])

    @property
    def components(self) -> dict[str, Spread]:
        """USD a month by component."""
        names = dict.fromkeys(item.component for item in self.items)
        return {name: total([item.usd for item in self.of(name)]) for name in names}

    @property
    def unverified(self) -> list[Item]:
        """The items whose price nobody has checked against a source: see `Price.evidence`."""
        return [item for item in self.items if not item.price.verified]

    @property
    def dates(self) -> tuple[str, str]:
        """Of the oldest and of the newest source, as YYYY-MM-DD or as much of it as is known."""
        known = sorted(item.price.date for item in self.items if item.price.date)
        return (known[0], known[-1]) if known else ("", "")

    def of(self, component: str) -> list[Item]:
        return [item for item in self.items if item.component == component]


def bill(items: Iterable[Item]) -> Bill:
    """Without what there is none of."""
    return Bill(tuple(item for item in items if item.quantity.high > 0))


def hourly(component: str, name: str, count: float | Spread, price: Price) -> Item:
    """Something that costs by the hour, all month."""
    from_count = count if isinstance(count, Spread) else flat(count)
    return Item(component, name, from_count * MONTH_HOURS, price)
