"""The WSGI application: who asks, which operation and version, faults, the lock, the answer and the log of it."""

import io
import json
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, unquote

from lab.api_faults import ApiFault
from lab.atlas import catalogue
from lab.atlas.calls import Call, CallLog
from lab.atlas.credentials import TOKEN_SECONDS, Digest, Tokens
from lab.atlas.errors import RefusedError, no_such_path, unauthorized
from lab.atlas.operations import Answer, Operation, Request, version_gone
from lab.atlas.world import World

log = logging.getLogger(__name__)

Environ = dict[str, Any]
OAUTH_PATH = "/api/oauth/token"
LARGEST_BODY = 1024 * 1024
RETRY_AFTER = "1"
"""Seconds."""
INJECTED = "Injected by the lab."

Take = Callable[[str, str], ApiFault | None]
"""The fault that hits a call of a service and an action now."""
HangUp = Callable[[Environ], object]
"""Closes the connection without an answer: always raises."""


class Api:
    """`wake` is called after each call that may have changed something."""

    def __init__(self, world: World, log: CallLog, wake: Callable[[], None], take: Take, hang_up: HangUp) -> None:
        self.world = world
        self.tokens = Tokens(world.clock)
        self._digest = Digest(world.clock)
        self._log = log
        self._wake = wake
        self._take = take
        self._hang_up = hang_up

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        call = Call(round(time.time(), 6), environ["REQUEST_METHOD"], raw_path(environ))
        begun = time.perf_counter()
        try:
            answer, headers = self._answer(environ, call)
            call.status = answer.status
        finally:
            call.ms = round((time.perf_counter() - begun) * 1000, 2)
            self._log.add(call)
            if call.writes:
                self._wake()
        body = b"" if answer.body is None else json.dumps(answer.body).encode()
        headers += [("Content-Length", str(len(body)))]
        start_response(f"{answer.status} Atlas", headers)
        return [body]

    def _answer(self, environ: Environ, call: Call) -> tuple[Answer, list[tuple[str, str]]]:
        body = read_body(environ)
        try:
            if (call.method, call.path) == ("POST", OAUTH_PATH):
                return self._token(environ, call, body), [("Content-Type", "application/json")]
            self._check_caller(environ, call)
            found = catalogue.find(call.method, call.path)
            if found is None:
                raise no_such_path(unquote(call.path))
            operation, parameters = found
            call.operation, call.writes = operation.name, operation.writes
            fault = self._fault(environ, call)
            version = operation.version(environ.get("HTTP_ACCEPT", ""))
            query = {name: values[-1] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
            mode = fault.mode if fault else ""
            content = parsed(body, environ)
            request = Request(parameters, query, content, url(environ), doomed=mode == "fails", late=mode == "late")
            answer = self._do(operation, request)
        except RefusedError as refusal:
            headers = [("Content-Type", "application/json"), ("X-Error-Code", refusal.code)]
            if refusal.status == 401:
                headers.append(("WWW-Authenticate", self._digest.challenge()))
            if refusal.status == 429:
                headers.append(("Retry-After", RETRY_AFTER))
            return Answer(refusal.status, refusal.body()), headers
        if fault is not None and fault.mode == "lost":
            self._hang_up(environ)
        return answer, [("Content-Type", f"application/vnd.atlas.{version}+json;charset=utf-8")]

    def _do(self, operation: Operation, request: Request) -> Answer:
        with self.world.lock:
            try:
                return operation.handler(self.world, request)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                # A body of a form nobody thought of: its text is not in the log, as it may have a password.
                log.warning("%s could not read its body: %s", operation.name, type(error).__name__)
                raise RefusedError(500, "UNEXPECTED_ERROR", "Unexpected error.") from None

    def _token(self, environ: Environ, call: Call, body: bytes) -> Answer:
        call.operation = catalogue.ISSUE
        fault = self._fault(environ, call)
        grant = parse_qs(body.decode("utf-8", "replace")).get("grant_type", [""])[0]
        token = self.tokens.issue(environ.get("HTTP_AUTHORIZATION", ""), grant)
        if fault is not None and fault.mode == "lost":
            self._hang_up(environ)
        if token is None:
            why = "Client authentication failed, or the grant is not client_credentials."
            return Answer(401, {"error": "invalid_client", "error_description": why})
        return Answer(200, {"access_token": token, "expires_in": TOKEN_SECONDS, "token_type": "Bearer"})

    def _check_caller(self, environ: Environ, call: Call) -> None:
        """Raises RefusedError."""
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        scheme = authorization.partition(" ")[0].lower()
        target = call.path + ("?" + environ["QUERY_STRING"] if environ.get("QUERY_STRING") else "")
        if scheme == "bearer" and self.tokens.accept(authorization):
            return
        if scheme == "digest" and self._digest.accept(authorization, call.method, target):
            return
        raise unauthorized()

    def _fault(self, environ: Environ, call: Call) -> ApiFault | None:
        """The fault that hits this call, if the call is done all the same; others raise RefusedError, or hang up."""
        fault = self._take(catalogue.SERVICE, call.operation)
        if fault is None:
            return None
        call.fault = fault.mode
        match fault.mode:
            case "down":
                self._hang_up(environ)
            case "throttle":
                raise RefusedError(429, "RATE_LIMITED", f"The rate limit has been exceeded. {INJECTED}")
            case "refuse":
                why = f"The caller has not the role that is needed for this. {INJECTED}"
                raise RefusedError(403, "USER_UNAUTHORIZED", why)
            case "error":
                raise RefusedError(500, "UNEXPECTED_ERROR", f"Unexpected error. {INJECTED}")
            case "gone":
                raise version_gone("of this request, by a fault of the lab,")
        return fault


def raw_path(environ: Environ) -> str:
    """The path still escaped: a parameter may have a slash in it, which WSGI's own path would hide."""
    target: str = environ.get("RAW_URI") or environ.get("PATH_INFO") or "/"
    return target.partition("?")[0]


def url(environ: Environ) -> str:
    return f"http://{environ.get('HTTP_HOST', '')}{raw_path(environ)}"


def read_body(environ: Environ) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ.get("wsgi.input", io.BytesIO()).read(min(length, LARGEST_BODY)) if length else b""
    return body


def parsed(body: bytes, environ: Environ) -> Any:
    """Raises RefusedError."""
    if not body:
        return None
    if "json" not in environ.get("CONTENT_TYPE", ""):
        raise RefusedError(415, "UNSUPPORTED_MEDIA_TYPE", "The media type of the request is not supported.")
    try:
        return json.loads(body)
    except ValueError:
        raise RefusedError(400, "MALFORMED_JSON", "Received JSON that is malformed.") from None
