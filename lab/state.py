"""What is running, on disk: the daemon's identity and how far its start has come.

`down` must work after any crash, so nothing here is needed to be true: pids are checked against start times.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from lab.part import LabError
from lab.process import Identity, alive
from lab.settings import Settings

FILES = ("env", "env.new")
"""What the lab writes in its folder, beside `run` and the logs."""
MARKS = ("run/daemon", "run/faults", "logs/lab.log")
"""One of these is in every folder that has been a lab's."""


@dataclass(frozen=True)
class Phase:
    """A part that is ready after so many seconds, the end of the start (`READY`), or what made it fail."""

    part: str
    seconds: float = 0.0
    error: str = ""


READY = "ready"
STATUS_PAGE = "/_lab/status"
"""The path on the AWS endpoint where the daemon answers with its status."""


class State:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._daemon = settings.run / "daemon"
        self._phases = settings.run / "phases.jsonl"

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Held by whoever takes the lab up or down; a second one waits.

        The lock is on the folder itself, so that no file stays. Raises LabError for a folder that has something in it
        and was never a lab's.
        """
        self._settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = os.open(self._settings.home, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            self._check_folder()
            yield
        finally:
            os.close(folder)

    def remember_daemon(self, identity: Identity) -> None:
        self._settings.run.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._daemon.write_text(f"{identity}\n")

    def daemon(self) -> Identity | None:
        """The daemon if it lives."""
        identity = self.last_daemon()
        return identity if identity and alive(identity) else None

    def last_daemon(self) -> Identity | None:
        """The daemon that was started last and was not taken down, dead or alive."""
        try:
            return Identity.parse(self._daemon.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def add_phase(self, phase: Phase) -> None:
        self._settings.run.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._phases.open("a") as file:
            file.write(json.dumps(asdict(phase)) + "\n")

    def phases(self) -> list[Phase]:
        try:
            text = self._phases.read_text()
        except FileNotFoundError:
            return []
        return [Phase(**json.loads(line)) for line in text.splitlines() if line.endswith("}")]

    def clear(self) -> None:
        """Remove what the lab has written, but the logs: only what it knows by name, as others may have files there."""
        run, files = self._settings.run, [self._settings.home / name for name in FILES]
        if run.is_symlink():
            run.unlink()
        shutil.rmtree(run, ignore_errors=True)
        for file in files:
            if file.is_symlink() or file.is_file():
                file.unlink()
        if run.exists():
            raise LabError(f"could not remove {run}")

    def _check_folder(self) -> None:
        home = self._settings.home
        if any(home.iterdir()) and not any((home / mark).exists() for mark in MARKS):
            raise LabError(f"{home} has other things in it and is no lab's: give LAB_HOME a folder of its own")
