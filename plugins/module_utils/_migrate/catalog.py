# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The collections of a side with their definitions and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._migrate.definitions import creation
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import doing
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Collection, Namespace
from ansible_collections.calstack.aws.plugins.module_utils._migrate.server import Server

with suppress(ImportError):  # server.connect says so before anything of this file is used
    import pymongo.errors as sdk

NAMESPACE_EXISTS = 48


def collections(server: Server, databases: Sequence[str], *, sizes: bool = False) -> tuple[Collection, ...]:
    """All collections and views of `databases` but the server's own, by name. Sizes only where asked for."""
    found = []
    for name in databases:
        with doing(f"listing the collections of {name} on the {server.side}"):
            for listed in server.database(name).list_collections():
                namespace = Namespace(name, listed["name"])
                if not namespace.is_system:
                    found.append(_collection(server, namespace, listed, sizes))
    return tuple(sorted(found, key=lambda each: each.namespace))


def collection(server: Server, namespace: Namespace) -> Collection | None:
    """One of them; None: it is not there."""
    with doing(f"reading {namespace} on the {server.side}"):
        for listed in server.database(namespace.database).list_collections(filter={"name": namespace.collection}):
            return _collection(server, namespace, listed, sizes=False)
    return None


def create(server: Server, collection: Collection) -> bool:
    """Make a collection or view of these options; whether it was not there yet."""
    with doing(f"creating {collection.namespace} on the {server.side}"):
        try:
            server.database(collection.namespace.database).command(
                {"create": collection.namespace.collection, **creation(collection.options)}
            )
        except sdk.OperationFailure as error:
            if error.code != NAMESPACE_EXISTS:
                raise
            return False
    return True


def _collection(server: Server, namespace: Namespace, listed: dict[str, Any], sizes: bool) -> Collection:
    kind = listed.get("type", "collection")
    database = server.database(namespace.database)
    indexes: tuple[Any, ...] = ()
    stats: dict[str, Any] = {}
    if kind == "collection":
        indexes = tuple(database[namespace.collection].list_indexes())
        if sizes:
            stats = database.command("collStats", namespace.collection)
    return Collection(
        namespace=namespace,
        kind=kind,
        options=listed.get("options") or {},
        indexes=indexes,
        documents=int(stats.get("count", 0)),
        data_bytes=int(stats.get("size", 0)),
        storage_bytes=int(stats.get("storageSize", 0)),
        index_bytes=int(stats.get("totalIndexSize", 0)),
    )
