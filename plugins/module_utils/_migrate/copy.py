# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The copy of documents: a reader and a writer at once, with a bounded number of bytes between them.

Documents are read in the order of `_id` and written in that order, so the largest `_id` on the target says how far a
copy came. `min` finds the place to go on, as it counts in the index's own order over all types; `$gt` compares within
one type only.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._migrate.catalog import create
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import (
    DUPLICATE_KEY,
    UnreachableError,
    doing,
    first_refusal,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Collection, Namespace
from ansible_collections.calstack.aws.plugins.module_utils._migrate.patience import Patience
from ansible_collections.calstack.aws.plugins.module_utils._migrate.progress import Count
from ansible_collections.calstack.aws.plugins.module_utils._migrate.server import Server

with suppress(ImportError):  # server.connect says so before anything of this file is used
    import pymongo
    import pymongo.errors as sdk

DOCUMENTS = 4000
"""The most documents of a batch."""
BYTES = 4 * 1024 * 1024
"""The most bytes of a batch, but for a single document that is larger."""
HELD = 32 * 1024 * 1024
"""Bytes that all copies together hold between reading and writing: what keeps memory bounded whatever the size."""

BY_ID = [("_id", 1)]


class Budget:
    """Bytes that may be held at once. One batch always fits, however large."""

    def __init__(self, limit: int = HELD) -> None:
        self._limit = limit
        self._held = 0
        self._change = threading.Condition()

    def take(self, size: int, over: threading.Event) -> None:
        """Wait until `size` fits, or `over` is set."""
        with self._change:
            while self._held and self._held + size > self._limit and not over.is_set():
                self._change.wait(0.5)
            self._held += size

    def give(self, size: int) -> None:
        with self._change:
            self._held -= size
            self._change.notify_all()


@dataclass(frozen=True)
class Read:
    """What a reader hands over: documents of a collection and their size in bytes; without any: its end."""

    namespace: Namespace
    documents: list[Any] = field(default_factory=list, repr=False)
    size: int = 0


class Copier:
    """Copies documents from `source` to `target`.

    `count` is told of each batch that is written, `complete` of each collection that has all its documents.
    """

    def __init__(
        self,
        source: Server,
        target: Server,
        *,
        count: Callable[[Count], None],
        complete: Callable[[Namespace], None],
        budget: Budget | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._source, self._target = source, target
        self._count, self._complete = count, complete
        self._budget = budget or Budget()
        self._patience = patience or Patience()
        self.over = threading.Event()
        """Ends the copy after the batch that is being written."""

    def copy(self, pending: queue.SimpleQueue[Namespace]) -> None:
        """Copy of each of the `pending` collections what the target does not have yet, until none is left.

        The reader goes on with the next collection while the end of the last one is written. May run in several
        threads at once. Raises MigrationError; what is written stays.
        """
        read: queue.SimpleQueue[Read | BaseException | None] = queue.SimpleQueue()
        reader = threading.Thread(target=self._read, args=(pending, read), name="read", daemon=True)
        reader.start()
        try:
            while (found := read.get()) is not None and not self.over.is_set():
                self._take(found)
        except BaseException:
            self.over.set()
            raise
        finally:
            reader.join()

    def _take(self, found: Read | BaseException) -> None:
        if isinstance(found, BaseException):
            raise found
        if not found.documents:
            self._complete(found.namespace)
            return
        self._write(found.namespace, found.documents)
        self._budget.give(found.size)
        self._count(Count(len(found.documents), found.size))

    def _read(
        self, pending: queue.SimpleQueue[Namespace], read: queue.SimpleQueue[Read | BaseException | None]
    ) -> None:
        try:
            while not self.over.is_set():
                namespace = pending.get_nowait()
                last = largest(self._target, namespace)
                for batch, size in gathered(documents(self._source, namespace, last, self._patience)):
                    self._budget.take(size, self.over)
                    if self.over.is_set():
                        break
                    read.put(Read(namespace, batch, size))
                else:
                    read.put(Read(namespace))
        except queue.Empty:
            pass
        except BaseException as error:  # handed over to the writer, which raises it
            read.put(error)
        read.put(None)

    def _write(self, namespace: Namespace, documents: list[Any]) -> None:
        try:
            if self._insert(namespace, documents):
                return
        except UnreachableError:
            pass  # some of it may be there: below, twice does no harm
        self._patience(lambda: self._put(namespace, documents))

    def _insert(self, namespace: Namespace, documents: list[Any]) -> bool:
        """Whether all are new: what an earlier run sent when it was killed may have arrived after this one looked."""
        with doing(f"writing to {namespace} on the {self._target.side}"):
            try:
                self._target.documents(namespace).insert_many(documents, ordered=True)
            except sdk.BulkWriteError as error:
                if first_refusal(error).get("code") != DUPLICATE_KEY:
                    raise
                return False
        return True

    def _put(self, namespace: Namespace, documents: list[Any]) -> None:
        requests: list[Any] = [pymongo.ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in documents]
        with doing(f"writing to {namespace} on the {self._target.side}"):
            self._target.documents(namespace).bulk_write(requests, ordered=True)


def documents(
    server: Server, namespace: Namespace, after: Any = None, patience: Patience | None = None
) -> Iterator[Any]:
    """The collection's documents as raw BSON in the order of `_id`, those behind the document `after`.

    A cursor that breaks is opened again behind the last document that it gave.
    """
    patience = patience or Patience()
    attempts = 0
    while True:
        try:
            for document in _scan(server, namespace, after):
                after, attempts = document, 0
                yield document
        except UnreachableError:
            if not patience.pause(attempts):
                raise
            attempts += 1
        else:
            return


def _scan(server: Server, namespace: Namespace, after: Any) -> Iterator[Any]:
    with doing(f"reading {namespace} on the {server.side}"):
        cursor = server.documents(namespace).find({}, batch_size=DOCUMENTS).hint(BY_ID)
        if after is not None:
            cursor = cursor.min([("_id", after["_id"])])
        behind = None if after is None else after["_id"]
        for document in cursor:
            if behind is not None:
                # min includes the place itself, if it is still there.
                first, behind = behind, None
                if document["_id"] == first:
                    continue
            yield document


def gathered(found: Iterator[Any]) -> Iterator[tuple[list[Any], int]]:
    """Batches of documents with their sizes in bytes."""
    batch: list[Any] = []
    size = 0
    for document in found:
        batch.append(document)
        size += len(document.raw)
        if size >= BYTES or len(batch) >= DOCUMENTS:
            yield batch, size
            batch, size = [], 0
    if batch:
        yield batch, size


def largest(server: Server, namespace: Namespace) -> Any:
    """The document with the largest `_id`, of which only that is there; None: the collection is empty."""
    with doing(f"looking for the end of {namespace} on the {server.side}"):
        return server.documents(namespace).find_one({}, {"_id": 1}, sort=[("_id", -1)])


def copy_capped(source: Server, target: Server, collection: Collection) -> None:
    """Copy a capped collection whole, in the order in which it was written, which is what it is for.

    What the migration itself wrote to it before goes first: a part of it could not be told from the rest.
    """
    namespace = collection.namespace
    with doing(f"copying {namespace}, which is capped"):
        target.database(namespace.database).drop_collection(namespace.collection)
    create(target, collection)
    with doing(f"copying {namespace}, which is capped"):
        cursor = source.documents(namespace).find({}, batch_size=DOCUMENTS).sort("$natural", 1)
        for batch, _ in gathered(cursor):
            target.documents(namespace).insert_many(batch, ordered=True)
