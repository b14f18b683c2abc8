# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a user may do, against what the migration needs. Pure.

https://www.mongodb.com/docs/manual/reference/privilege-actions/ has the actions, built-in-roles/ which role has which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

READ = ("find", "changeStream", "listCollections", "listIndexes", "collStats")
WRITE = ("find", "insert", "update", "remove", "createCollection", "createIndex", "listCollections", "listIndexes")
ALTER = ("collMod",)
STATE = ("find", "insert", "update", "remove")
BLOCK = ("setUserWriteBlockMode",)
ANY = ""
"""The name that a privilege on every database has."""


@dataclass(frozen=True)
class Need:
    """Actions on a database (ANY: on all of them); `cluster`: on the cluster itself."""

    actions: tuple[str, ...]
    database: str = ANY
    cluster: bool = False


def lacking(privileges: Sequence[Mapping[str, Any]] | None, needs: Sequence[Need]) -> list[str]:
    """What is needed and not allowed, each in a few words. None: the server does not ask for users."""
    if privileges is None:
        return []
    found = []
    for need in needs:
        actions = [action for action in need.actions if not _allowed(privileges, action, need)]
        if actions:
            place = (
                "the cluster"
                if need.cluster
                else f"the database {need.database}"
                if need.database
                else "every database"
            )
            found.append(f"{', '.join(actions)} on {place}")
    return found


def _allowed(privileges: Sequence[Mapping[str, Any]], action: str, need: Need) -> bool:
    return any(
        action in privilege.get("actions", ()) and _covers(privilege.get("resource") or {}, need)
        for privilege in privileges
    )


def _covers(resource: Mapping[str, Any], need: Need) -> bool:
    if resource.get("anyResource"):
        return True
    if need.cluster:
        return bool(resource.get("cluster"))
    # A privilege on one collection does not cover the database.
    return resource.get("collection", None) == "" and resource.get("db") in (ANY, need.database)
