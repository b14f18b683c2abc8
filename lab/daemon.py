"""The lab's process: `python -m lab.daemon`, started by `lab up` in a session of its own.

It hosts the AWS endpoint and ticks its parts, all in one thread, until SIGTERM.
"""

import contextlib
import logging
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, Protocol

from lab.part import LabError, Part
from lab.settings import Settings
from lab.state import READY, Phase, State

log = logging.getLogger("lab")

LONGEST_SLEEP = 1.0


class Endpoint(Protocol):
    def start(self) -> None: ...
    def trouble(self) -> str | None: ...
    def stop(self) -> None: ...


class Waker:
    """Ends a sleep from any thread or signal handler."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    @property
    def signal_fd(self) -> int:
        """For `signal.set_wakeup_fd`: every handled signal wakes, a child's death too."""
        return self._write

    def wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._write, b".")

    def sleep(self, seconds: float) -> None:
        if select.select([self._read], [], [], seconds)[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(self._read, 4096)


class Daemon:
    def __init__(
        self,
        state: State,
        endpoint: Endpoint,
        parts: Sequence[Part],
        waker: Waker,
        ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._state = state
        self._endpoint = endpoint
        self._parts = parts
        self._waker = waker
        self._ready = ready
        self._started: list[Part] = []
        self._faults: dict[str, str] = {}
        self._stopping = False
        self._since = time.time()

    def stop_soon(self) -> None:
        self._stopping = True
        self._waker.wake()

    def run(self) -> int:
        """Start everything, tick until told to stop, stop everything; the exit code."""
        try:
            self._start()
        except LabError as error:
            self._stop()
            return give_up(self._state, error)
        while not self._stopping:
            self._waker.sleep(self._tick())
        self._stop()
        return 0

    def status(self) -> dict[str, Any]:
        """The parts with their troubles, and what they report."""
        parts = [("aws", self._endpoint.trouble())]
        parts += [(part.name, self._faults.get(part.name) or part.trouble()) for part in self._parts]
        reports = {part.name: part.report() for part in self._started if hasattr(part, "report")}
        troubles = [{"name": name, "trouble": trouble} for name, trouble in parts]
        return {"pid": os.getpid(), "since": self._since, "parts": troubles, **reports}

    def _start(self) -> None:
        begun = time.monotonic()
        self._endpoint.start()
        self._state.add_phase(Phase("aws", time.monotonic() - begun))
        for part in self._parts:
            if self._stopping:
                return
            begun = time.monotonic()
            part.start()
            self._started.append(part)
            self._state.add_phase(Phase(part.name, time.monotonic() - begun))
        self._ready()
        self._state.add_phase(Phase(READY))

    def _tick(self) -> float:
        waits = [LONGEST_SLEEP]
        for part in self._parts:
            try:
                waits.append(part.tick())
                self._faults.pop(part.name, None)
            except Exception as error:
                # One part's fault must not end the others; `lab status` tells.
                log.exception("%s", part.name)
                self._faults[part.name] = f"{type(error).__name__}: {error} (see lab.log)"
        return max(0.0, min(waits))

    def _stop(self) -> None:
        for part in reversed(self._started):
            try:
                part.stop()
            except Exception:
                log.exception("stopping %s", part.name)
        with contextlib.suppress(AttributeError):  # it may not have started
            self._endpoint.stop()


def give_up(state: State, error: LabError) -> int:
    """Tell `lab up` why there is no lab; the exit code."""
    log.error("%s", error)
    state.add_phase(Phase("", error=str(error)))
    return 1


def main() -> int:
    from lab.assembly import assemble

    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    settings = Settings.from_environment()
    waker = Waker()
    try:
        daemon = assemble(settings, waker)
    except LabError as error:
        return give_up(State(settings), error)

    def stop(_: int, __: FrameType | None) -> None:
        daemon.stop_soon()

    signal.set_wakeup_fd(waker.signal_fd, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return daemon.run()


if __name__ == "__main__":
    sys.exit(main())
