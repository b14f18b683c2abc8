import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.balancer.matching import matcher, network, wildcard
from lab.balancer.model import Condition


def matches(condition: Condition, value: str) -> bool:
    return re.fullmatch(matcher(condition)["string_match"]["safe_regex"]["regex"], value) is not None


@pytest.mark.parametrize(
    ("field", "values", "value", "expected"),
    [
        ("path-pattern", ("/app/*",), "/app/x", True),
        ("path-pattern", ("/app/*",), "/app", False),
        ("path-pattern", ("/app/*",), "/APP/x", False),
        ("path-pattern", ("/a?c",), "/abc", True),
        ("path-pattern", ("/a?c",), "/ac", False),
        ("path-pattern", ("/a*z",), "/ab?x=z", False),
        ("path-pattern", ("/a*",), "/ab?x=z", True),
        ("path-pattern", ("/a", "/b.c"), "/b.c", True),
        ("path-pattern", ("/a", "/b.c"), "/bxc", False),
        ("path-pattern", (r"/a\*",), "/a*", True),
        ("path-pattern", (r"/a\*",), "/ab", False),
        ("host-header", ("*.example.com",), "WWW.example.COM:8443", True),
        ("host-header", ("*.example.com",), "example.com", False),
        ("host-header", ("calstack.localhost",), "calstack.localhost:8443", True),
        ("http-request-method", ("GET", "HEAD"), "HEAD", True),
        ("http-request-method", ("GET",), "get", False),
        ("query-string", ("version=v1",), "/x?a=b&version=V1", True),
        ("query-string", ("version=v1",), "/x?version=v12", False),
        ("query-string", ("version=v1",), "/x?subversion=v1", False),
        ("query-string", ("version=v1", "*ex*"), "/x?any=example&z=1", True),
        ("query-string", ("ex*",), "/x?any=1&example", False),
        ("query-string", ("a=b",), "/x", False),
        ("source-ip", ("127.80.0.0/16",), "10.0.0.1, 127.80.3.4", True),
        ("source-ip", ("127.80.0.0/16",), "127.80.3.4, 10.0.0.1", False),
        ("source-ip", ("2001:db8::/32",), "127.0.0.1", False),
    ],
)
def test_conditions(field: str, values: tuple[str, ...], value: str, expected: bool) -> None:
    assert matches(Condition(field, values), value) is expected


def test_a_header_condition_looks_at_its_header_whatever_the_case() -> None:
    condition = Condition("http-header", ("*Chrome*",), "User-Agent")
    assert matcher(condition)["name"] == "User-Agent"
    assert matches(condition, "a CHROME b")


def test_an_unknown_field_is_an_error() -> None:
    with pytest.raises(ValueError, match="moon-phase"):
        matcher(Condition("moon-phase", ("full",)))


@given(st.text(st.characters(codec="ascii", exclude_characters="*?\\\n"), max_size=20))
def test_a_pattern_without_wildcards_matches_itself_only(text: str) -> None:
    assert re.fullmatch(wildcard(text), text)
    assert not re.fullmatch(wildcard(text), text + "x")


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 32), st.booleans())
def test_a_network_matches_the_addresses_in_it(
    base: ipaddress.IPv4Address, other: ipaddress.IPv4Address, length: int, inside: bool
) -> None:
    wanted = ipaddress.ip_network(f"{base}/{length}", strict=False)
    address = wanted[int(other) % wanted.num_addresses] if inside else other
    assert bool(re.fullmatch(network(str(wanted)), str(address))) is (address in wanted)
