"""Faults in a running application, injected from outside: settings for gunicorn, wrapped around its WSGI object.

The lab names this file in GUNICORN_CMD_ARGS of every task and the state file in LAB_FAULT. It runs in the image's
own environment, so it is the standard library only, and it is also where `lab.faults` takes its words from. gunicorn
takes from a settings file the names it knows and ignores the others, which is why nothing here may be called as one
of its settings is, except on purpose.

The state file is looked at for every request (one stat): a fault is live at once, and gone at once.
"""

import json
import os
import runpy
import socket
import ssl
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

STATE_VARIABLE = "LAB_FAULT"
MODES = {
    "errors": "answer 500 to a share of the requests; the balancer's health checks are spared",
    "slow": "wait `delay` seconds before a share of the requests",
    "hang": "do not answer a share of the requests until the fault is cleared",
    "crash-at-start": "let new tasks exit with 1 as they start",
    "failing-health": "answer 503 to the balancer's health checks, while all other requests work",
    "wrong-version": "answer with the header X-App-Version: 0.0.0-wrong, except to health checks; all else works",
    "overload": "answer 503 to a share of the requests, not health checks, while a task gets more than `rate` a second",
    "leak": "open a connection to the database at a share of the requests, and keep it",
}
HEALTH_CHECKERS = ("ELB-HealthChecker", "Envoy/HC")
VERSION_HEADER, WRONG_VERSION = "X-App-Version", "0.0.0-wrong"
RATE_WINDOW = 1.0
HANG_POLL = 0.2
CONNECT_SECONDS = 5.0

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


@dataclass(frozen=True)
class Fault:
    """What is wrong with an image. `share` is 0 to 1, `delay` in seconds, `rate` in requests a second and task."""

    mode: str
    share: float = 1.0
    delay: float = 0.0
    rate: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Raises ValueError, KeyError or TypeError for what is not a fault."""
        found = json.loads(text)
        return cls(str(found["mode"]), *(float(found[name]) for name in ("share", "delay", "rate")))


class FaultFile:
    """The fault that stands in a file now, or None; the file is read again only when it is another one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._fault: Fault | None = None

    def read(self) -> Fault | None:
        try:
            stat = self._path.stat()
            mark = (stat.st_ino, stat.st_mtime_ns)
            if mark != self._seen:
                self._fault = Fault.parse(self._path.read_text())
                self._seen = mark
        except FileNotFoundError:
            self._fault = self._seen = None
        return self._fault


class Share:
    """Picks exactly this share of the requests, evenly spread: chance would make tests flicker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sum = 0.0

    def takes(self, share: float) -> bool:
        with self._lock:
            self._sum += share
            taken = self._sum >= 1.0 - 1e-9
            if taken:
                self._sum -= 1.0
            return taken


class Rate:
    """How many requests came within the last second, each counted as it comes: a worker's own, not its siblings'."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._came: deque[float] = deque()

    def count(self) -> int:
        with self._lock:
            now = self._clock()
            self._came.append(now)
            while self._came[0] <= now - RATE_WINDOW:
                self._came.popleft()
            return len(self._came)


class Leak:
    """Connections to the database that nobody closes, until the fault is cleared."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self.sockets: list[socket.socket] = []

    def drip(self) -> None:
        address = urlsplit(self._uri)
        options = {name.lower(): values[-1] for name, values in parse_qs(address.query).items()}
        host, port = address.hostname or "localhost", address.port or 27017
        connection = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
        if options.get("tls", options.get("ssl")) == "true":
            context = ssl.create_default_context(cafile=options.get("tlscafile"))
            connection = context.wrap_socket(connection, server_hostname=host)
        self.sockets.append(connection)

    def mend(self) -> None:
        while self.sockets:
            self.sockets.pop().close()


class Faulty:
    """A WSGI application with the fault that the state file names."""

    def __init__(
        self,
        application: Application,
        faults: FaultFile,
        leak: Leak,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._application = application
        self._faults = faults
        self._leak = leak
        self._sleep = sleep
        self._share = Share()
        self._rate = Rate(clock)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        fault = self._faults.read()
        if fault is None or fault.mode != "leak":
            self._leak.mend()
        if fault is None:
            return self._application(environ, start_response)
        health_check = is_health_check(environ)
        answer = self._inject(fault, health_check)
        if answer is None:
            wrong = fault.mode == "wrong-version" and not health_check
            return self._application(environ, with_wrong_version(start_response) if wrong else start_response)
        body = f"{answer}: {fault.mode}, injected by the lab\n".encode()
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), ("X-Lab-Fault", fault.mode)]
        start_response(answer, headers)
        return [body]

    def _inject(self, fault: Fault, health_check: bool) -> str | None:
        """Do what the fault does; the status line to answer instead of the application, or None."""
        if fault.mode == "failing-health":
            return "503 Service Unavailable" if health_check else None
        if fault.mode in ("errors", "overload") and health_check:
            return None
        if fault.mode == "overload" and self._rate.count() <= fault.rate:
            return None
        if not self._share.takes(fault.share):
            return None
        if fault.mode == "errors":
            return "500 Internal Server Error"
        if fault.mode == "overload":
            return "503 Service Unavailable"
        if fault.mode == "slow":
            self._sleep(fault.delay)
        elif fault.mode == "hang":
            while (now := self._faults.read()) and now.mode == "hang":
                self._sleep(HANG_POLL)
        elif fault.mode == "leak":
            self._drip()
        return None

    def _drip(self) -> None:
        try:
            self._leak.drip()
        except OSError as error:
            print(f"lab fault leak: the database takes no more connections: {error}", file=sys.stderr, flush=True)


def with_wrong_version(start_response: StartResponse) -> StartResponse:
    """A start_response that says the wrong version, whatever the application said."""

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        others = [item for item in headers if item[0].lower() != VERSION_HEADER.lower()]
        return start_response(status, [*others, (VERSION_HEADER, WRONG_VERSION)], *more)

    return start


def is_health_check(environ: Environ) -> bool:
    return str(environ.get("HTTP_USER_AGENT", "")).startswith(HEALTH_CHECKERS)


def own_settings(folder: Path) -> dict[str, Any]:
    """The application's own gunicorn.conf.py, which gunicorn reads only when it is given no other."""
    path = folder / "gunicorn.conf.py"
    names = runpy.run_path(str(path)) if path.is_file() else {}
    return {name: value for name, value in names.items() if not name.startswith("__")}


def install(settings: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Put the faults into gunicorn's settings; with no LAB_FAULT in the environment, nothing."""
    if STATE_VARIABLE not in environment:
        return
    settings.update(own_settings(Path.cwd()))
    faults = FaultFile(Path(environment[STATE_VARIABLE]))
    leak = Leak(environment.get("MONGO_URI", "mongodb://localhost"))
    then_starting, then_worker = settings.get("on_starting"), settings.get("post_worker_init")

    def on_starting(server: Any) -> None:
        fault = faults.read()
        if fault and fault.mode == "crash-at-start":
            print("lab fault crash-at-start: exit 1", file=sys.stderr, flush=True)
            sys.exit(1)
        if then_starting:
            then_starting(server)

    def post_worker_init(worker: Any) -> None:
        worker.wsgi = Faulty(worker.wsgi, faults, leak)
        if then_worker:
            then_worker(worker)

    settings.update(on_starting=on_starting, post_worker_init=post_worker_init)


install(globals(), os.environ)
