# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A price with where it comes from, and all prices of a region. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

PRICE_LIST = "price list"
PAGE = "page"
REPORT = "report"
BILL = "bill"
MEMORY = "memory"


@dataclass(frozen=True)
class Price:
    """USD for one `unit`.

    `evidence` says how it is known: `price list` (AWS's own file), `page` (the vendor's price page), `report` (somebody
    who computes from the price list), `bill` (a bill that divides out to it), or `memory`: not verified.
    `date` is that of the source, YYYY-MM-DD or as much of it as is known, empty where it has none.
    """

    usd: float
    unit: str
    source: str
    date: str
    evidence: str

    @property
    def verified(self) -> bool:
        return self.evidence != MEMORY


@dataclass(frozen=True)
class PriceBook:
    """The prices of a region by key: `nat_hour`, `log_in_gb` and so on."""

    region: str
    prices: Mapping[str, Price]

    def __getitem__(self, key: str) -> Price:
        """Raises InputError where the region's prices lack it."""
        if key not in self.prices:
            raise InputError(
                f"there is no price {key} for {self.region}. Give AWS's price list of that region in "
                f"cost_price_file, or add it to cost_prices."
            )
        return self.prices[key]

    def cluster(self, size: str) -> Price:
        """An hour of an Atlas cluster of three nodes with its default disk. Raises InputError."""
        key = f"atlas_{size.lower()}_hour"
        if key not in self.prices:
            known = ", ".join(
                sorted(
                    (name.split("_")[1].upper() for name in self.prices if name.startswith("atlas_m")),
                    key=lambda tier: int(tier[1:]),
                )
            )
            raise InputError(
                f"there is no price of Atlas's {size} in {self.region}; known are M0, FLEX, {known}. Look it up in "
                f"Atlas (it shows the price when a cluster is made) and set cost_prices: {{{key}: USD}}."
            )
        return self.prices[key]

    def within(self, newer: Mapping[str, Price]) -> PriceBook:
        """These prices with `newer` in their place."""
        return replace(self, prices={**self.prices, **newer})


def given(book: PriceBook, prices: Mapping[str, object], variable: str = "cost_prices") -> PriceBook:
    """The book with prices that the inventory gives, in USD for the unit of the table. Raises InputError."""
    newer = {}
    for key, value in prices.items():
        try:
            usd = float(str(value))
        except ValueError:
            raise InputError(f"{variable}.{key} is {value!r}: it must be USD, a number.") from None
        if not 0 <= usd < float("inf"):
            raise InputError(f"{variable}.{key} is {value!r}: a price cannot be negative or infinite.")
        if key not in book.prices and not (key.startswith("atlas_") and key.endswith("_hour")):
            raise InputError(f"{variable}.{key}: there is no such price. Known are {', '.join(sorted(book.prices))}.")
        unit = book.prices[key].unit if key in book.prices else "h"
        newer[key] = Price(usd, unit, f"{variable} of the inventory", "", PAGE)
    return book.within(newer)
