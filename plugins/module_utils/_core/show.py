# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A plan in words, for `--diff`: one paragraph a resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.plan import Change

OUR_TAGS = ("tags.calstack:", "tags.Name")
"""Every new resource has them: said with each, they would hide the rest."""

SIGNS = {"create": "+", "update": "~", "delete": "-"}


def show(changes: Sequence[Change]) -> str:
    """The text of a plan; empty where nothing changes. Deletions are listed without their properties."""
    return "".join(f"{line}\n" for change in changes for line in _lines(change))


def _lines(change: Change) -> Iterator[str]:
    yield f"{SIGNS[change.action]} {change.kind} {change.name}"
    if change.action == "create":
        for path, value in _leaves(change.after):
            if not path.startswith(OUR_TAGS):
                yield f"    {path}: {_text(value)}"
    if change.action == "update":
        before, after = dict(_leaves(change.before)), dict(_leaves(change.after))
        for path in sorted(before.keys() | after.keys()):
            if _text(before.get(path)) != _text(after.get(path)) and (path in after or not path.startswith("tags.")):
                yield f"    {path}: {_text(before.get(path))} -> {_text(after.get(path))}"


def _leaves(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        if isinstance(item, Mapping) and item:
            yield from _leaves(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", item


def _text(value: Any) -> str:
    if value is None or value == () or value == {} or value == frozenset():
        return "(none)"
    if isinstance(value, tuple | list):
        return ", ".join(_text(item) for item in value)
    if isinstance(value, frozenset):
        return ", ".join(sorted(_text(item) for item in value))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_text(item)}" for key, item in value.items()) + "}"
    return str(value)
