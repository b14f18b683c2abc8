"""Child processes: each leads a session of its own, is recorded on disk, and goes with all it started.

A pid alone may be recycled, so a process is known by its pid together with its start time. Every child has a
record in `settings.run/processes` for as long as it may live: `sweep` ends what a daemon that crashed has left.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lab.settings import Settings

POLL = 0.02
KILL_GRACE = 5.0
END_GRACE = 20.0


@dataclass(frozen=True)
class Identity:
    """A process and when it started, in clock ticks since boot (field 22 of proc_pid_stat(5))."""

    pid: int
    started: int

    def __str__(self) -> str:
        return f"{self.pid} {self.started}"

    @classmethod
    def parse(cls, text: str) -> "Identity":
        pid, started = text.split()[:2]
        return cls(int(pid), int(started))


@dataclass(frozen=True)
class _Stat:
    pid: int
    state: str
    session: int
    started: int


def identify(pid: int) -> Identity | None:
    """The identity of a process that lives (a zombie does not), else None."""
    stat = _stat(pid)
    return Identity(pid, stat.started) if stat and stat.state != "Z" else None


def alive(identity: Identity) -> bool:
    return identify(identity.pid) == identity


def members(leader: Identity) -> list[int]:
    """The living pids of the session that `leader` leads or, if it is dead, led.

    The kernel gives no pid out again while a session still bears it; so a process that has the leader's pid and
    another start time means that the whole session is gone.
    """
    now = _stat(leader.pid)
    if now and now.started != leader.started:
        return []
    return [stat.pid for stat in _all() if stat.session == leader.pid and stat.state != "Z"]


def kill_session(leader: Identity) -> None:
    """SIGKILL everything in the session of `leader` and wait until it is gone (at most 5 s)."""
    deadline = time.monotonic() + KILL_GRACE
    while (pids := members(leader)) and time.monotonic() < deadline:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(POLL)


def end(leader: Identity, grace: float = END_GRACE) -> None:
    """SIGTERM to `leader`, up to `grace` seconds in which it may end what it has started, SIGKILL to its session."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(leader.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while alive(leader):
        if time.monotonic() > deadline:
            kill_session(leader)
            return
        time.sleep(POLL)


class Child:
    """A process of the lab that leads its own session."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], record: Path) -> None:
        self.name = name
        self._popen = popen
        self._record = record
        self.identity = identify(popen.pid) or Identity(popen.pid, 0)
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(f"{self.identity} {name}\n")

    @classmethod
    def start(
        cls,
        settings: Settings,
        name: str,
        argv: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str],
        directory: Path | None = None,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
    ) -> "Child":
        """Start `argv` with exactly this environment; output is appended to `log`.

        Raises OSError when the program cannot be started.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            popen = subprocess.Popen(
                [os.fspath(item) for item in argv],
                cwd=directory,
                env=dict(environment),
                stdin=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(name, popen, settings.run / "processes" / str(popen.pid))

    @property
    def pid(self) -> int:
        return self._popen.pid

    def died(self) -> int | None:
        """None while it runs, else the exit code as a shell gives it (128 + N for signal N).

        What the dead process has left in its session is killed: orphaned workers would keep its sockets.
        """
        code = self._popen.poll()
        if code is None:
            return None
        if self._record.exists():
            kill_session(self.identity)
            self._record.unlink(missing_ok=True)
        return code if code >= 0 else 128 - code

    def terminate(self) -> None:
        """SIGTERM to the process itself, which is to end its children."""
        if self._popen.poll() is None:
            self._popen.terminate()

    def kill(self) -> None:
        """SIGKILL to the whole session."""
        kill_session(self.identity)

    def stop(self, grace: float) -> int:
        """SIGTERM, up to `grace` seconds, SIGKILL; the exit code."""
        self.terminate()
        try:
            self._popen.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()
            self._popen.wait()
        code = self.died()
        return 0 if code is None else code


def sweep(settings: Settings) -> list[str]:
    """Kill every recorded process that still lives; the names of those that did."""
    swept = []
    for record in sorted((settings.run / "processes").glob("*")):
        with contextlib.suppress(ValueError, IndexError):
            text = record.read_text()
            leader = Identity.parse(text)
            if members(leader):
                kill_session(leader)
                swept.append(text.split(maxsplit=2)[2].strip())
        record.unlink(missing_ok=True)
    return swept


def _all() -> Iterator[_Stat]:
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            yield stat


def _stat(pid: int) -> _Stat | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text[text.rindex(")") + 2 :].split()  # the name before it may hold blanks and brackets
    return _Stat(pid, fields[0], int(fields[3]), int(fields[19]))
