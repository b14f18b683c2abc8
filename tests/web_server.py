"""A small HTTP(S) server on loopback that answers as a test says, and keeps what it was asked."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

type Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebServer:
    """`answer` may be replaced at any moment; `names` are what clients wanted the certificate of (SNI)."""

    port: int
    answer: Answer
    asked: list[Asked] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


def says(status: int = 200, body: bytes = b"hello", **headers: str) -> Answer:
    """Underscores in names of headers stand for hyphens."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextmanager
def web_server(context: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """`context` makes it an HTTPS server."""

    class Handler(BaseHTTPRequestHandler):
        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                self.close_connection = True

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            found.asked.append(Asked(self.command, self.path, dict(self.headers.items()), self.rfile.read(length)))
            found.answer(self)

        def do_POST(self) -> None:
            self.do_GET()

        def do_PATCH(self) -> None:
            self.do_GET()

        def do_DELETE(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """The tests' output is for the tests."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

        def finish_request(self, request: Any, client_address: Any) -> None:
            """In the request's own thread: a client that breaks the handshake off must not stop the others."""
            try:
                secured = context.wrap_socket(request, server_side=True) if context else request
                super().finish_request(secured, client_address)
                if context:
                    secured.close()
            except OSError:
                return

    with Server(("127.0.0.1", 0), Handler) as server:
        found = WebServer(server.server_address[1], says())
        if context:
            context.sni_callback = lambda _sock, name, _context: found.names.append(name)  # type: ignore[assignment]
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
