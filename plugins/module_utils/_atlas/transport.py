# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The edge to the network: one request, one answer, or why there was none."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import Literal
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from ansible.module_utils.urls import Request as AnsibleRequest
from ansible.module_utils.urls import make_context
from ansible_collections.calstack.aws.plugins.module_utils._atlas.base_url import is_loopback

SECONDS = 60.0
"""How long a single answer may take. Atlas answers within seconds, also where the work behind takes minutes."""

USER_AGENT = "calstack.aws"

Cause = Literal["refused", "dns", "tls", "proxy", "timeout", "lost"]


@dataclass(frozen=True)
class Request:
    """`login` is (public key, private key) for HTTP digest."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    login: tuple[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Response:
    """Any status. The names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


class UnansweredError(Exception):
    """There was no answer. `sent`: the request may have been carried out all the same. `proxy` was used, if any."""

    def __init__(self, cause: Cause, words: str, *, sent: bool, proxy: str = "", passing: bool = True) -> None:
        self.cause, self.words, self.sent, self.proxy, self.passing = cause, words, sent, proxy, passing
        super().__init__(words)


Opener = Callable[[Request], Response]

_one_at_a_time = Lock()


def open_once(request: Request) -> Response:
    """Ask once, through the platform's proxies and certificates. Redirects are answers like others.

    Raises UnansweredError.
    """
    proxy = proxy_of(request.url)
    try:
        # Ansible's opener is global to the process, and kinds are read in threads.
        with _one_at_a_time:
            return _exchange(request, use_proxy=bool(proxy))
    except URLError as error:
        raise _unanswered(error.reason, proxy, connecting=True) from error
    except (OSError, http.client.HTTPException) as error:
        raise _unanswered(error, proxy, connecting=False) from error
    except ValueError as error:
        # urllib's digest handler, where the server asks for another scheme of authentication.
        raise UnansweredError("lost", str(error), sent=False, proxy=proxy, passing=False) from error


def _exchange(request: Request, *, use_proxy: bool) -> Response:
    username, password = request.login or (None, None)
    session = AnsibleRequest(
        http_agent=USER_AGENT,
        timeout=SECONDS,
        follow_redirects="no",
        # A ~/.netrc would replace the bearer token.
        use_netrc=False,
        # Never a proxy to this machine itself: it would see the credentials in clear.
        use_proxy=use_proxy,
        context=_context(),
        url_username=username,
        url_password=password,
    )
    try:
        answer = session.open(request.method, request.url, data=request.body, headers=dict(request.headers))
    except HTTPError as error:
        answer = error
    with answer:
        return _response(answer)


@cache
def _context() -> ssl.SSLContext:
    """Made once: to read the system's certificate authorities takes longer than a request."""
    context: ssl.SSLContext = make_context()
    return context


def proxy_of(url: str) -> str:
    """The proxy for `url` as HOST[:PORT], without its credentials; "" for none."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return ""
    return getproxies().get(parts.scheme, "").rpartition("@")[2].rpartition("//")[2].rstrip("/")


def _response(answer: http.client.HTTPResponse | HTTPError) -> Response:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(answer.status or 0, headers, answer.read())


def _unanswered(why: object, proxy: str, *, connecting: bool) -> UnansweredError:
    """`connecting`: it failed before an answer was waited for (urllib says so by its own exception)."""
    words = (str(why) or type(why).__name__).rstrip(".")
    if isinstance(why, ssl.SSLCertVerificationError):
        return UnansweredError("tls", why.verify_message or words, sent=False, proxy=proxy, passing=False)
    if isinstance(why, ssl.SSLError):
        return UnansweredError("tls", words, sent=not connecting, proxy=proxy, passing=False)
    if isinstance(why, socket.gaierror):
        return UnansweredError("dns", words, sent=False, proxy=proxy, passing=why.errno == socket.EAI_AGAIN)
    if "Tunnel connection failed" in words:
        return UnansweredError("proxy", words, sent=False, proxy=proxy, passing=False)
    if isinstance(why, ConnectionRefusedError):
        return UnansweredError("refused", words, sent=False, proxy=proxy)
    if isinstance(why, TimeoutError):
        return UnansweredError("timeout", "no answer in time", sent=True, proxy=proxy)
    return UnansweredError("lost", words, sent=True, proxy=proxy)
