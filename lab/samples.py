"""Metric values kept compactly, so that any statistic is true for any period (pure).

A series is one metric with its dimensions; a bucket holds what came in one second. AWS keeps metrics of a second's
resolution for three hours, and so does this.
"""

import math
import re
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

RETENTION = 3 * 3600
"""Seconds."""

PERCENTILE = re.compile(r"p(100|[0-9]{1,2}(?:\.[0-9]{1,10})?)")
SIMPLE = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Key:
    namespace: str
    name: str
    dimensions: Dimensions = ()
    """Sorted by name."""


@dataclass
class Bucket:
    """What came in one second; values that are all the same are only counted."""

    time: int
    """Seconds since the epoch."""
    count: float = 0.0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    exact: bool = True
    """Every single value is known."""
    _values: array[float] | None = None

    def add(self, values: Sequence[float]) -> None:
        if not values:
            return
        low, high = min(values), max(values)
        if self._values is None and (
            low != high or self.low not in (low, math.inf) or self.high not in (high, -math.inf)
        ):
            self._values = self.values()
        if self._values is not None:
            self._values.extend(values)
        self._merge(len(values), math.fsum(values), low, high)

    def add_set(self, count: float, total: float, low: float, high: float) -> None:
        """A statistic set: its single values are known only if they are all the same."""
        if low == high and count.is_integer():
            self.add([low] * int(count))
        else:
            self.exact = False
            self._merge(count, total, low, high)

    def values(self) -> "array[float]":
        if self._values is not None:
            return self._values
        return array("d", [self.low]) * int(self.count)

    def _merge(self, count: float, total: float, low: float, high: float) -> None:
        self.count += count
        self.total += total
        self.low = min(self.low, low)
        self.high = max(self.high, high)


@dataclass
class Series:
    unit: str | None = None
    buckets: list[Bucket] = field(default_factory=list)
    """In order of time."""

    def at(self, second: int) -> Bucket:
        index = bisect_left(self.buckets, second, key=lambda bucket: bucket.time)
        if index == len(self.buckets) or self.buckets[index].time != second:
            self.buckets.insert(index, Bucket(second))
        return self.buckets[index]

    def between(self, start: float, end: float) -> Sequence[Bucket]:
        """Those with start <= time < end."""
        first = bisect_left(self.buckets, start, key=lambda bucket: bucket.time)
        last = bisect_left(self.buckets, end, key=lambda bucket: bucket.time)
        return self.buckets[first:last]

    def forget(self, before: float) -> None:
        if self.buckets and self.buckets[0].time < before:
            del self.buckets[: bisect_left(self.buckets, before, key=lambda bucket: bucket.time)]


class Samples:
    """All series of one CloudWatch."""

    def __init__(self) -> None:
        self.series: dict[Key, Series] = {}

    def add(self, key: Key, time: float, values: Sequence[float], unit: str | None = None) -> None:
        self._bucket(key, time, unit).add(values)

    def add_set(
        self, key: Key, time: float, count: float, total: float, low: float, high: float, unit: str | None = None
    ) -> None:
        self._bucket(key, time, unit).add_set(count, total, low, high)

    def _bucket(self, key: Key, time: float, unit: str | None) -> Bucket:
        series = self.series.setdefault(key, Series(unit))
        series.forget(time - RETENTION)
        return series.at(int(time))


def known(statistic: str) -> bool:
    return statistic in SIMPLE or PERCENTILE.fullmatch(statistic) is not None


def statistic_of(buckets: Sequence[Bucket], statistic: str) -> float | None:
    """A statistic over some buckets; None when there is no data for it. Raises ValueError for an unknown one."""
    if not known(statistic):
        raise ValueError(f"unknown statistic {statistic!r}")
    count = sum(bucket.count for bucket in buckets)
    if not count:
        return None
    total = math.fsum(bucket.total for bucket in buckets)
    simple = {
        "SampleCount": count,
        "Sum": total,
        "Average": total / count,
        "Minimum": min(bucket.low for bucket in buckets),
        "Maximum": max(bucket.high for bucket in buckets),
    }
    if statistic in simple:
        return simple[statistic]
    if not all(bucket.exact for bucket in buckets):
        return None
    return percentile(sorted(value for bucket in buckets for value in bucket.values()), float(statistic[1:]))


def percentile(values: Sequence[float], percent: float) -> float:
    """Between the two nearest ranks, by linear interpolation; AWS does not publish how it does it.

    `values` are sorted and not empty.
    """
    rank = (len(values) - 1) * percent / 100
    below = math.floor(rank)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (rank - below)
