# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A quantity that is not known before the month is over: low, expected and high. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

CASES = ("low", "expected", "high")


@dataclass(frozen=True)
class Spread:
    """Three values that never fall: low ≤ expected ≤ high, none below zero."""

    low: float
    expected: float
    high: float

    def __add__(self, other: Spread | float) -> Spread:
        return _both(self, other, lambda one, two: one + two)

    def __mul__(self, other: Spread | float) -> Spread:
        return _both(self, other, lambda one, two: one * two)

    __radd__ = __add__
    __rmul__ = __mul__

    def each(self, change: Callable[[float], float]) -> Spread:
        """The same change to all three; `change` must not turn their order."""
        return Spread(change(self.low), change(self.expected), change(self.high))

    def beyond(self, free: float) -> Spread:
        """What is left after the first `free` units."""
        return self.each(lambda value: max(value - free, 0.0))

    @property
    def fixed(self) -> bool:
        return self.low == self.expected == self.high


def flat(value: float) -> Spread:
    """The same whatever the traffic."""
    return Spread(value, value, value)


NONE = flat(0)


def largest(one: Spread, two: Spread) -> Spread:
    """The larger of the two, case by case."""
    return _both(one, two, max)


def total(parts: list[Spread]) -> Spread:
    return sum(parts, NONE)


def parse(variable: str, given: Any) -> Spread:
    """A number, or a mapping with all of low, expected and high. Raises InputError naming `variable`."""
    if isinstance(given, Mapping):
        if set(given) != set(CASES):
            raise InputError(f"{variable} must have low, expected and high, but has {', '.join(given) or 'nothing'}.")
        spread = Spread(*(_number(f"{variable}.{case}", given[case]) for case in CASES))
    else:
        spread = flat(_number(variable, given))
    if not 0 <= spread.low <= spread.expected <= spread.high:
        raise InputError(
            f"{variable} is {spread.low:g}, {spread.expected:g}, {spread.high:g}: "
            f"none of low, expected and high may be below zero or below the one before it."
        )
    return spread


def _number(variable: str, given: Any) -> float:
    try:
        number = float(given)
    except (TypeError, ValueError):
        raise InputError(f"{variable} is {given!r}: it must be a number.") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise InputError(f"{variable} is {given!r}: it must be a finite number.")
    return number


def _both(one: Spread, two: Spread | float, fold: Callable[[float, float], float]) -> Spread:
    other = two if isinstance(two, Spread) else flat(two)
    return Spread(fold(one.low, other.low), fold(one.expected, other.expected), fold(one.high, other.high))
