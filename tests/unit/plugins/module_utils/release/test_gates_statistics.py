"""The tests of the gates against exact arithmetic, textbook values and the clock."""

import math
import time
from fractions import Fraction

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.statistics import (
    binomial,
    fisher,
    quantile,
)
from hypothesis import given
from hypothesis import strategies as st

COUNTED = st.integers(0, 60).flatmap(lambda requests: st.tuples(st.integers(0, requests), st.just(requests)))
MANY = st.integers(0, 2000).flatmap(lambda requests: st.tuples(st.integers(0, requests), st.just(requests)))


def exact_fisher(errors, requests, other_errors, other_requests):
    bad, total = errors + other_errors, requests + other_requests
    ways = sum(
        math.comb(bad, count) * math.comb(total - bad, requests - count)
        for count in range(errors, min(bad, requests) + 1)
        if requests - count <= total - bad
    )
    return Fraction(ways, math.comb(total, requests))


def exact_binomial(errors, requests, rate):
    rate = Fraction(rate)
    return sum(
        math.comb(requests, count) * rate**count * (1 - rate) ** (requests - count)
        for count in range(errors, requests + 1)
    )


def test_fisher_knows_the_lady_tasting_tea():
    assert fisher(3, 4, 1, 4) == pytest.approx(17 / 70)
    assert fisher(4, 4, 0, 4) == pytest.approx(1 / 70)


@given(COUNTED, COUNTED)
def test_fisher_is_exact(here, there):
    assert fisher(*here, *there) == pytest.approx(float(exact_fisher(*here, *there)), rel=1e-9, abs=1e-15)


@given(COUNTED, st.sampled_from([0.0, 0.001, 0.01, 0.25, 0.5, 0.9, 1.0]))
def test_binomial_is_exact(counted, rate):
    exact = float(exact_binomial(*counted, rate))
    assert binomial(*counted, rate) == pytest.approx(exact, rel=1e-9, abs=1e-15)


@given(MANY, MANY)
def test_another_error_never_looks_like_chance_more(here, there):
    errors, requests = here
    assert fisher(errors + 1, requests + 1, *there) <= fisher(errors, requests, *there) * (1 + 1e-9)
    assert binomial(errors + 1, requests + 1, 0.01) <= binomial(errors, requests, 0.01) * (1 + 1e-9)


def test_without_requests_on_a_side_nothing_is_shown():
    assert fisher(5, 5, 0, 0) == fisher(0, 0, 3, 5) == fisher(0, 10, 0, 10) == 1.0


def test_a_million_requests_take_no_time():
    begun = time.perf_counter()
    assert fisher(500_600, 1_000_000, 500_000, 1_000_000) == pytest.approx(0.1984, rel=0.01)
    assert fisher(499_000, 1_000_000, 500_000, 1_000_000) > 0.9
    assert fisher(10_500, 1_000_000, 10_000, 1_000_000) < 0.001
    assert binomial(501_000, 1_000_000, 0.5) == pytest.approx(0.02286, rel=0.01)
    assert time.perf_counter() - begun < 1.0


@pytest.mark.parametrize("counts", [(-1, 5, 0, 5), (6, 5, 0, 5), (0, 5, 6, 5)])
def test_fisher_refuses_what_cannot_be(counts):
    with pytest.raises(ValueError, match="cannot be"):
        fisher(*counts)


@pytest.mark.parametrize("rate", [-0.1, 1.1, math.nan])
def test_binomial_refuses_what_is_no_rate(rate):
    with pytest.raises(ValueError, match="from 0 to 1"):
        binomial(1, 5, rate)


def test_quantile_is_the_nearest_rank():
    values = [float(value) for value in range(20, 0, -1)]
    assert [quantile(values, share) for share in (0, 0.05, 0.5, 0.95, 0.951, 1)] == [1, 1, 10, 19, 20, 20]
    assert quantile([7.0], 0.95) == 7.0
    with pytest.raises(ValueError, match="needs values"):
        quantile([], 0.5)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=200), st.floats(0, 1))
def test_a_quantile_is_one_of_the_values_with_its_share_below(values, share):
    found = quantile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-6
