# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Change events and the writes that repeat them. Pure.

An event's document is the one that is there when it is looked up, which may be a later one. That does no harm: whatever
came in between is in the stream as well, and when the stream is at its end both sides are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import DefinitionChangedError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Namespace

WRITES = ("insert", "update", "replace")
# What showExpandedEvents or a newer server may tell of; definitions are compared when writes have stopped.
HARMLESS = ("create", "createIndexes", "dropIndexes", "modify", "shardCollection", "refineCollectionShardKey")


@dataclass(frozen=True)
class Operation:
    """One write on the other side: `document` takes the place of what has this key; None: it is deleted.

    `key` is the raw BSON of the document's key, so that 1 and 1.0 and whatever else BSON tells apart stay apart.
    """

    namespace: Namespace
    key: bytes
    document: Any = field(default=None, repr=False)

    @property
    def deletes(self) -> bool:
        return self.document is None


def operation(event: Mapping[str, Any]) -> Operation | None:
    """What repeats `event`; None: nothing does, or the next events do.

    Raises DefinitionChangedError for what cannot be repeated.
    """
    kind = event["operationType"]
    names = event.get("ns") or {}
    namespace = Namespace(names.get("db", ""), names.get("coll", ""))
    if namespace.is_system or kind in HARMLESS:
        return None
    if kind == "delete":
        return Operation(namespace, raw(event["documentKey"]))
    if kind in WRITES:
        document = event.get("fullDocument")
        # Deleted before it could be looked up: the event of that follows.
        return None if document is None else Operation(namespace, raw(event["documentKey"]), document)
    raise DefinitionChangedError(kind, str(namespace) if namespace.collection else namespace.database or "the server")


def fold(operations: Iterable[Operation]) -> dict[Namespace, list[Operation]]:
    """The operations of each collection in order, of several on one key only the last."""
    folded: dict[Namespace, dict[bytes, Operation]] = {}
    for each in operations:
        keys = folded.setdefault(each.namespace, {})
        # Out and in again: a key takes the place of its last operation.
        keys.pop(each.key, None)
        keys[each.key] = each
    return {namespace: list(keys.values()) for namespace, keys in folded.items()}


def raw(document: Any) -> bytes:
    """The BSON of a RawBSONDocument."""
    content: bytes = document.raw
    return content
