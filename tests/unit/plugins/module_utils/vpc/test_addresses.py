"""One CIDR cut into subnets."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._vpc.addresses import LARGEST, SLOTS, SMALLEST, slots
from conftest import CHECKOUT
from hypothesis import given
from hypothesis import strategies as st

CIDRS = st.builds(
    lambda second, third, prefix: str(IPv4Network((f"10.{second}.{third}.0", prefix), strict=False)),
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(LARGEST, SMALLEST),
)


@given(CIDRS)
def test_subnets_are_inside_and_apart_and_large_enough_for_a_balancer(cidr):
    cut = slots(cidr)
    public, private = [IPv4Network(slot.public) for slot in cut], [IPv4Network(slot.private) for slot in cut]
    assert len(cut) == SLOTS
    assert all(subnet.subnet_of(IPv4Network(cidr)) for subnet in public + private)
    assert not any(one.overlaps(other) for one, other in combinations(public + private, 2))
    assert max(subnet.prefixlen for subnet in public + private) <= 27
    assert all(mine.num_addresses > yours.num_addresses for mine in private for yours in public)


def test_the_smallest_is_just_large_enough():
    assert slots("10.0.0.0/23")[2] == slots("10.0.0.0/23")[-1]
    assert IPv4Network(slots("10.0.0.0/23")[0].public).prefixlen == 27


@pytest.mark.parametrize(
    ("cidr", "words"),
    [
        ("10.0.0.0/24", r"vpc_cidr is 10\.0\.0\.0/24: too small for 3 zones .* It needs a /23 or larger"),
        ("10.0.0.0/28", "needs a /23"),
        ("10.0.0.0/15", "the largest network AWS allows is a /16"),
        ("10.20.30.40/16", r"did you mean 10\.20\.0\.0/16\?"),
        ("10.0.0.0", r"did you mean 10\.0\.0\.0/32\?"),
        ("ten", "vpc_cidr is 'ten': give an IPv4 network"),
        ("", "give an IPv4 network"),
        ("fd00::/48", "give an IPv4 network"),
        ("127.0.0.0/16", "AWS does not route"),
        ("169.254.0.0/16", "AWS does not route"),
    ],
)
def test_what_cannot_be_a_network_is_refused_with_what_could(cidr, words):
    with pytest.raises(InputError, match=words):
        slots(cidr)


def test_the_readme_shows_the_table_as_it_is():
    text = (CHECKOUT / "roles/vpc/README.md").read_text()
    for name, slot in zip(("first", "second", "third"), slots("10.20.0.0/16"), strict=True):
        assert f"| {name} | {slot.private} | {slot.public} |" in text
