"""`lab up`: start the daemon and return when every part is ready."""

import os
import platform
import sys
import time
from collections.abc import Callable

from lab import engine, environment
from lab.part import LabError
from lab.process import Child, end, sweep
from lab.settings import CHECKOUT, Settings
from lab.state import READY, Phase, State

DAEMON = (sys.executable, "-m", "lab.daemon")
PATIENCE = 60.0
POLL = 0.02


def up(settings: Settings, say: Callable[[str], None] = print) -> int:
    check_platform()
    os.umask(0o077)  # what the lab writes is its user's alone
    state = State(settings)
    with state.changing():
        if daemon := state.daemon():
            say(f"The lab is up (pid {daemon.pid}).")
            return 0
        if settings.containers:
            engine.Engine(settings).check()
        if [*sweep(settings), *engine.sweep(settings)] or state.last_daemon():
            say("Cleaned up after a lab that had crashed.")
        state.clear()
        begun = time.monotonic()
        try:
            _start(settings, state, say)
        except BaseException:
            # First the daemon: what it would start during the sweep would stay.
            if daemon := state.daemon():
                end(daemon)
            sweep(settings)
            engine.sweep(settings)
            state.clear()
            raise
    say(f"The lab is up after {time.monotonic() - begun:.1f} s.  In your shell: . {_shown(environment.path(settings))}")
    return 0


def check_platform(system: str = platform.system(), machine: str = platform.machine()) -> None:  # constants
    """Raise LabError where Envoy's package and 127.0.0.0/8 are not to be had."""
    if system != "Linux" or machine not in ("x86_64", "aarch64"):
        raise LabError(f"the lab runs on Linux (x86_64, aarch64) only; this is {system} on {machine}")


def _start(settings: Settings, state: State, say: Callable[[str], None]) -> None:
    if settings.containers:
        engine.remember(settings)
    child = Child.start(
        settings,
        "lab",
        DAEMON,
        log=settings.logs / "lab.log",
        environment=_daemon_environment(settings),
        directory=CHECKOUT,
    )
    state.remember_daemon(child.identity)
    _wait(settings, state, say, child)


def _wait(settings: Settings, state: State, say: Callable[[str], None], child: Child) -> None:
    """Return when all is ready. Raises LabError when it does not come to that."""
    shown = 0
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        exited = child.died()
        phases = state.phases()
        for phase in phases[shown:]:
            if phase.error:
                raise LabError(phase.error)
            if phase.part == READY:
                return
            say(_line(phase))
        shown = len(phases)
        if exited is not None:
            raise LabError(f"the lab's process exited with {exited}: {_shown(settings.logs / 'lab.log')} says why")
        time.sleep(POLL)
    raise LabError(f"the lab is not ready after {PATIENCE:g} s: {_shown(settings.logs / 'lab.log')} may say why")


def _line(phase: Phase) -> str:
    return f"  {phase.part:<10} ready  {phase.seconds:.1f} s"


def _daemon_environment(settings: Settings) -> dict[str, str]:
    """The user's environment without what would lead the lab elsewhere, and with this lab's settings."""
    kept = {name: value for name, value in os.environ.items() if not leads_elsewhere(name)}
    return {
        **kept,
        "LAB_HOME": str(settings.home),
        "LAB_NETWORK": settings.network,
        "LAB_CACHE": str(settings.cache),
        "LAB_METRICS_DELAY": str(settings.metrics_delay),
        "LAB_ATLAS_SECONDS": str(settings.atlas_seconds),
        "LAB_EDGE_SECONDS": str(settings.edge_seconds),
        "LAB_RUNNER": settings.runner,
        "LAB_ENGINE": settings.engine,
        # moto compiles for two seconds: keep what comes of it, whatever the shell says.
        "PYTHONDONTWRITEBYTECODE": "",
        # Threads would each take an arena of their own: tens of megabytes for nothing.
        "MALLOC_ARENA_MAX": "2",
    }


def leads_elsewhere(variable: str) -> bool:
    """Whether the variable would give the lab another account or a proxy."""
    return variable.startswith(("AWS_", "MOTO_")) or variable.lower().endswith("_proxy")


def _shown(path: os.PathLike[str]) -> str:
    """Relative where that is shorter to type."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else os.fspath(path)
