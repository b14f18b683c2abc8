"""`lab down`: end the daemon and whatever a crash has left, and remove everything but the logs."""

from collections.abc import Callable

from lab import engine
from lab.process import end, sweep
from lab.settings import Settings
from lab.state import State


def down(settings: Settings, say: Callable[[str], None] = print) -> int:
    state = State(settings)
    if not settings.home.exists():
        say("The lab is down.")
        return 0
    with state.changing():
        daemon = state.daemon()
        if daemon:
            end(daemon)
        swept = [*sweep(settings), *engine.sweep(settings)]
        state.clear()
    if swept:
        say(f"Killed what was left of it: {', '.join(swept)}.")
    say("The lab is down." if daemon or swept else "The lab was not up.")
    return 0
