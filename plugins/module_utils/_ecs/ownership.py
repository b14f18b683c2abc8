# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Whose is what was found by its name? Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted


def concerning(scope: Scope, found: Iterable[Found], wanted: Iterable[Wanted]) -> list[Found]:
    """Ours by tag, or in the way of what is wanted: a stranger of our name is none of a deletion's business."""
    names = {item.name for item in wanted}
    return [item for item in found if item.name in names or scope.owns(item.properties["tags"])]
