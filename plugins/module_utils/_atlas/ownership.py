# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Tags in Atlas, and whose something is by them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OWNERSHIP = "calstack:"
"""What the tags begin with that say whose something is."""


def tags_of(answer: Mapping[str, Any]) -> dict[str, str]:
    """Atlas's list of pairs as a mapping."""
    return {tag["key"]: tag["value"] for tag in answer.get("tags") or ()}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The way back."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def foreign(asked: Mapping[str, str], there: Mapping[str, str]) -> bool:
    """Whether what has the tags `there` lacks the ownership that the tags `asked` claim."""
    ours = {key: value for key, value in asked.items() if key.startswith(OWNERSHIP)}
    return not ours.items() <= there.items()
