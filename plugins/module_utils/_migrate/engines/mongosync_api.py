# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""mongosync's HTTP API on this machine: https://www.mongodb.com/docs/mongosync/current/reference/api/."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.job import EngineError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.uris import Mask
from ansible_collections.calstack.aws.plugins.module_utils._migrate.progress import size

HOST = "127.0.0.1"
"""mongosync listens on loopback only, unless it is told otherwise."""

ANSWER_WITHIN = 60.0
"""Seconds. A request is asked again while mongosync is still starting: see mongosync.ANSWERS_AFTER."""

SOURCE, TARGET = "cluster0", "cluster1"


class UnansweredError(Exception):
    """mongosync did not answer, which it may not do for minutes after its start."""


class RefusedError(EngineError):
    """mongosync answered that it cannot."""


@dataclass(frozen=True)
class Progress:
    """GET /progress."""

    state: str
    """IDLE, RUNNING, PAUSED, COMMITTING, COMMITTED; others may be added."""
    can_commit: bool = False
    can_write: bool = False
    info: str = ""
    lag: int | None = None
    """Seconds. mongosync itself keeps it a few seconds above zero until the commit."""
    total_bytes: int = 0
    """Of the first copy, as estimated at the start."""
    copied_bytes: int = 0
    events: int = 0
    """Changes that this process has applied, about."""

    @property
    def words(self) -> str:
        """On one line, for people."""
        parts = [f"mongosync {self.state.lower()}"]
        if self.info:
            parts.append(self.info)
        if self.total_bytes and not self.can_commit:
            share = min(100 * self.copied_bytes / self.total_bytes, 100)
            parts.append(f"{size(self.copied_bytes)} of about {size(self.total_bytes)} ({share:.0f} %)")
        if self.lag is not None:
            parts.append(f"{self.lag} s behind")
        if self.events:
            parts.append(f"{self.events:,} changes applied")
        return " · ".join(parts)


def start_body(databases: Sequence[str]) -> dict[str, Any]:
    """The body of POST /start."""
    return {
        "source": SOURCE,
        "destination": TARGET,
        "includeNamespaces": [{"database": database} for database in databases],
        # The migration's own state is in the target, and has to be written while mongosync runs.
        "preExistingDestinationData": True,
        "enableUserWriteBlocking": False,
        # It needs 10 GB of memory and cannot go on after a restart; the stage verify compares everything.
        "verification": {"enabled": False},
    }


def progress(answer: Mapping[str, Any]) -> Progress:
    """What an answer of /progress says. Raises EngineError where it is not one."""
    told = answer.get("progress")
    if not isinstance(told, Mapping) or not isinstance(told.get("state"), str):
        raise EngineError(f"mongosync's progress was not understood: it has {sorted(answer)}, and no state.")
    copy = told.get("collectionCopy")
    copy = copy if isinstance(copy, Mapping) else {}
    return Progress(
        state=told["state"],
        can_commit=told.get("canCommit") is True,
        can_write=told.get("canWrite") is True,
        info=str(told.get("info") or ""),
        lag=_number(told.get("lagTimeSeconds")),
        total_bytes=_number(copy.get("estimatedTotalBytes")) or 0,
        copied_bytes=_number(copy.get("estimatedCopiedBytes")) or 0,
        events=_number(told.get("totalEventsApplied")) or 0,
    )


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None


@dataclass(frozen=True)
class MongosyncApi:
    """The API of the mongosync that listens on `port` of this machine. `mask` stars secrets out of its answers."""

    port: int
    mask: Mask = field(default_factory=lambda: Mask(()), repr=False)

    def progress(self) -> Progress:
        """Raises UnansweredError, RefusedError or EngineError."""
        return progress(self._ask("GET", "progress"))

    def start(self, databases: Sequence[str]) -> None:
        """Begin. Raises UnansweredError or RefusedError."""
        self._ask("POST", "start", start_body(databases))

    def resume(self) -> None:
        """Go on after a pause. Raises UnansweredError or RefusedError."""
        self._ask("POST", "resume", {})

    def commit(self) -> None:
        """Cut over. Raises UnansweredError or RefusedError."""
        self._ask("POST", "commit", {})

    def _ask(self, method: str, name: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        # No proxy: http.client reads none from the environment.
        connection = http.client.HTTPConnection(HOST, self.port, timeout=ANSWER_WITHIN)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"/api/v1/{name}", text, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UnansweredError(str(error) or type(error).__name__) from error
        finally:
            connection.close()
        if not isinstance(answer, dict):
            raise EngineError(f"mongosync's answer to {name} was not understood: it is no object.")
        if answer.get("success") is False or "error" in answer:
            words = ": ".join(str(answer[key]) for key in ("error", "errorDescription") if answer.get(key))
            words = self.mask(words) or "without a reason"
            raise RefusedError(f"mongosync refused the request {name}: {words}.")
        return answer
