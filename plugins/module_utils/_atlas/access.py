# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The IP access list of a project: what we have added to it, by its comment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas import access_model
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import AtlasKind, unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import (
    CREATE_ACCESS,
    DELETE_ACCESS,
    GET_ACCESS_STATUS,
    LIST_ACCESS,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait

ABSENT = ("ATLAS_NETWORK_PERMISSION_ENTRY_NOT_FOUND", "NOT_IN_IP_RANGE")
ADDED = "added"
ACTIVE, FAILED = access_model.ACTIVE, "FAILED"
ACTIVE_SECONDS = 300.0
"""Atlas brings an entry to the clusters within a minute or so."""

BUSY_SECONDS = 180.0
"""Atlas takes one change of a list at a time, and answers 409 or 500 to a second one meanwhile."""


class AccessList(AtlasKind):
    """The entries with the comment `comment`. What somebody else has added is never changed, and counts as there:

    `others` is told which of the wanted ones these are.
    """

    kind = access_model.KIND

    def __init__(
        self, clients: Clients, scope: Scope, *, project: str | None, comment: str, others: set[str], **waiting: Any
    ) -> None:
        super().__init__(clients, scope, project=project, **waiting)
        self._comment, self._others = comment, others

    def read_project(self, wanted: Iterable[Wanted]) -> list[Found]:
        asked = frozenset().union(*(item.properties["entries"] for item in wanted))
        there = self._there()
        ours = frozenset(entry for entry, comment in there.items() if comment == self._comment)
        others = (asked & there.keys()) - ours
        self._others.clear()
        self._others.update(others)
        if not ours and not others:
            return []
        states = {self._status(entry) for entry in sorted(asked & there.keys())} - {ACTIVE}
        properties = {"entries": ours | others, "status": min(states, default=ACTIVE)}
        return [Found(self.kind, self._comment, self._comment, properties)]

    def _there(self) -> dict[str, str]:
        """The comments of all entries."""
        items = self.api.every(LIST_ACCESS, project=self.project)
        return {access_model.found_entry(item): str(item.get("comment") or "").strip() for item in items}

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        self._add(properties["entries"])
        return Found(self.kind, name, name, properties)

    def settle(self, found: Found) -> Found:
        self._wait(found.properties["entries"])
        return found

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        before, after = found.properties["entries"], properties["entries"]
        failed = frozenset(entry for entry in (before & after) - self._others if self._status(entry) == FAILED)
        # It keeps nobody out: nobody comes in by it.
        self._remove(failed)
        self._add((after - before) | failed)
        self._wait(after)
        # Last, so that whoever comes from an old address and a new one is let in all the time.
        self._remove(before - after)

    def delete(self, found: Found) -> None:
        self._remove(found.properties["entries"])

    def _add(self, entries: frozenset[str]) -> None:
        """All in one request; again only what is not there, where another change of the list was under way."""
        if entries:
            task = Wait("the access list", partial(self._try, entries), (ADDED,), seconds=BUSY_SECONDS, every=10)
            wait(task, self.clock, self.sleep)

    def _try(self, entries: frozenset[str]) -> str:
        if not (missing := entries - self._there().keys()):
            return ADDED
        try:
            body = access_model.request(missing, self._comment)
            self.api.call(CREATE_ACCESS, body=body, project=self.project)
        except AtlasError as error:
            if error.status == 409 or error.status >= 500:
                return f"{error.status} {error.code}: {error.detail}"
            raise
        return ADDED

    def _wait(self, entries: frozenset[str]) -> None:
        for entry in sorted(entries):
            state = partial(self._state, entry)
            task = Wait(f"the access list entry {entry}", state, (ACTIVE,), seconds=ACTIVE_SECONDS, every=3)
            wait(task, self.clock, self.sleep)

    def _state(self, entry: str) -> str:
        status = self._status(entry)
        if status == FAILED:
            raise CalstackError(
                f"Atlas could not bring the access list entry {entry} to the clusters: it is {FAILED}. Run the "
                f"same command again, which makes an entry of ours anew; delete another's in Atlas first (Security, "
                f"Database & Network Access)."
            )
        return status

    def _status(self, entry: str) -> str:
        answer = self.api.call(GET_ACCESS_STATUS, project=self.project, entry=entry)
        return str(answer.get("STATUS") or "PENDING")

    def _remove(self, entries: frozenset[str]) -> None:
        for entry in sorted(entries):
            unless_absent(partial(self.api.call, DELETE_ACCESS, project=self.project, entry=entry), *ABSENT)
