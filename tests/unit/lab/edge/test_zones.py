"""What Route 53 answers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.edge.zones import NOERROR, NXDOMAIN, REFUSED, SERVFAIL, Zones, unescape, zone


def record(name: str, kind: str, *values: str, **more: Any) -> dict[str, Any]:
    found = {"TTL": 60, "ResourceRecords": [{"Value": value} for value in values]} if values else {}
    return {"Name": name, "Type": kind, **found, **more}


def alias(name: str, target: str, kind: str = "A", **more: Any) -> dict[str, Any]:
    return record(name, kind, AliasTarget={"DNSName": target}, **more)


HERE = zone(
    "example.com",
    [
        record("example.com.", "SOA", "ns. mail. 1 7200 900 1209600 86400"),
        alias("example.com.", "d1.cloudfront.net."),
        record("www.example.com.", "CNAME", "example.com"),
        record("out.example.com.", "CNAME", "elsewhere.test"),
        record("loop.example.com.", "CNAME", "loop.example.com"),
        alias("origin.example.com.", "dualstack.127.80.1.1."),
        record("a.b.example.com.", "A", "192.0.2.1", "192.0.2.2"),
        record("\\052.wild.example.com.", "A", "192.0.2.3"),
        record("here.wild.example.com.", "TXT", '"x"'),
        record("two.example.com.", "A", "192.0.2.9", SetIdentifier="s", Failover="SECONDARY"),
        record("two.example.com.", "A", "192.0.2.8", SetIdentifier="p", Failover="PRIMARY"),
        record("geo.example.com.", "A", "192.0.2.5", SetIdentifier="fr", GeoLocation={"CountryCode": "FR"}),
        record("geo.example.com.", "A", "192.0.2.6", SetIdentifier="all", GeoLocation={"CountryCode": "*"}),
        record("weight.example.com.", "A", "192.0.2.5", SetIdentifier="a", Weight=1),
        record("weight.example.com.", "A", "192.0.2.6", SetIdentifier="b", Weight=9),
        record("multi.example.com.", "A", "192.0.2.5", SetIdentifier="a", MultiValueAnswer=True),
        record("multi.example.com.", "A", "192.0.2.6", SetIdentifier="b", MultiValueAnswer=True),
    ],
)
SUB = zone("sub.example.com", [record("sub.example.com.", "A", "192.0.2.77")])
ZONES = Zones([HERE, SUB], {"d1.cloudfront.net": "127.80.2.1"})


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("example.com", "127.80.2.1"),
        ("EXAMPLE.com.", "127.80.2.1"),
        ("www.example.com", "127.80.2.1"),
        ("d1.cloudfront.net", "127.80.2.1"),
        ("origin.example.com", "127.80.1.1"),
        ("127.80.1.1", "127.80.1.1"),
        ("a.b.example.com", "192.0.2.1"),
        ("x.y.wild.example.com", "192.0.2.3"),
        ("here.wild.example.com", None),
        ("two.example.com", "192.0.2.8"),
        ("geo.example.com", "192.0.2.6"),
        ("weight.example.com", "192.0.2.6"),
        ("sub.example.com", "192.0.2.77"),
        ("out.example.com", None),
        ("loop.example.com", None),
        ("elsewhere.test", None),
    ],
)
def test_a_name_s_address(name: str, address: str | None) -> None:
    assert ZONES.address(name) == address


@pytest.mark.parametrize(
    ("name", "kind", "code", "types"),
    [
        ("www.example.com", "A", NOERROR, ["CNAME", "A"]),
        ("www.example.com", "CNAME", NOERROR, ["CNAME"]),
        ("www.example.com", "AAAA", NOERROR, ["CNAME"]),
        ("out.example.com", "A", NOERROR, ["CNAME"]),
        ("b.example.com", "A", NOERROR, []),
        ("none.example.com", "A", NXDOMAIN, []),
        ("example.com", "TXT", NOERROR, []),
        ("example.com", "AAAA", NOERROR, []),
        ("loop.example.com", "A", SERVFAIL, []),
        ("example.org", "A", REFUSED, []),
    ],
)
def test_an_answer_says_what_there_is(name: str, kind: str, code: int, types: list[str]) -> None:
    answer = ZONES.ask(name, kind)
    assert (answer.code, [found.type for found in answer.records]) == (code, types)


def test_several_values() -> None:
    (found,) = ZONES.ask("multi.example.com", "A").records
    assert found.values == ("192.0.2.5", "192.0.2.6")
    assert ZONES.ask("none.example.com", "A").soa is not None
    assert Zones([HERE]) == Zones([HERE]) != Zones()


def test_an_alias_that_leads_in_a_circle_ends() -> None:
    turning = Zones([zone("t", [alias("a.t", "b.t"), alias("b.t", "a.t")])])
    assert turning.address("a.t") is None


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\\"), max_size=20))
def test_octal_goes_back(text: str) -> None:
    assert unescape("".join(f"\\{ord(letter):03o}" for letter in text)) == text
