# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""One GET over a connection of its own, over by a deadline whatever the server does.

Nothing is followed, nothing is tried again, and no proxy is used (`HTTPS_PROXY` is not read): what answers must be
what was asked.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Buffer, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from ansible_collections.calstack.aws.plugins.module_utils._release.probe import BODY_LIMIT, Answer

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Site:
    """Where requests go. `host` is what the certificate must be for; `address` is what is connected to."""

    tls: bool
    host: str
    authority: str
    """Of the url, as the Host header has it."""
    address: tuple[str, int]


def site(url: str, address: str = "") -> Site:
    """`url` is http(s)://HOST[:PORT]; `address` is HOST:PORT to connect to instead; an IPv6 host stands in brackets."""
    parts, instead = urlsplit(url), urlsplit(f"//{address}")
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    return Site(
        tls=parts.scheme == "https",
        host=host,
        authority=parts.netloc,
        address=(instead.hostname or host, instead.port or port),
    )


def get(
    where: Site, path: str, headers: Mapping[str, str], timeout: float, context: ssl.SSLContext | None = None
) -> Answer:
    """The answer to a GET, complete within `timeout` seconds; only resolving the name may take the resolver's own time.

    Each has a new connection: a kept one stays with the balancer's node that it was made to, whatever the name
    resolves to by now, and may be closed just as the next request goes out, which is nobody's fault.

    Raises OSError, http.client.HTTPException or ValueError: `why` has the words for them.
    """
    left = _countdown(timeout)
    with _connected(where, left, context) as sock:
        connection = http.client.HTTPConnection(where.host)
        connection.sock = cast(socket.socket, _Bounded(sock, left))
        began = time.monotonic()
        connection.request("GET", path, headers={"Host": where.authority, "Connection": "close", **headers})
        response = connection.getresponse()
        body = response.read(BODY_LIMIT)
        if response.length and len(body) < BODY_LIMIT:
            raise http.client.IncompleteRead(body, response.length)
        return Answer(response.status, tuple(response.getheaders()), body, time.monotonic() - began)


def why(error: Exception, where: Site, timeout: float) -> str:
    """What went wrong, in words for people."""
    address = f"{where.address[0]}:{where.address[1]}"
    match error:
        case ssl.SSLCertVerificationError():
            return f"the certificate of {where.host} is not trusted: {error.verify_message.rstrip('.')}"
        case TimeoutError():
            return f"no complete answer within {timeout:g} s"
        case ConnectionRefusedError():
            return f"{address} refused the connection"
        case socket.gaierror():
            return f"the name {where.address[0]} cannot be resolved: {error.strerror}"
        case http.client.IncompleteRead() | http.client.RemoteDisconnected() | ConnectionError() | ssl.SSLEOFError():
            return f"{address} closed the connection before the answer was complete"
        case ssl.SSLError():
            return f"TLS with {address} failed: {error.reason or error}"
        case http.client.HTTPException():
            return f"what {address} answered is not HTTP ({type(error).__name__})"
        case OSError():
            return f"cannot connect to {address}: {error.strerror or error}"
    return f"cannot ask {address}: {error}"


def _countdown(timeout: float) -> Callable[[], float]:
    """How many seconds are left; raises TimeoutError when none are."""
    end = time.monotonic() + timeout

    def left() -> float:
        if (seconds := end - time.monotonic()) <= 0:
            raise TimeoutError
        return seconds

    return left


@contextmanager
def _connected(where: Site, left: Callable[[], float], context: ssl.SSLContext | None) -> Iterator[socket.socket]:
    """A socket to the first address that takes a connection, with TLS where the url says so."""
    plain = _connect(where.address, left)
    if not where.tls:
        with plain:
            yield plain
        return
    with plain:
        plain.settimeout(left())
        with (context or ssl.create_default_context()).wrap_socket(plain, server_hostname=where.host) as secured:
            yield secured


def _connect(address: tuple[str, int], left: Callable[[], float]) -> socket.socket:
    """socket.create_connection would give each of a name's addresses the whole time."""
    refusal = OSError("the name has no address")
    for family, kind, protocol, _name, place in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(left())
            sock.connect(place)
        except OSError as error:
            sock.close()
            refusal = error
        else:
            return sock
    raise refusal


class _Bounded:
    """As much of a socket as http.client uses; each call ends at the deadline.

    A socket's own time-out begins anew with each byte: a server that dribbles could hold a probe for ever.
    """

    def __init__(self, sock: socket.socket, left: Callable[[], float]) -> None:
        self._sock = sock
        self._left = left

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._left())
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self._sock, self._left))

    def close(self) -> None:
        """http.client closes before it has read the body; the socket is its opener's to close."""


class _Incoming(io.RawIOBase):
    def __init__(self, sock: socket.socket, left: Callable[[], float]) -> None:
        self._sock = sock
        self._left = left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        self._sock.settimeout(self._left())
        return self._sock.recv_into(buffer)
