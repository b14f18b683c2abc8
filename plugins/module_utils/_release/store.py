# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Records and timelines of an environment's releases.

Items, by `pk` and `sk`: `release`/ID, the record; `timeline#ID`/GENERATION#NUMBER, one event each; `lock`/`lock`.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice
from threading import Lock as Mutex
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._release import document
from ansible_collections.calstack.aws.plugins.module_utils._release.holder import (
    LOCK,
    Fence,
    LockLostError,
    ours,
    taken,
    to_held,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event
from ansible_collections.calstack.aws.plugins.module_utils._release.table import RefusedError, Table

Part = tuple[str, Mapping[str, Any]]


class Store:
    """All methods raise StoreUnavailableError when DynamoDB is not available, InputError when there is no table, and
    another CalstackError for what else AWS refuses or what cannot be read.

    `dynamodb` is a client as `table.client` makes it, `table` the table's name.
    """

    def __init__(self, dynamodb: Any, table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.table = Table(dynamodb, table, sleep)
        self._numbers: Counter[tuple[str, int]] = Counter()
        self._writing = Mutex()

    def latest(self) -> Release | None:
        return next(iter(self.history(1)), None)

    def load(self, ident: str) -> Release | None:
        item = self.table.get(f"reading release {ident} from {self.table.name}", _record(ident))
        return document.to_release(_content(item)) if item else None

    def history(self, limit: int) -> list[Release]:
        """The newest `limit` releases, the newest first: ids sort by time (`document.next_id`)."""
        words = f"reading the releases in {self.table.name}"
        found = self.table.query(words, "release", ScanIndexForward=False, Limit=limit)
        return [document.to_release(_content(item)) for item in islice(found, limit)]

    def timeline(self, ident: str) -> list[Event]:
        """All that happened to a release, the oldest first, over all its controllers."""
        found = self.table.query(f"reading the timeline of release {ident} from {self.table.name}", _timeline(ident))
        return [document.to_event(_content(item)) for item in found]

    def save(self, release: Release, lock: Fence, event: Event | None = None) -> None:
        """Record `release` under the lock's generation, and `event` with it: both or neither.

        The lock tells from then on which release its holder works on. Raises LockLostError when `lock` is not ours
        any more.
        """
        expression = ours(lock, {":release": {"S": release.id}})
        expression["ExpressionAttributeNames"]["#release"] = "release"
        fence = ("Update", {"Key": LOCK, "UpdateExpression": "SET #release = :release", **expression})
        content = document.from_release(replace(release, generation=lock.generation))
        record = ("Put", {"Item": {**_record(release.id), **_document(content)}})
        self._write(f"recording release {release.id}", release.id, lock, [fence, record], event)

    def append(self, ident: str, event: Event, lock: Fence) -> None:
        """Add `event` to a release's timeline. Raises LockLostError when `lock` is not ours any more."""
        fence = ("ConditionCheck", {"Key": LOCK, **ours(lock)})
        self._write(f"adding to the timeline of release {ident}", ident, lock, [fence], event)

    def _write(self, words: str, ident: str, lock: Fence, parts: list[Part], event: Event | None) -> None:
        """One transaction, of which the first part is the fence.

        An event's number is used up only when it is known to be taken: the repeat of a write whose answer was lost
        finds its own event there and is let through, and does not make a second one.
        """
        with self._writing:
            while True:
                number = self._numbers[ident, lock.generation]
                more = [_event(ident, lock.generation, number, event)] if event else []
                try:
                    self.table.transact(words, [*parts, *more])
                except RefusedError as refused:
                    if 0 in refused.there:
                        held = to_held(refused.there[0])
                        raise LockLostError(self.table.name, taken(held)) from refused
                    # Another event has this number: it was written, its answer was lost, and nobody repeated it.
                else:
                    self._numbers[ident, lock.generation] += len(more)
                    return
                self._numbers[ident, lock.generation] += 1


def _event(ident: str, generation: int, number: int, event: Event) -> Part:
    content = _document(document.from_event(event))
    return "Put", {
        "Item": {"pk": {"S": _timeline(ident)}, "sk": {"S": f"{generation:010d}#{number:06d}"}, **content},
        "ConditionExpression": "attribute_not_exists(pk) OR document = :document",
        "ExpressionAttributeValues": {":document": content["document"]},
    }


def _record(ident: str) -> dict[str, Any]:
    return {"pk": {"S": "release"}, "sk": {"S": ident}}


def _timeline(ident: str) -> str:
    return f"timeline#{ident}"


def _document(content: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON: a boto3 client wants DynamoDB's types spelt out for each value, and people read it in the console."""
    return {"document": {"S": json.dumps(content, sort_keys=True)}}


def _content(item: Mapping[str, Any]) -> Any:
    return json.loads(item["document"]["S"])
