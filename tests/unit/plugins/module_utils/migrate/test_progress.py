"""Rate and time left."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._migrate.progress import (
    Count,
    Meter,
    bar,
    duration,
    size,
)
from hypothesis import given
from hypothesis import strategies as st


def test_a_line_says_how_far_how_fast_and_how_long():
    meter = Meter(1000)
    meter.add(0.0, 0)
    meter.add(2.0, 250)
    assert meter.text() == "██████░░░░░░░░░░░░░░░░░░  25 %  250 of 1,000 documents, 125/s, 6 s left"


def test_the_rate_is_that_of_the_last_seconds():
    meter = Meter(10_000, window=10)
    for second in range(100):
        meter.add(float(second), second if second < 50 else 50 + (second - 50) * 100)
    assert meter.rate == pytest.approx(100)


@given(st.integers(0, 10**9), st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 10**9)), max_size=20))
def test_no_numbers_break_it(total, looks):
    meter = Meter(total)
    for now, done in sorted(looks):
        meter.add(now, done)
    assert meter.rate >= 0
    assert meter.left is None or meter.left >= 0
    assert "documents" in meter.text()


def test_units():
    assert [duration(each) for each in (3, 300, 9000)] == ["3 s", "5 min", "2.5 h"]
    assert [size(each) for each in (12, 2048, 5 * 1024**2, 3 * 1024**3, 2 * 1024**4)] == [
        "12 B",
        "2.0 KiB",
        "5.0 MiB",
        "3.0 GiB",
        "2.0 TiB",
    ]
    assert bar(50, 4) == "██░░"
    assert Count(1, 2) + Count(3, 4) == Count(4, 6)
