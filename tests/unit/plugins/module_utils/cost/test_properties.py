"""What holds for every environment: more never costs less, and a saving saves."""

from dataclasses import fields, replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._cost.allowances import ALWAYS_FREE, NOTHING
from ansible_collections.calstack.aws.plugins.module_utils._cost.describe import PARTS, describe
from ansible_collections.calstack.aws.plugins.module_utils._cost.estimate import estimate
from ansible_collections.calstack.aws.plugins.module_utils._cost.model import Environment
from ansible_collections.calstack.aws.plugins.module_utils._cost.prices.regions import book
from ansible_collections.calstack.aws.plugins.module_utils._cost.savings import WAYS, highly_available, savings
from ansible_collections.calstack.aws.plugins.module_utils._cost.spread import Spread, parse
from hypothesis import assume, given, settings
from hypothesis import strategies as st

BOOKS = {region: book(region) for region in ("eu-west-1", "us-east-1")}
EPSILON = 1e-9

spreads = st.lists(st.floats(0, 1e8), min_size=3, max_size=3).map(lambda three: Spread(*sorted(three)))
small = st.lists(st.floats(0, 100), min_size=3, max_size=3).map(lambda three: Spread(*sorted(three)))


@st.composite
def environments(draw):
    least = draw(st.integers(0, 6))
    tasks = draw(st.lists(st.floats(least, 50), min_size=3, max_size=3).map(sorted))
    params = {
        "network": {
            "zones": draw(st.integers(1, 3)),
            "nat": draw(st.sampled_from(["per_zone", "single", "none"])),
            "interface_endpoints": draw(st.integers(0, 6)),
            "flow_logs": draw(st.booleans()),
            "flow_log_days": draw(st.integers(0, 400)),
        },
        "service": {
            "cpu": draw(st.sampled_from([256, 512, 1024, 4096])),
            "memory": draw(st.sampled_from([512, 1024, 8192])),
            "architecture": draw(st.sampled_from(["X86_64", "ARM64"])),
            "tasks_min": least,
            "tasks": dict(zip(("low", "expected", "high"), tasks, strict=True)),
            "spot_share": draw(st.floats(0, 1)),
            "insights": draw(st.sampled_from(["enabled", "enhanced", "disabled"])),
            "log_days": draw(st.integers(0, 400)),
        },
        "balancer": {"exists": draw(st.booleans())},
        "edge": {
            "cloudfront": draw(st.booleans()),
            "zones": draw(st.integers(0, 3)),
            "health_check": draw(st.booleans()),
            "waf_rules": draw(st.integers(0, 9)),
        },
        "database": {
            "size": draw(st.sampled_from(["M0", "FLEX", "M10", "M20", "M30"])),
            "private_endpoint": draw(st.booleans()),
        },
        "store": {"secrets": draw(st.integers(0, 20)), "images": draw(st.integers(0, 100))},
        "traffic": {"static_share": draw(st.floats(0, 1))},
    }
    env = describe("any", draw(st.sampled_from(sorted(BOOKS))), params)
    return replace(
        env, traffic=replace(env.traffic, requests=draw(spreads)), store=replace(env.store, releases=draw(small))
    )


allowances = st.sampled_from([NOTHING, ALWAYS_FREE])


@given(environments(), allowances)
def test_low_is_never_above_expected_nor_expected_above_high(env, free):
    bill = estimate(env, BOOKS[env.region], free)
    for spread in (bill.usd, *bill.components.values(), *(item.usd for item in bill.items)):
        assert 0 <= spread.low <= spread.expected + EPSILON
        assert spread.expected <= spread.high + EPSILON


@given(environments(), allowances)
def test_the_parts_are_the_whole(env, free):
    bill = estimate(env, BOOKS[env.region], free)
    for case in ("low", "expected", "high"):
        parts = sum(getattr(spread, case) for spread in bill.components.values())
        assert parts == pytest.approx(getattr(bill.usd, case))


QUANTITIES = [
    (part, item.name)
    for part, kind in PARTS.items()
    for item in fields(kind)
    # More from the cache is less to serve, more on Spot less on demand, and longer intervals are fewer health checks.
    if item.type in ("int", "float", "Spread")
    and item.name not in ("static_share", "spot_share", "health_check_interval", "tasks_min")
]

FOR_EVER = ("log_days", "flow_log_days")
"""Of these zero is the most."""


@settings(max_examples=200)
@given(environments(), st.sampled_from(QUANTITIES), st.floats(1, 5), allowances)
def test_more_of_anything_never_costs_less(env, quantity, factor, free):
    part, name = quantity
    before = getattr(getattr(env, part), name)
    assume(before or name not in FOR_EVER)
    more = before * factor if isinstance(before, Spread) else type(before)(before * factor + (before == 0))
    larger = replace(env, **{part: replace(getattr(env, part), **{name: more})})
    prices = BOOKS[env.region]
    now, then = estimate(env, prices, free).usd, estimate(larger, prices, free).usd
    for case in ("low", "expected", "high"):
        assert getattr(then, case) >= getattr(now, case) * (1 - EPSILON) - EPSILON


@given(environments())
def test_an_allowance_never_makes_it_dearer(env):
    prices = BOOKS[env.region]
    assert estimate(env, prices, ALWAYS_FREE).usd.high <= estimate(env, prices).usd.high + EPSILON


@given(environments(), allowances)
def test_what_is_claimed_to_save_saves_that_much(env, free):
    prices = BOOKS[env.region]
    now = estimate(env, prices, free).usd.expected
    claimed = savings(env, prices, free)
    assert [saving.usd for saving in claimed] == sorted((saving.usd for saving in claimed), reverse=True)
    for saving in claimed:
        way = next(way for way in WAYS if way.name == saving.name)
        assert saving.usd > 0
        assert now - estimate(way.change(env), prices, free).usd.expected == pytest.approx(saving.usd)


@given(environments(), st.sampled_from(WAYS))
def test_a_saving_once_taken_is_not_claimed_again(env, way):
    assert way.name not in {saving.name for saving in savings(way.change(env), BOOKS[env.region])}


@given(environments())
def test_high_availability_is_its_own_fixed_point(env):
    once = highly_available(env)
    assert highly_available(once) == once
    assert once.network.nat_gateways == 3
    assert once.service.tasks.low >= 3
    assert once.database.dedicated


@given(st.one_of(st.floats(), st.lists(st.floats(), min_size=3, max_size=3), st.text(max_size=3)))
def test_a_spread_is_ordered_or_refused(value):
    given_value = dict(zip(("low", "expected", "high"), value, strict=True)) if isinstance(value, list) else value
    try:
        spread = parse("cost_tasks", given_value)
    except InputError:
        return
    assert 0 <= spread.low <= spread.expected <= spread.high < float("inf")


def test_the_default_environment_can_be_estimated_everywhere():
    for region, prices in BOOKS.items():
        assert estimate(Environment("prod", region), prices).usd.low > 0
