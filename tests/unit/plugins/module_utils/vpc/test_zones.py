"""Which zones, and which slot each has."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._vpc.addresses import SLOTS, slots
from ansible_collections.calstack.aws.plugins.module_utils._vpc.zones import in_use, place
from hypothesis import given
from hypothesis import strategies as st

REGION = ["a", "b", "c", "d", "e"]
ZONES = st.lists(st.sampled_from(REGION), min_size=2, max_size=3, unique=True)


@given(st.permutations(REGION), st.integers(2, 3))
def test_the_first_by_name_whatever_order_aws_lists_them_in(available, count):
    assert list(place([], count, available, {})) == REGION[:count]


@given(ZONES, ZONES)
def test_whatever_is_asked_next_zones_keep_their_slots_or_it_is_refused(first, then):
    before = place(first, 2, REGION, {})
    joining, free = set(then) - set(before), SLOTS - len(before)
    if len(joining) > free:
        with pytest.raises(InputError, match="Run once without"):
            place(then, 2, REGION, before)
        return
    after = place(then, 2, REGION, before)
    assert set(after) == set(then)
    assert len(set(after.values())) == len(after)
    assert all(after[zone] == before[zone] for zone in first if zone in then)
    new = {slot for zone, slot in after.items() if zone not in before}
    assert not new & set(before.values()), "a subnet that is given up is still there when the new one is created"


@given(ZONES, st.integers(2, 3))
def test_zones_in_use_are_kept_when_only_their_number_is_given(first, count):
    before = place(first, 2, REGION, {})
    after = place([], count, REGION, before)
    assert len(after) == count
    assert all(after[zone] == before[zone] for zone in list(before)[:count])


def test_zones_come_in_the_order_of_their_slots():
    assert list(place(["c", "a"], 2, REGION, {"a": 0, "c": 2})) == ["a", "c"]


def test_a_zone_in_use_is_kept_even_when_aws_calls_it_impaired():
    assert place([], 2, ["b", "c"], {"a": 0, "b": 1}) == {"a": 0, "b": 1}


@pytest.mark.parametrize(
    ("asked", "count", "available", "words"),
    [
        (["a"], 2, REGION, r"vpc_zones names 1 zone \(a\).* a load balancer needs at least 2"),
        (["a", "a"], 2, REGION, "vpc_zones names 1 zone"),
        (["a", "b", "c", "d"], 2, REGION, "name 2 or 3"),
        (["a", "x", "y"], 2, REGION, r"vpc_zones: x, y cannot be used here\. Available zones: a, b, c, d, e\."),
        ([], 1, REGION, "vpc_zone_count is 1: it must be 2 or 3; a load balancer needs at least 2"),
        ([], 4, REGION, "vpc_zone_count is 4"),
        ([], 3, ["a", "b"], "vpc_zone_count is 3, but this region has 2 available: a, b"),
    ],
)
def test_what_cannot_be_is_refused(asked, count, available, words):
    with pytest.raises(InputError, match=words):
        place(asked, count, available, {})


def test_three_zones_swap_one_in_two_steps():
    taken = {"a": 0, "b": 1, "c": 2}
    with pytest.raises(InputError, match="there is no room for d before a is gone"):
        place(["b", "c", "d"], 2, REGION, taken)
    assert place(["b", "c", "d"], 2, REGION, {"b": 1, "c": 2}) == {"d": 0, "b": 1, "c": 2}


def test_one_subnet_is_enough_to_know_a_zones_slot():
    cut = slots("10.0.0.0/16")
    subnets = [
        {"AvailabilityZone": "b", "CidrBlock": cut[0].public},
        {"AvailabilityZone": "a", "CidrBlock": cut[2].private},
        {"AvailabilityZone": "c", "CidrBlock": "10.9.0.0/24"},
    ]
    assert in_use("10.0.0.0/16", subnets) == {"b": 0, "a": 2}
