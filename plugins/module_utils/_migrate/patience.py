# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A network that fails for a moment does not end hours of work."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import UnreachableError

Answer = TypeVar("Answer")

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each further attempt, on top of PyMongo's own 30 s of looking for a primary."""


class Patience:
    """Does what may be done twice again when the server could not be reached."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep, pauses: tuple[float, ...] = PAUSES) -> None:
        self._sleep = sleep
        self._pauses = pauses

    def __call__(self, action: Callable[[], Answer]) -> Answer:
        """What `action` returns. Raises its UnreachableError when all attempts are used up, any other error at once."""
        attempts = 0
        while True:
            try:
                return action()
            except UnreachableError:
                if not self.pause(attempts):
                    raise
                attempts += 1

    def pause(self, attempts: int) -> bool:
        """Wait after so many failed attempts besides the last; False: there have been enough."""
        if attempts >= len(self._pauses):
            return False
        self._sleep(self._pauses[attempts])
        return True
