# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Tags: a mapping with us, lists of pairs with AWS, whose keys each service spells in its own way. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def lower_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """As ECS spells them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def upper_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """As IAM spells them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_mapping(pairs: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    return {pair.get("key", pair.get("Key", "")): pair.get("value", pair.get("Value", "")) for pair in pairs or ()}
