"""The edge to the network, against real sockets: what comes back, and what is said when nothing does."""

import hashlib
import re
import socket
import ssl

import pytest
import trustme
from ansible_collections.calstack.aws.plugins.module_utils._atlas import transport
from ansible_collections.calstack.aws.plugins.module_utils._atlas.transport import (
    Request,
    UnansweredError,
    open_once,
    proxy_of,
)
from web_server import says, web_server

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server():
    with web_server() as found:
        yield found


def get(url, **given):
    return open_once(Request("GET", url, {"Accept": "x/y"}, **given))


def unanswered(url, **given):
    with pytest.raises(UnansweredError) as caught:
        get(url, **given)
    return caught.value


@pytest.mark.parametrize("status", [200, 202, 204, 302, 401, 404, 429, 500])
def test_every_status_is_an_answer(server, status):
    server.answer = says(status, b"" if status == 204 else b"body", Retry_After="3", Location="http://127.0.0.1:1/")
    answer = get(f"http://{server.address}/x")
    assert (answer.status, answer.headers["retry-after"]) == (status, "3")
    assert len(server.asked) == 1
    assert server.asked[0].headers["Accept"] == "x/y"


def test_a_netrc_does_not_replace_the_token(server, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password geheim\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    open_once(Request("GET", f"http://{server.address}/", {"Authorization": "Bearer mine"}))
    assert server.asked[0].headers["Authorization"] == "Bearer mine"


def test_this_machine_is_never_asked_over_a_proxy(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert get(f"http://{server.address}/").status == 200
    assert proxy_of("https://[::1]:8080/") == ""


def test_the_proxy_is_told_without_its_credentials(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:geheim@proxy.example:3128/")
    assert proxy_of("https://cloud.mongodb.com/api") == "proxy.example:3128"
    monkeypatch.setenv("NO_PROXY", "mongodb.com")
    assert proxy_of("https://cloud.mongodb.com/api") == ""


def digest_server(handler):
    """RFC 2617 with qop=auth, as Atlas asks for."""
    given = handler.headers.get("Authorization", "")
    if not given.startswith("Digest "):
        header = 'Digest realm="MMS Public API", nonce="n1", algorithm=MD5, qop="auth"'
        return says(401, b"", WWW_Authenticate=header)(handler)
    field = dict(re.findall(r'(\w+)="?([^",]+)"?', given))
    one = hashlib.md5(b"public:MMS Public API:private").hexdigest()
    two = hashlib.md5(f"{handler.command}:{handler.path}".encode()).hexdigest()
    whole = f"{one}:n1:{field['nc']}:{field['cnonce']}:auth:{two}"
    right = hashlib.md5(whole.encode()).hexdigest() == field["response"]
    return says(200 if right else 401, b"")(handler)


def test_an_api_key_answers_the_digest_challenge(server):
    server.answer = digest_server
    url = f"http://{server.address}/groups?pageNum=1"
    assert get(url, login=("public", "private")).status == 200
    assert open_once(Request("PATCH", url, {}, b"{}", ("public", "private"))).status == 200
    assert server.asked[-1].body == b"{}"
    assert get(url, login=("public", "wrong")).status == 401


def test_another_scheme_is_no_traceback(server):
    server.answer = says(401, b"", WWW_Authenticate='Negotiate realm="x"')
    assert not unanswered(f"http://{server.address}/", login=("public", "private")).passing


def test_a_refused_connection_was_not_carried_out():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        error = unanswered(f"http://127.0.0.1:{held.getsockname()[1]}/")
    assert (error.cause, error.sent, error.passing) == ("refused", False, True)


def test_a_broken_connection_may_have_been(server):
    server.answer = lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)
    error = unanswered(f"http://{server.address}/")
    assert (error.cause, error.sent, error.passing) == ("lost", True, True)


def test_an_answer_that_breaks_off_may_have_been(server):
    def half(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")

    server.answer = half
    error = unanswered(f"http://{server.address}/")
    assert (error.cause, error.sent) == ("lost", True)


def test_a_time_out_may_have_been(server, monkeypatch):
    monkeypatch.setattr(transport, "SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        error = unanswered(f"http://127.0.0.1:{deaf.getsockname()[1]}/")
    assert (error.cause, error.sent, error.passing) == ("timeout", True, True)


@pytest.mark.parametrize(("errno", "passing"), [(socket.EAI_NONAME, False), (socket.EAI_AGAIN, True)])
def test_a_name_that_cannot_be_looked_up(monkeypatch, errno, passing):
    def nobody(*_args, **_given):
        raise socket.gaierror(errno, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    error = unanswered("https://cloud.mongodb.com/")
    assert (error.cause, error.sent, error.passing) == ("dns", False, passing)


def test_a_certificate_of_nobody_we_trust_is_refused():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with web_server(context) as server:
        error = unanswered(f"https://{server.address}/")
    assert (error.cause, error.sent, error.passing) == ("tls", False, False)
    assert not server.asked


def test_a_proxy_that_refuses(server, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:geheim@{server.address}")
    error = unanswered("https://cloud.mongodb.com/")
    assert (error.cause, error.sent, error.proxy) == ("proxy", False, server.address)
    assert "geheim" not in error.words
