"""The sizes of clusters."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._atlas.sizes import connection_limit, number, size, tier


@pytest.mark.parametrize(
    ("text", "name"), [("m10", "M10"), (" flex", "FLEX"), ("M0", "M0"), ("r40", "R40"), ("m40_nvme", "M40_NVME")]
)
def test_a_size_is_taken_in_any_case(text, name):
    assert size(text) == name


@pytest.mark.parametrize("text", ["", "M", "M1", "M2", "M5", "M10_SSD", "X10", "M10000", "M10 M20"])
def test_what_is_no_size_is_none(text):
    # M2 and M5 are no longer to be had.
    assert size(text) == ""


def test_there_are_three_kinds():
    assert [tier(name) for name in ("M0", "FLEX", "M10", "R700", "M40_NVME")] == ["M0", "FLEX", *["dedicated"] * 3]


def test_dedicated_sizes_compare_by_number():
    assert sorted(["M200", "M40", "M140", "M10"], key=number) == ["M10", "M40", "M140", "M200"]
    assert number("R40") == number("M40") == number("M40_NVME") == 40
    assert number("M0") == number("FLEX") == 0


@pytest.mark.parametrize(
    ("name", "limit"), [("M0", 500), ("FLEX", 500), ("M10", 1500), ("M30", 3000), ("R40", 4000), ("M40_NVME", None)]
)
def test_connections_are_limited_where_it_is_known(name, limit):
    assert connection_limit(name) == limit
