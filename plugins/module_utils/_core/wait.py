# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Waiting as data: what to ask, what to look for, how long."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, NotReadyError


@dataclass(frozen=True)
class Wait:
    """Ask `state` every `every` seconds until it answers one of `until`; one of `broken` ends it at once."""

    what: str
    state: Callable[[], str]
    until: tuple[str, ...]
    broken: tuple[str, ...] = ()
    seconds: float = 600.0
    every: float = 5.0


def wait(task: Wait, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
    """Return when the state is reached.

    Raises NotReadyError with what was last seen, or CalstackError when the state can no longer be reached.
    """
    end = clock() + task.seconds
    pause = min(0.2, task.every)
    while (seen := task.state()) not in task.until:
        if seen in task.broken:
            raise CalstackError(f"{task.what} is {seen}: it will not become {' or '.join(task.until)}.")
        if clock() >= end:
            raise NotReadyError(task.what, task.seconds, seen)
        sleep(pause)
        pause = min(pause * 2, task.every)
