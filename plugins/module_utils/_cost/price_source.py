# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Where newer prices come from: files of AWS's price list, or its API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._cost import price_list
from ansible_collections.calstack.aws.plugins.module_utils._cost.price import Price

LARGEST = 100_000_000
"""Bytes. AmazonEC2's offer file has 440 million and would fill a controller's memory; two of its rows are wanted."""

PAGES = 30
"""Of 100 rows each: more than any offer here has in a region once it is filtered."""

FILTERS = {
    "AmazonEC2": {"productFamily": "NAT Gateway"},
    "AWSELB": {"productFamily": "Load Balancer-Application"},
}


def from_files(path: str, region: str) -> dict[str, Price]:
    """Of a file, or of all `*.json` of a folder. Raises InputError where nothing of use is in it."""
    place = Path(path).expanduser()
    files = sorted(place.glob("*.json")) if place.is_dir() else [place]
    found = price_list.prices((row for file in files for row in price_list.products(str(file), _text(file))), region)
    if not found:
        raise InputError(
            f"cost_price_file: {path} has no price of {region} that an estimate needs. It takes offer files of "
            f"{', '.join(price_list.OFFERS)}; docs/cost.md says how to get them."
        )
    return found


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST:
            raise InputError(
                f"cost_price_file: {file} has {file.stat().st_size / 1e6:.0f} MB, more than can be read at once. "
                f"Get only the rows that are needed, as docs/cost.md says."
            )
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cost_price_file: reading {file}: {error}.") from error


def from_api(client: Any, region: str) -> dict[str, Price]:
    """Of the pricing API, which needs `pricing:GetProducts`. Raises CalstackError."""
    with doing(f"asking AWS for the prices of {region}"):
        return price_list.prices((row for offer in price_list.OFFERS for row in _rows(client, offer, region)), region)


def _rows(client: Any, offer: str, region: str) -> Iterator[price_list.Product]:
    where = "fromRegionCode" if offer == "AWSDataTransfer" else "regionCode"
    wanted = {where: region, **FILTERS.get(offer, {})}
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    pages = client.get_paginator("get_products").paginate(
        ServiceCode=offer, Filters=filters, FormatVersion="aws_v1", PaginationConfig={"MaxItems": PAGES * 100}
    )
    for page in pages:
        yield from (price_list.one(item) for item in page["PriceList"])
