"""In which state an alarm is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.alarms.evaluation import Terms, judge

ABOVE = Terms("GreaterThanThreshold", 5, 2, 3)
POINTS = st.lists(st.one_of(st.none(), st.floats(0, 10)), min_size=3, max_size=3)


def state(points: list[float | None], missing: str = "missing", comparison: str = "GreaterThanThreshold") -> str:
    return judge(Terms(comparison, 5, 2, 3, missing), points, "ALARM").state


@pytest.mark.parametrize(
    ("points", "missing", "found"),
    [
        ([6, 6, 0], "missing", "ALARM"),
        ([6, 5, 5], "missing", "OK"),
        ([6, None, 6], "missing", "ALARM"),
        ([6, None, None], "missing", "OK"),
        ([6, None, None], "breaching", "ALARM"),
        ([6, None, None], "notBreaching", "OK"),
        ([None, None, None], "missing", "INSUFFICIENT_DATA"),
        ([None, None, None], "breaching", "ALARM"),
        ([None, None, None], "notBreaching", "OK"),
        ([None, None, None], "ignore", "ALARM"),
    ],
)
def test_what_is_there_and_what_is_missing(points: list[float | None], missing: str, found: str) -> None:
    assert state(points, missing) == found


@pytest.mark.parametrize(
    ("comparison", "found"),
    [
        ("GreaterThanThreshold", "OK"),
        ("GreaterThanOrEqualToThreshold", "ALARM"),
        ("LessThanThreshold", "OK"),
        ("LessThanOrEqualToThreshold", "ALARM"),
        ("GreaterThanUpperThreshold", "INSUFFICIENT_DATA"),
    ],
)
def test_at_the_threshold(comparison: str, found: str) -> None:
    assert state([5, 5, 5], comparison=comparison) == found


def test_the_reason_has_the_numbers() -> None:
    found = judge(ABOVE, [6, None, 7], "OK")
    assert found.reason == ("Threshold Crossed: 2 of the last 3 datapoints [6, none, 7] breach GreaterThanThreshold 5.")


@given(points=POINTS)
def test_missing_data_that_breaches_raises_no_less(points: list[float | None]) -> None:
    if state(points, "notBreaching") == "ALARM":
        assert state(points, "breaching") == "ALARM"
