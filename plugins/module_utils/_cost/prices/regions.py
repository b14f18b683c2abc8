# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The regions whose prices are in the repository. Pure."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._cost.price import PriceBook
from ansible_collections.calstack.aws.plugins.module_utils._cost.prices import eu_west_1, everywhere, us_east_1

REGIONS = {"eu-west-1": eu_west_1.PRICES, "us-east-1": us_east_1.PRICES}


def book(region: str, elsewhere: bool = False) -> PriceBook:
    """The prices of `region`. `elsewhere`: a price list will bring those of a region that is not among ours.

    Raises InputError where the region is not known.
    """
    if region not in REGIONS and not elsewhere:
        raise InputError(
            f"there are no prices of {region} here, only of {' and '.join(REGIONS)}. Give AWS's price list files of "
            f"{region} in cost_price_file (docs/cost.md says which and where from), or set cost_fetch: true."
        )
    return PriceBook(region, {**everywhere.PRICES, **REGIONS.get(region, {})})
