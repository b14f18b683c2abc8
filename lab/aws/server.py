"""The AWS endpoint: moto's WSGI application in this process, one request at a time, with a log of the calls.

A line of `aws-calls.jsonl` is {"time", "ms", "status", "service", "action", "writes"}: when it came (seconds since
the epoch), how long the emulator took, the HTTP status (0 where there was no answer). A call that a fault has hit has
"fault" with its mode, too.
"""

import contextlib
import io
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from lab.api_faults import ApiFault
from lab.aws import backends, mending
from lab.aws.calls import Call, identify
from lab.aws.faults import ERRORS, ApiFaults, answer, hang_up, without_metrics
from lab.listening import listen
from lab.settings import Settings

log = logging.getLogger(__name__)

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class CallLog:
    """Appends a line a call; several threads may."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", buffering=1)
        self._lock = threading.Lock()

    def add(self, call: Call, started: float, seconds: float, status: int, fault: str = "") -> None:
        line = {
            "time": round(started, 6),
            "ms": round(seconds * 1000, 2),
            "status": status,
            "service": call.service,
            "action": call.action,
            "writes": call.writes,
            **({"fault": fault} if fault else {}),
        }
        with self._lock:
            self._file.write(json.dumps(line) + "\n")

    def close(self) -> None:
        self._file.close()


class Front:
    """The WSGI application in front of moto's: faults, the lock, the log, and a wake-up after each call that writes.

    `pages` are the lab's own, by path, answered as JSON without the lock.
    """

    def __init__(
        self,
        application: Application,
        calls: CallLog,
        wake: Callable[[], None],
        pages: Mapping[str, Callable[[], object]],
        faults: ApiFaults,
        settings: Settings,
    ) -> None:
        self._application = application
        self._calls = calls
        self._wake = wake
        self._pages = pages
        self._faults = faults
        self._settings = settings

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if page := self._pages.get(environ.get("PATH_INFO", "")):
            body = json.dumps(page()).encode()
            start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
            return [body]
        started = time.time()
        body = self._take_body(environ)
        path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
        call = identify(environ["REQUEST_METHOD"], path, query, _headers(environ), body)
        fault = self._faults.take(call) if call else None
        status = 0 if fault and fault.mode in ("down", "lost") else 500

        def start(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = int(line.split()[0])
            return start_response(line, headers, exc_info)

        begun = time.perf_counter()
        try:
            return self._answer(fault, environ, start)
        finally:
            if call:
                mode = fault.mode if fault else ""
                self._calls.add(call, started, time.perf_counter() - begun, status, mode)
                if call.writes:
                    self._wake()

    def _answer(self, fault: ApiFault | None, environ: Environ, start: Callable[..., Any]) -> list[bytes]:
        if fault and fault.mode == "down":
            hang_up(environ)
        if fault and fault.mode in ERRORS:
            return answer(fault, environ, start)
        if fault and fault.mode == "lost":
            with backends.LOCK:
                list(self._application(environ, lambda *_: None))
            hang_up(environ)
        empty = without_metrics(self._settings) if fault and fault.mode == "empty" else contextlib.nullcontext()
        with backends.LOCK, empty:
            return list(self._application(environ, start))

    def _take_body(self, environ: Environ) -> bytes:
        """Read the body before the lock is taken: a slow client must not hold up the others."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if not length:
            return b""
        body: bytes = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = io.BytesIO(body)
        return body


def _headers(environ: Environ) -> dict[str, str]:
    return {
        "authorization": environ.get("HTTP_AUTHORIZATION", ""),
        "x-amz-target": environ.get("HTTP_X_AMZ_TARGET", ""),
        "content-type": environ.get("CONTENT_TYPE", ""),
    }


class _QuietHandler(MotoRequestHandler):
    def log_request(self, *_: Any) -> None:
        """The call log has it already."""


class AwsServer:
    def __init__(
        self, settings: Settings, wake: Callable[[], None], pages: Mapping[str, Callable[[], object]] | None = None
    ) -> None:
        self._settings = settings
        self._wake = wake
        self._pages = {} if pages is None else pages

    def start(self) -> None:
        """Answer from now on. Raises LabError when the address is taken."""
        host, port = self._settings.aws_address
        listener = listen(host, port)
        self._calls = CallLog(self._settings.logs / "aws-calls.jsonl")
        dispatcher = DomainDispatcherApplication(mending(create_backend_app, self._settings))
        faults = ApiFaults.of(self._settings)
        front = Front(dispatcher, self._calls, self._wake, self._pages, faults, self._settings)
        self._server = make_server(
            host, port, front, threaded=True, request_handler=_QuietHandler, fd=listener.detach()
        )
        self._thread = threading.Thread(target=self._server.serve_forever, name="aws", daemon=True)
        self._thread.start()

    def trouble(self) -> str | None:
        return None if self._thread.is_alive() else "the server's thread has died, see lab.log"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._calls.close()
