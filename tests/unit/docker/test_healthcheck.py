import importlib.util
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from lab.settings import CHECKOUT

PROGRAM = CHECKOUT / "docker" / "healthcheck.py"
SPEC = importlib.util.spec_from_file_location("healthcheck", PROGRAM)
assert SPEC
assert SPEC.loader
healthcheck = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(healthcheck)


class Application(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path.strip("/") or 200))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[ssl.SSLContext | None], str]]:
    servers = []

    def start(context: ssl.SSLContext | None = None) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def run(**environment: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, PROGRAM], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_well(serve: Callable[..., str]) -> None:
    assert run(BIND=serve()) == (0, "")


@pytest.mark.parametrize(("status", "code"), [(204, 0), (302, 0), (404, 1), (503, 1)])
def test_the_health_path_decides(serve: Callable[..., str], status: int, code: int) -> None:
    said = f"healthcheck: status {status}\n" if code else ""
    assert run(BIND=serve(), HEALTH_PATH=f"/{status}") == (code, said)


def test_nobody_answers() -> None:
    assert run(BIND="127.0.0.1:9") == (1, "healthcheck: no answer: ConnectionRefusedError\n")


def test_a_certificate_of_the_containers_own_will_do(serve: Callable[..., str]) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("task").configure_cert(context)
    bind = serve(context)
    assert run(BIND=bind, APP_TLS="1") == (0, "")
    assert run(BIND=bind)[0] == 1


@pytest.mark.parametrize(
    ("bind", "asked"),
    [
        ("", ("127.0.0.1", 5000)),
        ("0.0.0.0:8000", ("127.0.0.1", 8000)),
        (":8000", ("127.0.0.1", 8000)),
        ("[::]:8000", ("::1", 8000)),
        ("127.80.1.2:5000", ("127.80.1.2", 5000)),
    ],
)
def test_asks_where_the_application_listens(bind: str, asked: tuple[str, int]) -> None:
    assert healthcheck.address({"BIND": bind}) == asked
