# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What CloudFront's calls have in common: quantities beside lists, pages by marker, versions by ETag."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def listed(items: Iterable[Any]) -> dict[str, Any]:
    """A list as the API takes it: with its length, and without Items where there are none."""
    values = list(items)
    return {"Quantity": len(values), "Items": values} if values else {"Quantity": 0}


def items(wrapped: Mapping[str, Any] | None) -> tuple[Any, ...]:
    """The items of such a list."""
    return tuple((wrapped or {}).get("Items") or ())


def custom_policies(client: Any, call: str, answer: str, policy: str) -> Iterator[Mapping[str, Any]]:
    """The account's own policies of a kind; botocore cannot page them."""
    more: dict[str, str] = {}
    while True:
        page = getattr(client, call)(Type="custom", **more)[answer]
        for item in items(page):
            yield item[policy]
        if not page.get("NextMarker"):
            return
        more = {"Marker": page["NextMarker"]}
