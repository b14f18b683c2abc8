"""One GET: what goes out, what comes back, and how each way to fail is told, on a real server."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import trustme
from ansible_collections.calstack.aws.plugins.module_utils._release.exchange import Site, get, site, why
from ansible_collections.calstack.aws.plugins.module_utils._release.probe import BODY_LIMIT, Answer
from web_server import WebServer, says, web_server

TIMEOUT = 0.3
AUTHORITY = trustme.CA()
HOST = "app.example.test"


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


@pytest.fixture
def secure() -> Iterator[WebServer]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert(HOST).configure_cert(context)
    with web_server(context) as server:
        yield server


@pytest.fixture
def trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def ask(where: Site, path: str = "/", timeout: float = TIMEOUT, context: ssl.SSLContext | None = None) -> Answer | str:
    try:
        return get(where, path, {"X-Mine": "yes"}, timeout, context)
    except (OSError, HTTPException, ValueError) as error:
        return why(error, where, timeout)


@pytest.mark.parametrize(
    ("url", "address", "expected"),
    [
        ("https://app.test", "", Site(True, "app.test", "app.test", ("app.test", 443))),
        ("http://app.test", "", Site(False, "app.test", "app.test", ("app.test", 80))),
        ("https://app.test:8443", "10.0.0.1:443", Site(True, "app.test", "app.test:8443", ("10.0.0.1", 443))),
        ("https://[::1]:8443", "", Site(True, "::1", "[::1]:8443", ("::1", 8443))),
        ("https://app.test", "[fd00::1]:443", Site(True, "app.test", "app.test", ("fd00::1", 443))),
    ],
)
def test_a_url_and_an_address_make_a_site(url: str, address: str, expected: Site) -> None:
    assert site(url, address) == expected


def test_the_answer_comes_with_status_headers_body_and_time(server: WebServer) -> None:
    server.answer = says(404, b"not here", X_App_Version="1.0.0")
    answer = ask(site(f"http://{server.address}"), "/a?b=c")
    assert isinstance(answer, Answer)
    assert (answer.status, answer.header("x-app-version"), answer.body) == (404, "1.0.0", b"not here")
    assert 0 < answer.seconds < TIMEOUT
    assert server.asked[0].path == "/a?b=c"
    assert server.asked[0].headers["X-Mine"] == "yes"


def test_another_address_is_connected_to_but_the_urls_host_is_asked_and_certified(
    secure: WebServer, trust: ssl.SSLContext
) -> None:
    answer = ask(site(f"https://{HOST}", secure.address), context=trust, timeout=5)
    assert isinstance(answer, Answer), answer
    assert secure.asked[0].headers["Host"] == HOST
    assert secure.names == [HOST]


def test_the_urls_port_is_asked_for_too(server: WebServer) -> None:
    ask(site(f"http://{HOST}:8443", server.address))
    assert server.asked[0].headers["Host"] == f"{HOST}:8443"


def test_a_certificate_for_another_host_is_not_taken(secure: WebServer, trust: ssl.SSLContext) -> None:
    words = ask(site("https://other.example.test", secure.address), context=trust, timeout=5)
    assert isinstance(words, str)
    assert words.startswith("the certificate of other.example.test is not trusted: Hostname mismatch")
    assert not secure.asked


def test_an_unknown_authority_is_not_taken(secure: WebServer) -> None:
    words = ask(site(f"https://{HOST}", secure.address), timeout=5)
    assert words == f"the certificate of {HOST} is not trusted: unable to get local issuer certificate"
    assert not secure.asked


def test_a_server_without_tls_is_told(server: WebServer, trust: ssl.SSLContext) -> None:
    words = ask(site(f"https://{HOST}", server.address), context=trust, timeout=5)
    assert isinstance(words, str)
    assert words.startswith(f"TLS with {server.address} failed: ")


def hang(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(2 * TIMEOUT)


def dribble(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then: a socket's own time-out would never end this."""
    with suppress(OSError):
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 40:
            handler.wfile.write(bytes([byte]))
            time.sleep(TIMEOUT / 20)


def dribble_the_body(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    with suppress(OSError):
        for _ in range(40):
            handler.wfile.write(b"x")
            time.sleep(TIMEOUT / 20)


@pytest.mark.parametrize("answer", [hang, dribble, dribble_the_body])
def test_a_server_that_takes_its_time_gets_the_timeout_and_no_more(server: WebServer, answer: Any) -> None:
    server.answer = answer
    began = time.monotonic()
    assert ask(site(f"http://{server.address}")) == "no complete answer within 0.3 s"
    assert TIMEOUT <= time.monotonic() - began < 2 * TIMEOUT


def test_a_handshake_that_nobody_answers_gets_the_timeout_and_no_more(trust: ssl.SSLContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        assert ask(site(f"https://{HOST}", address), context=trust) == "no complete answer within 0.3 s"


def test_a_connection_that_nobody_takes_gets_the_timeout_and_no_more() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
        for _ in range(3):  # the kernel drops what exceeds the backlog, as a firewall would
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        began = time.monotonic()
        assert ask(site(f"http://127.0.0.1:{full.getsockname()[1]}")) == "no complete answer within 0.3 s"
        assert time.monotonic() - began < 2 * TIMEOUT


def raw(data: bytes) -> Any:
    return lambda handler: handler.wfile.write(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf",
    ],
)
def test_a_server_that_dies_midway_is_told(server: WebServer, data: bytes) -> None:
    server.answer = raw(data)
    expected = f"{server.address} closed the connection before the answer was complete"
    assert ask(site(f"http://{server.address}")) == expected


def test_what_is_not_http_is_told(server: WebServer) -> None:
    server.answer = raw(b"SSH-2.0-OpenSSH_9.2\r\n")
    assert ask(site(f"http://{server.address}")) == f"what {server.address} answered is not HTTP (BadStatusLine)"


def test_a_refused_connection_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    assert ask(site(f"http://{address}")) == f"{address} refused the connection"


def test_a_name_without_an_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert ask(site(f"http://{HOST}")) == f"the name {HOST} cannot be resolved: Name or service not known"


def test_the_next_address_of_a_name_is_tried(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = closed.getsockname()
    places = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in (dead, ("127.0.0.1", server.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
    assert isinstance(ask(site(f"http://{HOST}")), Answer)


def test_nothing_is_followed(server: WebServer) -> None:
    server.answer = says(302, Location=f"http://{server.address}/elsewhere")
    answer = ask(site(f"http://{server.address}"))
    assert isinstance(answer, Answer)
    assert answer.status == 302
    assert [asked.path for asked in server.asked] == ["/"]


def test_no_proxy_is_used(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert isinstance(ask(site(f"http://{server.address}")), Answer)


def test_no_more_of_a_long_body_is_read_than_is_searched(server: WebServer) -> None:
    server.answer = says(body=b"x" * (BODY_LIMIT + 100_000))
    answer = ask(site(f"http://{server.address}"), timeout=5)
    assert isinstance(answer, Answer)
    assert len(answer.body) == BODY_LIMIT


def test_each_question_has_a_connection_of_its_own(server: WebServer) -> None:
    for _ in range(2):
        ask(site(f"http://{server.address}"))
    assert [asked.headers["Connection"] for asked in server.asked] == ["close", "close"]
