import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.samples import RETENTION, Key, Samples, known, percentile, statistic_of

KEY = Key("N", "m")
values = st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), min_size=1, max_size=40)


@given(st.lists(st.tuples(st.integers(0, 5), values), min_size=1, max_size=6))
def test_statistics_are_those_of_all_values_however_they_came(parts: list[tuple[int, list[float]]]) -> None:
    samples = Samples()
    for time, some in parts:
        samples.add(KEY, time, some)
    every = sorted(value for _, some in parts for value in some)
    buckets = samples.series[KEY].between(0, 10)
    assert statistic_of(buckets, "SampleCount") == len(every)
    assert statistic_of(buckets, "Sum") == pytest.approx(sum(every))
    assert statistic_of(buckets, "Minimum") == every[0]
    assert statistic_of(buckets, "Maximum") == every[-1]
    assert statistic_of(buckets, "p0") == every[0]
    assert statistic_of(buckets, "p100") == every[-1]
    assert statistic_of(buckets, "p50") == pytest.approx(statistics.median(every))


@given(values.filter(lambda some: len(some) > 1))
def test_percentiles_are_the_inclusive_quantiles(some: list[float]) -> None:
    cuts = statistics.quantiles(some, n=100, method="inclusive")
    for percent in (1, 90, 95, 99):
        assert percentile(sorted(some), percent) == pytest.approx(cuts[percent - 1])


def test_equal_values_are_counted_not_kept() -> None:
    samples = Samples()
    samples.add(KEY, 1, [1.0] * 1000)
    samples.add(KEY, 1.5, [1.0] * 1000)
    (bucket,) = samples.series[KEY].buckets
    assert bucket._values is None
    samples.add(KEY, 1, [2.0])
    assert statistic_of([bucket], "p99.99") == pytest.approx(1.0, abs=1)
    assert sorted(bucket.values()) == [1.0] * 2000 + [2.0]


def test_a_statistic_set_has_percentiles_only_if_all_its_values_are_the_same() -> None:
    samples = Samples()
    samples.add_set(KEY, 1, 3, 6, 2, 2)
    assert statistic_of(samples.series[KEY].buckets, "p90") == 2
    samples.add_set(KEY, 2, 2, 3, 1, 2)
    assert statistic_of(samples.series[KEY].buckets, "p90") is None
    assert statistic_of(samples.series[KEY].buckets, "Average") == pytest.approx(9 / 5)


def test_no_data_is_none_and_an_unknown_statistic_an_error() -> None:
    assert statistic_of([], "Sum") is None
    with pytest.raises(ValueError, match="tm99"):
        statistic_of([], "tm99")
    assert [name for name in ("p95", "p99.9", "p100", "p101", "P95", "Sum", "sum") if known(name)] == [
        "p95",
        "p99.9",
        "p100",
        "Sum",
    ]


def test_old_values_go() -> None:
    samples = Samples()
    for time in (0, 10, RETENTION + 5):
        samples.add(KEY, time, [1.0])
    assert [bucket.time for bucket in samples.series[KEY].buckets] == [10, RETENTION + 5]


def test_late_values_find_their_second() -> None:
    samples = Samples()
    for time in (5, 3, 4, 3):
        samples.add(KEY, time, [1.0])
    assert [(bucket.time, bucket.count) for bucket in samples.series[KEY].buckets] == [(3, 2), (4, 1), (5, 1)]
