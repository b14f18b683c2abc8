"""The faults of the API at work: which call is hit, and what it is answered instead."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from xml.sax.saxutils import escape

from lab import api_faults
from lab.api_faults import ApiFault
from lab.aws.calls import Call
from lab.settings import Settings

Environ = dict[str, Any]
ERRORS = {
    "throttle": (400, "Throttling", "Rate exceeded"),
    "refuse": (403, "AccessDenied", "User is not authorized to perform this action"),
    "error": (500, "InternalFailure", "An internal failure has occurred"),
}
JSON_NAMES = {"Throttling": "ThrottlingException", "AccessDenied": "AccessDeniedException"}
XML_SERVICES = {"cloudfront", "route53", "s3"}
"""Those of the REST protocol that speaks XML."""
INJECTED = ", injected by the lab"


@dataclass
class _Left:
    """A fault and how many calls it hits yet, for one content of its file."""

    mark: tuple[int, int]
    fault: ApiFault
    times: int


class ApiFaults:
    """The faults that stand in files now, looked for at every call; several threads may."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._left: dict[Path, _Left] = {}

    @classmethod
    def of(cls, settings: Settings) -> "ApiFaults":
        return cls(api_faults.folder(settings))

    def take(self, call: Call) -> ApiFault | None:
        """The fault that hits this call, which then counts."""
        return self.take_named(call.service, call.action)

    def take_named(self, service: str, action: str) -> ApiFault | None:
        """As `take`."""
        with self._lock:
            for path in sorted(self._folder.glob("*.json")):
                left = self._read(path)
                if left and left.fault.hits(service, action):
                    self._count(path, left)
                    return left.fault
        return None

    def _read(self, path: Path) -> _Left | None:
        try:
            stat = path.stat()
            mark = (stat.st_ino, stat.st_mtime_ns)
            if path not in self._left or self._left[path].mark != mark:
                fault = ApiFault.parse(path.read_text())
                self._left[path] = _Left(mark, fault, fault.times)
        except FileNotFoundError:
            return None
        return self._left[path]

    def _count(self, path: Path, left: _Left) -> None:
        if left.times:
            left.times -= 1
            if not left.times:
                path.unlink(missing_ok=True)
                del self._left[path]


def answer(fault: ApiFault, environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
    """The error of a fault that has one, in the protocol of the request: query, REST with XML, or JSON in any form."""
    status, code, message = ERRORS[fault.mode]
    message += INJECTED
    if fault.service in XML_SERVICES or "form-urlencoded" in environ.get("CONTENT_TYPE", ""):
        body = _xml(code, message)
        headers = [("Content-Type", "text/xml")]
    else:
        # Services that spoke the query protocol once say both names.
        known, code = code, JSON_NAMES.get(code, code)
        status = 400 if fault.mode == "refuse" else status
        body = json.dumps({"__type": code, "message": message}).encode()
        headers = [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code)]
        if environ.get("HTTP_X_AMZN_QUERY_MODE"):
            headers.append(("x-amzn-query-error", f"{known};{'Receiver' if status == 500 else 'Sender'}"))
    start_response(f"{status} {code}", [*headers, ("Content-Length", str(len(body)))])
    return [body]


def _xml(code: str, message: str) -> bytes:
    """Both in the words of the query protocol and in EC2's."""
    error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    identity = "<RequestId>lab</RequestId>"
    return f"<Response><Errors><Error>{error}</Error></Errors><Error>{error}</Error>{identity}</Response>".encode()


def hang_up(environ: Environ) -> NoReturn:
    """Close the connection without an answer: always raises, which the server takes for a client that has gone."""
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("closed by the lab: a fault of the API")


@contextlib.contextmanager
def without_metrics(settings: Settings) -> Iterator[None]:
    """CloudWatch has no data while this lasts. Hold the backends' lock."""
    from lab.aws import backends
    from lab.samples import Samples

    memory = vars(backends.cloudwatch(settings))
    kept = memory.get("lab_samples")
    memory["lab_samples"] = Samples()
    try:
        yield
    finally:
        if kept is None:
            del memory["lab_samples"]
        else:
            memory["lab_samples"] = kept
