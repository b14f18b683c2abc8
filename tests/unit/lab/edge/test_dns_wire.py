"""DNS messages, and a name server that answers with them."""

import socket
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.edge import dns_wire
from lab.edge.dns_wire import MalformedError, name_octets, question, rdata
from lab.edge.nameserver import NameServer, respond
from lab.edge.zones import Zones, zone
from lab.part import LabError

LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=20)
ADDRESS = ("127.112.9.5", 5353)


def query(name: str, kind: int = 1, number: int = 7) -> bytes:
    return struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + name_octets(name) + struct.pack("!HH", kind, 1)


def zones() -> Zones:
    records = [
        {"Name": "t.", "Type": "SOA", "TTL": 9, "ResourceRecords": [{"Value": "ns.t. m.t. 1 2 3 4 5"}]},
        {"Name": "a.t.", "Type": "A", "TTL": 9, "ResourceRecords": [{"Value": "192.0.2.1"}, {"Value": "odd"}]},
        {"Name": "long.t.", "Type": "TXT", "TTL": 9, "ResourceRecords": [{"Value": f'"{"x" * 200}"'}] * 9},
    ]
    return Zones([zone("t", records)])


def counts(message: bytes) -> tuple[int, ...]:
    """Flags and the numbers of questions, answers and authorities."""
    return struct.unpack_from("!HHHH", message, 2)


@given(st.lists(LABEL, min_size=1, max_size=5))
def test_a_question_is_read_as_it_was_asked(labels: list[str]) -> None:
    asked = question(query(".".join(labels), 28))
    assert (asked.name, asked.kind, asked.id) == (".".join(labels) + ".", "AAAA", 7)


@given(st.binary(max_size=40))
def test_whatever_comes_is_answered(message: bytes) -> None:
    assert len(respond(zones(), message)) >= 12


def test_an_answer_has_the_values_that_can_be_told() -> None:
    message = respond(zones(), query("A.t"))
    flags, *numbers = counts(message)
    assert (flags & 0x840F, numbers) == (0x8400, [1, 1, 0])
    assert message.endswith(struct.pack("!HHIH", 1, 1, 9, 4) + bytes([192, 0, 2, 1]))
    flags, *numbers = counts(respond(zones(), query("b.t")))
    assert (flags & 0xF, numbers) == (3, [1, 0, 1]), "no such name, and the SOA record says for how long"
    flags, *numbers = counts(respond(zones(), query("long.t", 16)))
    assert (flags & 0x0200, numbers) == (0x0200, [1, 0, 0]), "too long for UDP"
    assert counts(respond(zones(), query("a.t", 99)))[0] & 0xF == dns_wire.NOTIMP


@pytest.mark.parametrize("message", [b"", b"\0" * 12, query("a.t")[:-3], query("a.t")[:2] + b"\x81" + query("a.t")[3:]])
def test_what_is_no_question_is_refused(message: bytes) -> None:
    with pytest.raises(MalformedError):
        question(message)


@pytest.mark.parametrize(
    ("kind", "value", "octets"),
    [
        ("A", "192.0.2.1", bytes([192, 0, 2, 1])),
        ("AAAA", "::1", bytes(15) + b"\x01"),
        ("CNAME", "a.t.", b"\x01a\x01t\x00"),
        ("TXT", '"a b" "c\\"d" "\\052"', b'\x03a b\x03c"d\x01*'),
        ("MX", "10 a.t", b"\x00\x0a\x01a\x01t\x00"),
        ("SRV", "1 2 3 a.t", b"\x00\x01\x00\x02\x00\x03\x01a\x01t\x00"),
        ("CAA", '0 issue "amazon.com"', b"\x00\x05issueamazon.com"),
        ("SOA", "n. m. 1 2 3 4 5", b"\x01n\x00\x01m\x00" + struct.pack("!IIIII", 1, 2, 3, 4, 5)),
        ("A", "not an address", None),
        ("MX", "ten a.t", None),
        ("NAPTR", "x", None),
    ],
)
def test_values_in_octets(kind: str, value: str, octets: bytes | None) -> None:
    assert rdata(kind, value) == octets


@pytest.fixture
def server() -> Iterator[NameServer]:
    server = NameServer(*ADDRESS)
    server.start()
    yield server
    server.stop()


def test_a_name_server_answers_with_what_stands_now(server: NameServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)

        def ask() -> tuple[int, ...]:
            client.sendto(query("a.t"), ADDRESS)
            return counts(client.recv(4096))

        assert ask()[0] & 0xF == 5
        server.zones = zones()
        client.sendto(b"odd", ADDRESS)
        client.recv(4096)
        assert ask()[2] == 1


def test_an_address_that_is_taken_is_named(server: NameServer) -> None:
    with pytest.raises(LabError, match=r"127\.112\.9\.5:5353 is in use.*LAB_NETWORK"):
        NameServer(*ADDRESS).start()
