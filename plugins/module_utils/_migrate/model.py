# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What is moved: namespaces, collections, and what is known of a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STATE_DATABASE = "calstack_migration"
"""Where the target keeps how far a migration has come."""

RESERVED = ("admin", "config", "local", STATE_DATABASE)


@dataclass(frozen=True, order=True)
class Namespace:
    """A collection's full name."""

    database: str
    collection: str

    def __str__(self) -> str:
        return f"{self.database}.{self.collection}"

    @classmethod
    def parse(cls, text: str) -> Namespace:
        database, _, collection = text.partition(".")
        return cls(database, collection)

    @property
    def is_system(self) -> bool:
        """Whether the server keeps it for itself; users' documents are elsewhere."""
        return self.collection.startswith("system.")


@dataclass(frozen=True)
class Collection:
    """A collection, view or time series as listCollections, listIndexes and collStats tell of it. Sizes in bytes."""

    namespace: Namespace
    kind: str = "collection"
    options: Mapping[str, Any] = field(default_factory=dict)
    indexes: tuple[Mapping[str, Any], ...] = ()
    documents: int = 0
    data_bytes: int = 0
    storage_bytes: int = 0
    index_bytes: int = 0

    @property
    def is_view(self) -> bool:
        return self.kind == "view"

    @property
    def is_capped(self) -> bool:
        return bool(self.options.get("capped"))

    @property
    def expires(self) -> bool:
        """Whether the server deletes documents by itself."""
        return "expireAfterSeconds" in self.options or any("expireAfterSeconds" in index for index in self.indexes)


@dataclass(frozen=True)
class About:
    """A server. `hosts` are its members' addresses; `version` is major, minor, patch.

    `privileges` are what its user may do, as connectionStatus lists it; None: it does not ask for users, or
    does not say.
    """

    version: tuple[int, ...]
    topology: str
    hosts: frozenset[str]
    privileges: tuple[Mapping[str, Any], ...] | None = None

    @property
    def version_text(self) -> str:
        return ".".join(str(part) for part in self.version)
