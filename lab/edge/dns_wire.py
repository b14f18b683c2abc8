"""DNS messages in octets (pure), as far as a name server for a lab needs them.

Source: https://www.rfc-editor.org/rfc/rfc1035, CAA: https://www.rfc-editor.org/rfc/rfc8659
"""

import ipaddress
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from lab.edge.zones import Answer, Record, dotted

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "CAA": 257}
KINDS = {number: name for name, number in TYPES.items()}
INTERNET = 1
FORMERR, NOTIMP = 1, 4
LONGEST = 1232
"""Octets of an answer over UDP; longer ones are cut, with the flag that says so."""
LABEL = 63


class MalformedError(Exception):
    """A message that is no question."""


@dataclass(frozen=True)
class Question:
    id: int
    name: str
    kind: str
    """A type by its name, or `TYPE` and its number."""
    recursion: bool
    raw: bytes
    """The question as it was asked, which the answer repeats."""


def question(message: bytes) -> Question:
    """The one question of a query. Raises MalformedError."""
    try:
        number, flags, count = struct.unpack_from("!HHH", message)
        if flags & 0x8000 or count != 1:
            raise MalformedError
        labels, place = [], 12
        while length := message[place]:
            if length > LABEL:
                raise MalformedError
            labels.append(message[place + 1 : place + 1 + length].decode("ascii"))
            place += 1 + length
        kind, _ = struct.unpack_from("!HH", message, place + 1)
    except (struct.error, IndexError, UnicodeDecodeError):
        raise MalformedError from None
    name = KINDS.get(kind, f"TYPE{kind}")
    return Question(number, dotted(".".join(labels)), name, bool(flags & 0x0100), message[12 : place + 5])


def answer(asked: Question, found: Answer) -> bytes:
    """The message that answers a question."""
    answers = [octets for record in found.records for octets in resource_records(record)]
    authority = list(resource_records(found.soa)) if found.soa and not found.records else []
    whole = _message(asked, found.code, answers, authority)
    return whole if len(whole) <= LONGEST else _message(asked, found.code, [], [], cut=True)


def refusal(message: bytes, code: int) -> bytes:
    """The answer to what is no question, or one of no known kind."""
    return struct.pack("!HHHHHH", int.from_bytes(message[:2], "big"), 0x8000 | code, 0, 0, 0, 0)


def _message(asked: Question, code: int, answers: list[bytes], authority: list[bytes], *, cut: bool = False) -> bytes:
    flags = 0x8400 | (0x0200 if cut else 0) | (0x0100 if asked.recursion else 0) | code
    header = struct.pack("!HHHHHH", asked.id, flags, 1, len(answers), len(authority), 0)
    return header + asked.raw + b"".join(answers) + b"".join(authority)


def resource_records(record: Record) -> Iterator[bytes]:
    """A record set in octets; values that cannot be told are left out."""
    for value in record.values:
        data = rdata(record.type, value)
        if data is not None:
            head = struct.pack("!HHIH", TYPES[record.type], INTERNET, record.ttl, len(data))
            yield name_octets(record.name) + head + data


def name_octets(name: str) -> bytes:
    labels = [label.encode("ascii", "replace")[:LABEL] for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def rdata(kind: str, value: str) -> bytes | None:
    """A value as Route 53 writes it, in octets."""
    try:
        match kind:
            case "A":
                return ipaddress.IPv4Address(value).packed
            case "AAAA":
                return ipaddress.IPv6Address(value).packed
            case "NS" | "CNAME" | "PTR":
                return name_octets(value)
            case "TXT":
                return b"".join(bytes([len(text)]) + text for text in _texts(value))
            case "MX":
                preference, host = value.split()
                return struct.pack("!H", int(preference)) + name_octets(host)
            case "SRV":
                priority, weight, port, host = value.split()
                return struct.pack("!HHH", int(priority), int(weight), int(port)) + name_octets(host)
            case "CAA":
                flags, tag, told = value.split(None, 2)
                return bytes([int(flags), len(tag)]) + tag.encode() + told.strip('"').encode()
            case "SOA":
                first, second, *numbers = value.split()
                return name_octets(first) + name_octets(second) + struct.pack("!IIIII", *map(int, numbers))
    except (ValueError, struct.error):
        return None
    return None


def _texts(value: str) -> list[bytes]:
    r"""The strings between quotes, in which `\"` is a quote and `\052` an octet."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"', value) or [value]
    return [re.sub(rb"\\([0-7]{3}|.)", _escaped, text.encode())[:255] for text in found]


def _escaped(match: re.Match[bytes]) -> bytes:
    given = match[1]
    return bytes([int(given, 8) & 255]) if len(given) == 3 else given
