# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Collections, views, indexes and validators on the target, each made where it is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._migrate import catalog
from ansible_collections.calstack.aws.plugins.module_utils._migrate.definitions import (
    is_unique,
    missing,
    request,
    validation,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import DUPLICATE_KEY, doing
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Collection, Namespace
from ansible_collections.calstack.aws.plugins.module_utils._migrate.progress import Teller
from ansible_collections.calstack.aws.plugins.module_utils._migrate.server import Server

with suppress(ImportError):  # server.connect says so before anything of this file is used
    import pymongo.errors as sdk


def create_missing(target: Server, wanted: Sequence[Collection], there: Sequence[Collection]) -> list[Namespace]:
    """Create what is not there; which that was."""
    have = {each.namespace for each in there}
    return [each.namespace for each in wanted if each.namespace not in have and catalog.create(target, each)]


def build_indexes(target: Server, wanted: Sequence[Collection], tell: Teller, *, unique: str = "build") -> list[str]:
    """Build what indexes are missing; those that documents forbid for now.

    `unique`: `build` them, `try` them (documents that were looked up at different times may forbid one for a while),
    or `leave` them. Indexes of one collection are built in one go, as reading it once is enough.
    """
    left: list[str] = []
    for each in wanted:
        if each.kind != "collection":
            continue
        there = catalog.collection(target, each.namespace)
        indexes = missing(each.indexes, there.indexes if there else ())
        plain = [request(index) for index in indexes if not is_unique(index)]
        if plain:
            tell.status(f"building {len(plain)} indexes of {each.namespace}")
            _build(target, each.namespace, plain)
        for index in (request(index) for index in indexes if is_unique(index) and unique != "leave"):
            tell.status(f"building the unique index {index['name']} of {each.namespace}")
            if not _built_unique(target, each.namespace, index, tolerant=unique == "try"):
                left.append(f"{each.namespace} {index['name']}")
    return left


def validate(target: Server, wanted: Sequence[Collection]) -> None:
    """Add the validators."""
    for each in wanted:
        if changes := validation(each.options):
            with doing(f"setting the validator of {each.namespace} on the {target.side}"):
                database = target.database(each.namespace.database)
                database.command({"collMod": each.namespace.collection, **changes})


def expire(target: Server, requests: Sequence[Mapping[str, Any]]) -> None:
    """Let documents expire: see definitions.expiries."""
    for each in requests:
        with doing(f"setting the expiry of {each['database']}.{each['request']['collMod']} on the {target.side}"):
            target.database(each["database"]).command(dict(each["request"]))


def _build(target: Server, namespace: Namespace, indexes: list[dict[str, Any]]) -> None:
    with doing(f"building the indexes {', '.join(each['name'] for each in indexes)} of {namespace}"):
        target.database(namespace.database).command({"createIndexes": namespace.collection, "indexes": indexes})


def _built_unique(target: Server, namespace: Namespace, index: dict[str, Any], *, tolerant: bool) -> bool:
    with doing(f"building the unique index {index['name']} of {namespace}"):
        try:
            target.database(namespace.database).command({"createIndexes": namespace.collection, "indexes": [index]})
        except sdk.OperationFailure as error:
            if tolerant and error.code == DUPLICATE_KEY:
                return False
            raise
    return True
