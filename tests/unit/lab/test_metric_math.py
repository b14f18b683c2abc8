"""CloudWatch's metric math, as far as the lab plays it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.metric_math import Frame, MetricMathError, evaluate, used

FULL = {0: 1.0, 60: 2.0, 120: 3.0}
SPARSE = {60: 10.0}
TIMES = (0, 60, 120)


def compute(expression: str, *, fill_empty: bool = False) -> object:
    return evaluate(expression, Frame({"full": FULL, "sparse": SPARSE, "empty": {}}, TIMES, fill_empty))


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("1 + 2 * 3 - 4 / 2", 5.0),
        ("-full", {0: -1.0, 60: -2.0, 120: -3.0}),
        ("100 * full", {0: 100.0, 60: 200.0, 120: 300.0}),
        ("full + sparse", {60: 12.0}),
        ("full / (full - 2)", {0: -1.0, 120: 3.0}),
        ("1 / 0", {}),
        ("full >= 2", {0: 0.0, 60: 1.0, 120: 1.0}),
        ("FILL(sparse, 7)", {0: 7.0, 60: 10.0, 120: 7.0}),
        ("FILL(empty, 7)", {}),
        ("IF(full > 1, full, 0)", {0: 0.0, 60: 2.0, 120: 3.0}),
        ("IF(full > 1, sparse, 0)", {0: 0.0, 60: 10.0}),
        ("IF(empty > 1, full, 0)", {}),
        ("IF(1 > 0, full, sparse)", FULL),
        ("SUM([full, sparse, empty])", {0: 1.0, 60: 12.0, 120: 3.0}),
        ("max([full, sparse])", {0: 1.0, 60: 10.0, 120: 3.0}),
        ("MIN([full, sparse])", {0: 1.0, 60: 2.0, 120: 3.0}),
        ("AVG([full, sparse])", {0: 1.0, 60: 6.0, 120: 3.0}),
        ("MAX(full)", 3.0),
        ("full * MAX([empty])", {}),
    ],
)
def test_an_expression_has_its_value(expression: str, result: object) -> None:
    assert compute(expression) == result


def test_fill_may_fill_what_was_never_there() -> None:
    assert compute("FILL(empty, 7)", fill_empty=True) == dict.fromkeys(TIMES, 7.0)


@pytest.mark.parametrize(
    "expression",
    [
        *("", "full +", "unknown", "ANOMALY_DETECTION_BAND(full)", "full ** 2", "[full] + 1", "IF(1, 2)", "FILL(1, 2)"),
        *("SUM([[full]])", "'text'", "full.real", "__import__('os')", "MAX(empty)", "full < 1 < 2"),
    ],
)
def test_what_is_not_played_says_so(expression: str) -> None:
    with pytest.raises(MetricMathError):
        compute(expression)


def test_the_ids_that_an_expression_uses() -> None:
    assert {"full", "sparse"} <= used("IF(full > 1, sparse, 0)")
    assert used("full +") == set()


series = st.dictionaries(st.sampled_from(TIMES), st.floats(-1e6, 1e6))


@given(one=series, other=series)
def test_the_greatest_of_two_is_where_any_is(one: dict[int, float], other: dict[int, float]) -> None:
    found = evaluate("MAX([one, other])", Frame({"one": one, "other": other}, TIMES))
    assert isinstance(found, dict)
    assert found.keys() == one.keys() | other.keys()
    assert all(value == max(item[time] for item in (one, other) if time in item) for time, value in found.items())


@given(one=series)
def test_what_is_filled_has_a_value_at_all_times_and_its_own_where_it_had_one(one: dict[int, float]) -> None:
    found = evaluate("FILL(one, 0)", Frame({"one": one}, TIMES, fill_empty=True))
    assert isinstance(found, dict)
    assert set(found) == set(TIMES)
    assert one.items() <= found.items()
