# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Operations onto a side: each collection's in one bulk write, idempotent.

With a unique index in place an operation can be ahead of one that it needs: a document is looked up as it is now, and
the value that it took over is still held by another one, whose change comes later. Such a key is put aside and looked
up again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._migrate import catalog
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import DUPLICATE_KEY, doing, first_refusal
from ansible_collections.calstack.aws.plugins.module_utils._migrate.events import Operation, fold
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Namespace
from ansible_collections.calstack.aws.plugins.module_utils._migrate.patience import Patience
from ansible_collections.calstack.aws.plugins.module_utils._migrate.server import Server

with suppress(ImportError):  # server.connect says so before anything of this file is used
    import pymongo
    import pymongo.errors as sdk
    from bson.raw_bson import RawBSONDocument

BULK = 2000
"""Operations a bulk write."""

Key = tuple[str, bytes]
"""A namespace and the raw BSON of a document's key."""


class Applier:
    """Writes on `to` what happened on `since`; `aside` are the keys that could not be applied yet."""

    def __init__(
        self,
        since: Server,
        to: Server,
        *,
        known: Iterable[Namespace] = (),
        skipped: Iterable[Namespace] = (),
        aside: Iterable[Key] = (),
        patience: Patience | None = None,
    ) -> None:
        self._since, self._to = since, to
        self._known = set(known)
        self._skipped = frozenset(skipped)
        self._patience = patience or Patience()
        self.aside: dict[Key, None] = dict.fromkeys(aside)

    def apply(self, operations: Iterable[Operation]) -> int:
        """Apply them in their order; how many writes that were."""
        written = 0
        for namespace, folded in fold(operations).items():
            if namespace in self._skipped:
                continue
            self._meet(namespace)
            for start in range(0, len(folded), BULK):
                chunk = folded[start : start + BULK]
                self._write(namespace, chunk)
                written += len(chunk)
        return written

    def retry(self) -> None:
        """Look up again what was put aside."""
        keys = list(self.aside)
        self.aside.clear()
        self.apply([self._looked_up(key) for key in keys])

    def settle(self) -> None:
        """Bring in what is still aside when the other side is quiet.

        Values that documents have swapped among each other block one another: all of them are taken out, then put in.
        """
        if not self.aside:
            return
        self.retry()
        if stuck := list(self.aside):
            self.aside.clear()
            # Together or not at all: what a killed run took out is found again by the keys in the state.
            self.apply([Operation(Namespace.parse(name), key) for name, key in stuck])
            self.apply([self._looked_up(key) for key in stuck])

    def _looked_up(self, key: Key) -> Operation:
        namespace = Namespace.parse(key[0])
        with doing(f"looking a document of {namespace} up on the {self._since.side}"):
            found = self._since.documents(namespace).find_one(RawBSONDocument(key[1]))
        return Operation(namespace, key[1], found)

    def _meet(self, namespace: Namespace) -> None:
        """Make a collection that came meanwhile with its options: a write would make it without."""
        if namespace in self._known:
            return
        made = catalog.collection(self._since, namespace)
        if made:
            catalog.create(self._to, made)
        self._known.add(namespace)

    def _write(self, namespace: Namespace, operations: Sequence[Operation]) -> None:
        rest = list(operations)
        while rest:
            refused = self._patience(partial(self._bulk, namespace, rest))
            if refused is None:
                return
            self.aside[(str(namespace), rest[refused].key)] = None
            rest = rest[refused + 1 :]

    def _bulk(self, namespace: Namespace, operations: Sequence[Operation]) -> int | None:
        """None, or the index of the operation that another document's unique value forbids: those before are done."""
        with doing(f"writing to {namespace} on the {self._to.side}"):
            try:
                self._to.documents(namespace).bulk_write([_request(each) for each in operations], ordered=True)
            except sdk.BulkWriteError as error:
                first = first_refusal(error)
                if first.get("code") != DUPLICATE_KEY:
                    raise
                return int(first["index"])
        return None


def _request(operation: Operation) -> Any:
    key = RawBSONDocument(operation.key)
    if operation.deletes:
        return pymongo.DeleteOne(key)
    return pymongo.ReplaceOne(key, operation.document, upsert=True)
