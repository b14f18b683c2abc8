# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""How far a migration has come, kept in the target, so that any machine can go on.

One process at a time works on it: it holds a lease, which it renews and which lapses when it dies. Every write of the
state asks for that lease, so that a process that lost it can spoil nothing.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import MigrationError, TakenError, doing
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import STATE_DATABASE
from ansible_collections.calstack.aws.plugins.module_utils._migrate.server import Server

with suppress(ImportError):  # server.connect says so before anything of this file is used
    import pymongo.errors as sdk

LEASE = 15.0
"""Seconds that a lease lasts: how long a run waits for one that was killed."""
RENEW = 3.0
"""Seconds between two renewals."""
LOOK = 0.5
"""Seconds between two looks at somebody else's lease."""


@dataclass(frozen=True)
class State:
    """`done` has the finished stages, each with when (ISO 8601, UTC).

    `position`, `mark` and `back` are change streams' tokens: how far the source was followed, where the target's
    changes begin that a way back takes along, and how far those were taken. `copied` names the collections that are
    complete, `aside` what could not be applied yet: (namespace, raw key). `expiries` are the collMod requests that
    `finish` makes, each as {database, request}, `databases_copied` how far an engine that copies whole databases came
    with each (begun, copied). `blocked`: the source refuses writes because of us.
    """

    migration: str
    databases: tuple[str, ...] = ()
    engine: str = "builtin"
    done: Mapping[str, str] = field(default_factory=dict)
    position: Mapping[str, Any] | None = None
    mark: Mapping[str, Any] | None = None
    back: Mapping[str, Any] | None = None
    copied: frozenset[str] = frozenset()
    databases_copied: Mapping[str, str] = field(default_factory=dict)
    expiries: tuple[Mapping[str, Any], ...] = ()
    aside: tuple[tuple[str, bytes], ...] = ()
    applied: int = 0
    applied_back: int = 0
    blocked: bool = False


def check_ours(state: State | None, databases: tuple[str, ...], engine: str) -> None:
    """Raises InputError where the target holds the state of another migration than the one asked for."""
    if state is None:
        return
    if set(state.databases) != set(databases):
        raise InputError(
            f"migrate_databases is {', '.join(databases)}, but the migration {state.migration} in the target moves "
            f"{', '.join(state.databases)}. Name the same ones, or run the stage discard first."
        )
    if state.engine != engine:
        raise InputError(
            f"migrate_engine is {engine}, but the migration {state.migration} in the target was begun with "
            f"{state.engine}. Go on with that one, or run the stage discard first."
        )


class Store:
    """The state of the migration `name` in the server `target`."""

    def __init__(self, target: Server, name: str, sleep: Callable[[float], Any] | None = None) -> None:
        self._target = target
        self._name = name
        self._me = uuid.uuid4().hex
        self._stop = threading.Event()
        self._sleep = sleep or self._stop.wait
        self._removed = False
        self.lost = False

    @property
    def _documents(self) -> Any:
        return self._target.database(STATE_DATABASE)["migrations"]

    def read(self) -> State | None:
        """None: it has not begun."""
        with doing("reading the migration's state from the target"):
            document = self._documents.find_one({"_id": self._name})
        if not document or "engine" not in document:
            return None
        return State(
            migration=self._name,
            databases=tuple(document["databases"]),
            engine=document["engine"],
            done=document.get("done") or {},
            position=document.get("position"),
            mark=document.get("mark"),
            back=document.get("back"),
            copied=frozenset(document.get("copied") or ()),
            databases_copied=document.get("databases_copied") or {},
            expiries=tuple(document.get("expiries") or ()),
            aside=tuple((each["namespace"], bytes(each["key"])) for each in document.get("aside") or ()),
            applied=int(document.get("applied", 0)),
            applied_back=int(document.get("applied_back", 0)),
            blocked=bool(document.get("blocked")),
        )

    def others(self) -> list[str]:
        """Other migrations into the same target."""
        with doing("reading the migrations' state from the target"):
            return [each["_id"] for each in self._documents.find({"_id": {"$ne": self._name}}, {"_id": 1})]

    def save(self, **values: Any) -> None:
        """Set fields of the state. Raises TakenError when another process has taken over."""
        self._update({"$set": values})

    def finish(self, stage: str) -> str:
        """Note that `stage` is done; when."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._update({"$set": {f"done.{stage}": now}})
        return now

    def reopen(self, *stages: str) -> None:
        """Note that `stages` must be done again."""
        self._update({"$unset": {f"done.{stage}": "" for stage in stages}})

    def add_copied(self, namespace: str) -> None:
        self._update({"$addToSet": {"copied": namespace}})

    def remove(self) -> None:
        """Forget the migration; with the last one the database goes."""
        with doing("removing the migration's state from the target"):
            self._removed = True
            self._documents.delete_one({"_id": self._name})
            if not self._documents.find_one({}, {"_id": 1}):
                self._target.client.drop_database(STATE_DATABASE)

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Work on the migration alone. Raises TakenError where another process does and goes on doing so."""
        self._take()
        thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
            if not self._removed:
                with suppress(sdk.PyMongoError):
                    self._documents.update_one({"_id": self._name, "lease.who": self._me}, {"$unset": {"lease": ""}})

    def _take(self) -> None:
        with doing("taking the migration's lease in the target"):
            end = self._target.clock() + LEASE + 2 * RENEW
            while not self._taken():
                if self._target.clock() > end:
                    raise TakenError(
                        f"another run works on the migration {self._name} right now: let it end, or stop it. It is "
                        f"seen as dead {LEASE:.0f} s after its last sign of life."
                    )
                self._sleep(LOOK)

    def _taken(self) -> bool:
        """Try it. The clock is the target's: the machines' own may differ."""
        now = self._target.clock()
        free = {"_id": self._name, "$or": [{"lease": {"$exists": False}}, {"lease.until": {"$lt": now}}]}
        try:
            found = self._documents.update_one(
                free, {"$set": {"lease": {"who": self._me, "until": now + LEASE}}}, upsert=True
            )
        except sdk.DuplicateKeyError:
            return False
        return bool(found.matched_count or found.upserted_id)

    def _renew(self) -> None:
        while not self._stop.wait(RENEW) and not self._removed:
            with suppress(sdk.PyMongoError):
                until = self._target.clock() + LEASE
                ours = {"_id": self._name, "lease.who": self._me}
                if not self._documents.update_one(ours, {"$set": {"lease.until": until}}).matched_count:
                    self.lost = True
                    return

    def _update(self, change: Mapping[str, Any]) -> None:
        with doing("writing the migration's state to the target"):
            found = self._documents.update_one({"_id": self._name, "lease.who": self._me}, change)
        if not found.matched_count:
            raise TakenError(f"another run has taken over the migration {self._name}: this one ends.")


def token(document: Any) -> Mapping[str, Any]:
    """A change stream's token as it is stored. Raises MigrationError where the server gave none."""
    if document is None:
        raise MigrationError("the server gives no position in its change stream: is it MongoDB 4.0.7 or later?")
    return dict(document)
