# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Everything that an estimate says, as one value: the table, the JSON and the picture are made from it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._cost.allowances import ALWAYS_FREE, NOTHING
from ansible_collections.calstack.aws.plugins.module_utils._cost.bill import Bill, Item
from ansible_collections.calstack.aws.plugins.module_utils._cost.estimate import estimate
from ansible_collections.calstack.aws.plugins.module_utils._cost.model import Environment
from ansible_collections.calstack.aws.plugins.module_utils._cost.price import PriceBook
from ansible_collections.calstack.aws.plugins.module_utils._cost.savings import Saving, highly_available, savings
from ansible_collections.calstack.aws.plugins.module_utils._cost.spread import Spread


@dataclass(frozen=True)
class Result:
    """`budget` in USD a month, None without one. `as_if`: the environment stands in a lab and costs nothing."""

    env: Environment
    bill: Bill
    savings: Sequence[Saving]
    with_allowances: Spread
    highly_available: Spread
    notes: Sequence[str] = ()
    budget: float | None = None
    free: bool = False
    as_if: bool = False

    @property
    def over_budget(self) -> bool:
        """By the expected month. A lab is never over: nobody pays for it."""
        return self.budget is not None and not self.as_if and round(self.bill.usd.expected, 2) > self.budget


def result(
    env: Environment,
    book: PriceBook,
    *,
    free: bool = False,
    budget: float | None = None,
    as_if: bool = False,
    notes: Sequence[str] = (),
) -> Result:
    """Raises InputError where a price is missing."""
    allowances = ALWAYS_FREE if free else NOTHING
    return Result(
        env=env,
        bill=estimate(env, book, allowances),
        savings=savings(env, book, allowances),
        with_allowances=estimate(env, book, ALWAYS_FREE).usd,
        highly_available=estimate(highly_available(env), book, allowances).usd,
        notes=notes,
        budget=budget,
        free=free,
        as_if=as_if,
    )


def as_json(given: Result) -> dict[str, Any]:
    """USD rounded to cents, quantities and unit prices as they are."""
    return {
        "environment": given.env.name,
        "region": given.env.region,
        "currency": "USD",
        "month_usd": usd(given.bill.usd),
        "components": {name: usd(spread) for name, spread in given.bill.components.items()},
        "items": [_item(item) for item in given.bill.items],
        "savings": [
            {"name": one.name, "setting": one.setting, "costs": one.costs, "usd": round(one.usd, 2)}
            for one in given.savings
        ],
        "with_free_allowances_usd": usd(given.with_allowances),
        "highly_available_usd": usd(given.highly_available),
        "prices_of": dict(zip(("oldest", "newest"), given.bill.dates, strict=True)),
        "budget_usd": given.budget,
        "over_budget": given.over_budget,
        "in_a_lab": given.as_if,
        "notes": list(given.notes),
    }


def usd(spread: Spread) -> dict[str, float]:
    return {case: round(getattr(spread, case), 2) for case in ("low", "expected", "high")}


def _item(item: Item) -> dict[str, Any]:
    return {
        "component": item.component,
        "name": item.name,
        "quantity": {case: round(getattr(item.quantity, case), 6) for case in ("low", "expected", "high")},
        "unit": item.price.unit,
        "unit_usd": item.price.usd,
        "free_units": item.free,
        "usd": usd(item.usd),
        "source": item.price.source,
        "source_date": item.price.date,
        "verified": item.price.verified,
    }
