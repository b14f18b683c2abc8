# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The heartbeat that keeps a lock while its holder works, and hears what is asked of it."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._release.holder import LockLostError
from ansible_collections.calstack.aws.plugins.module_utils._release.lock import BEATS, Lock, clear_request, heartbeat
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Request

AGAIN = 1.0
"""Seconds until a heartbeat that failed is tried again."""


class Heart(AbstractContextManager["Heart"]):
    """Beats every quarter of the lease (or `every` seconds), in a thread of its own, until `stop`.

    `lost`: the lock is gone, or its lease ran out while DynamoDB was not available. `trouble`: why the last heartbeat
    failed; the next may get through. `request`: what somebody asks, until `clear_request`.
    """

    def __init__(self, lock: Lock, every: float | None = None) -> None:
        self._lock = lock
        self._every = every or lock.lease / BEATS
        self._stopped = threading.Event()
        self._asking = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self.lost: LockLostError | None = None
        self.trouble: CalstackError | None = None

    @property
    def expires(self) -> float:
        """When our lease ends, by the lock's monotonic clock: with no heartbeat until then, somebody may take over."""
        return self._lock.expires

    @property
    def request(self) -> Request | None:
        return self._lock.request

    def clear_request(self) -> None:
        """Take note of `request`. Raises LockLostError, StoreUnavailableError."""
        with self._asking:
            clear_request(self._lock)

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Return when no heartbeat is under way any more."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def beat(self) -> bool:
        """One heartbeat; False when there is no point in another."""
        try:
            with self._asking:
                heartbeat(self._lock)
        except LockLostError as lost:
            self.lost = lost
            return False
        except CalstackError as error:
            self.trouble = error
            return not self._over(error)
        self.trouble = None
        return True

    def _over(self, error: CalstackError) -> bool:
        if self._lock.monotonic() < self._lock.expires:
            return False
        self.lost = LockLostError(
            self._lock.store.table.name,
            f"no heartbeat got through for {self._lock.lease:.0f} s ({str(error).rstrip('.')})",
        )
        return True

    def _run(self) -> None:
        while not self._stopped.wait(min(AGAIN, self._every) if self.trouble else self._every):
            if not self.beat():
                return
