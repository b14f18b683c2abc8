# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The lock, its heartbeat and the record, as a controller sees them."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._release.heart import Heart
from ansible_collections.calstack.aws.plugins.module_utils._release.lock import Lock
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release, Request
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event
from ansible_collections.calstack.aws.plugins.module_utils._release.store import Store


@dataclass(frozen=True)
class FencedRecords:
    """`store`, written to as the holder of `lock` only."""

    store: Store
    lock: Lock

    def save(self, release: Release, event: Event | None = None) -> None:
        self.store.save(release, self.lock, event)

    def append(self, release: Release, event: Event) -> None:
        self.store.append(release.id, event, self.lock)


@dataclass(frozen=True)
class LockHeartbeat:
    """What a controller asks of the heart of its lock."""

    heart: Heart
    lock: Lock

    @property
    def request(self) -> Request | None:
        return self.heart.request

    def check(self) -> None:
        if self.heart.lost:
            raise self.heart.lost

    def left(self) -> float:
        return self.lock.expires - self.lock.monotonic()
