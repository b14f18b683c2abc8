"""`lab down`: end the daemon and whatever a crash has left, and remove everything but the logs."""

import contextlib
import os
import signal
import time
from collections.abc import Callable

from lab.process import Identity, alive, kill_session, sweep
from lab.settings import Settings
from lab.state import State

PATIENCE = 20.0
POLL = 0.02


def down(settings: Settings, say: Callable[[str], None] = print) -> int:
    state = State(settings)
    if not settings.home.exists():
        say("The lab is down.")
        return 0
    with state.changing():
        daemon = state.daemon()
        if daemon:
            _end(daemon)
        swept = sweep(settings)
        state.clear()
    if swept:
        say(f"Killed what was left of it: {', '.join(swept)}.")
    say("The lab is down." if daemon or swept else "The lab was not up.")
    return 0


def _end(daemon: Identity) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(daemon.pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while alive(daemon):
        if time.monotonic() > deadline:
            kill_session(daemon)
            return
        time.sleep(POLL)
