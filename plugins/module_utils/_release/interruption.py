# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A run that is ended from outside goes home in order: the lock is given back, the record says how far it came."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

LOOK_EVERY = 1.0


class InterruptedRunError(BaseException):
    """Somebody has ended the run. No Exception: nothing on the way may take it for trouble with a call."""


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM, SIGINT and SIGHUP raise InterruptedRunError in the main thread while this is open.

    So does the end of the process that started us: Ansible that was killed leaves its modules running.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, _interrupt) for number in numbers}
    over = threading.Event()
    threading.Thread(target=_watch_parent, args=(os.getppid(), over), name="parent", daemon=True).start()
    try:
        yield
    finally:
        over.set()
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    # A second one would cut short what the first has set off.
    for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(again, signal.SIG_IGN)
    raise InterruptedRunError(signal.Signals(number).name)


def _watch_parent(parent: int, over: threading.Event) -> None:
    while not over.wait(LOOK_EVERY):
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
            return
