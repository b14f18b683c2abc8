# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the controller needs of the world outside, as protocols: the real ones call AWS, the tests' play it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ansible_collections.calstack.aws.plugins.module_utils._release.action import Action
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release, Request
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event, Tick
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World


class Eyes(Protocol):
    def world(self, release: Release | None = None) -> World:
        """Raises CalstackError."""
        ...


class Hands(Protocol):
    def do(self, action: Action) -> str:
        """The ARN of what was made, else an empty string. Raises CalstackError."""
        ...


class Judge(Protocol):
    """Gathers evidence by itself, in threads, from `watch` on until `rest`."""

    def watch(self, release: Release) -> None: ...

    def verdicts(self, release: Release, world: World, now: float) -> Sequence[Verdict]:
        """Of the evidence since the phase began. Never raises: what cannot be known is inconclusive."""
        ...

    def rest(self) -> None: ...


class Records(Protocol):
    """Fenced by the lock: who has lost it writes nothing any more.

    All raise LockLostError, or StoreUnavailableError where the table does not answer.
    """

    def save(self, release: Release, event: Event | None = None) -> None: ...

    def append(self, release: Release, event: Event) -> None: ...


class Heartbeat(Protocol):
    """The lock's other side: what came with the last beat."""

    @property
    def request(self) -> Request | None: ...

    def check(self) -> None:
        """Raises LockLostError when somebody else has the lock."""
        ...

    def left(self) -> float:
        """Seconds until the lease ends, if no beat gets through any more."""
        ...


class Audience(Protocol):
    def event(self, event: Event) -> None: ...

    def tick(self, tick: Tick) -> None: ...
