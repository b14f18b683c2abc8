# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A question to a DNS resolver over UDP: what the world is told. Only as much of DNS as a diagnosis needs."""

from __future__ import annotations

import secrets
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.calstack.aws.plugins.module_utils._dns.names import plain

TYPES = {"NS": 2, "CNAME": 5, "CAA": 257}
"""https://www.iana.org/assignments/dns-parameters"""

TIMEOUT = 3.0
BIGGEST = 4096
MOST_POINTERS = 32

NO_ERROR, NO_SUCH_NAME = 0, 3

Send = Callable[[bytes, str], bytes]
"""Sends a question to HOST[:PORT] and returns the answer. Raises OSError."""


@dataclass(frozen=True)
class Answer:
    """What a resolver said: the values of the type asked for; `known` is False where nobody could be asked."""

    values: tuple[str, ...] = ()
    known: bool = True


def system_resolvers(file: Path = Path("/etc/resolv.conf")) -> tuple[str, ...]:
    """This machine's own; none where it has no such file."""
    with suppress(OSError):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        return tuple(line.split()[1] for line in lines if line.startswith("nameserver") and len(line.split()) > 1)
    return ()


def send(question: bytes, resolver: str) -> bytes:
    """`resolver` is HOST, HOST:PORT or an IPv6 address. Raises OSError."""
    host, port = (resolver, 53) if resolver.count(":") != 1 else _with_port(resolver)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(TIMEOUT)
        sock.connect((host, port))
        sock.send(question)
        return sock.recv(BIGGEST)


def _with_port(resolver: str) -> tuple[str, int]:
    host, _colon, port = resolver.partition(":")
    return host, int(port) if port.isdigit() else 53


def ask(name: str, type_: str, resolvers: Sequence[str], send: Send = send) -> Answer:
    """What the first resolver that answers says of `name`."""
    for resolver in resolvers:
        number = secrets.randbelow(1 << 16)
        with suppress(OSError, ValueError, IndexError, struct.error):
            return parse(send(question(number, name, type_), resolver), number, type_)
    return Answer(known=False)


def question(number: int, name: str, type_: str) -> bytes:
    """One question, answered by a resolver that asks others in turn: https://www.rfc-editor.org/rfc/rfc1035#section-4"""
    labels = b"".join(bytes([len(label)]) + label.encode("idna") for label in plain(name).split(".") if label)
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", TYPES[type_], 1)


def parse(message: bytes, number: int, type_: str) -> Answer:
    """The values in `message`. Raises ValueError where it is no answer to the question, or a failure."""
    ident, flags, questions, answers = struct.unpack_from("!4H", message)
    if ident != number or not flags & 0x8000 or flags & 0xF not in (NO_ERROR, NO_SUCH_NAME):
        raise ValueError("no answer")
    at = 12
    for _question in range(questions):
        at = _name(message, at)[1] + 4
    return Answer(tuple(sorted(_values(message, at, answers, TYPES[type_]))))


def _values(message: bytes, at: int, answers: int, wanted: int) -> Iterator[str]:
    for _answer in range(answers):
        at = _name(message, at)[1]
        type_, _class, _ttl, length = struct.unpack_from("!HHIH", message, at)
        at += 10
        if type_ == wanted:
            yield _caa(message[at : at + length]) if wanted == TYPES["CAA"] else plain(_name(message, at)[0])
        at += length


def _caa(data: bytes) -> str:
    """As `issue amazon.com`: https://www.rfc-editor.org/rfc/rfc8659#section-4.1"""
    end = 2 + data[1]
    return f"{data[2:end].decode('ascii', 'replace')} {data[end:].decode('ascii', 'replace')}"


def _name(message: bytes, at: int) -> tuple[str, int]:
    """The name that stands at `at`, and where the next thing does; names may end in a pointer to another."""
    labels: list[str] = []
    after = -1
    for _step in range(128 + MOST_POINTERS):
        length = message[at]
        if length >= 0xC0:
            after = at + 2 if after < 0 else after
            at = (length & 0x3F) << 8 | message[at + 1]
        elif length == 0:
            return ".".join(labels), at + 1 if after < 0 else after
        else:
            labels.append(message[at + 1 : at + 1 + length].decode("ascii", "replace"))
            at += 1 + length
    raise ValueError("a name that never ends")
