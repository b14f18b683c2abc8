"""Which state an alarm is in, by its newest periods (pure).

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
AWS looks at some more periods than an alarm asks for where data is missing; this looks at those asked for.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True)
class Terms:
    """`breaching` of `periods` make an alarm; `missing` is how a period without data counts."""

    comparison: str
    threshold: float
    breaching: int
    periods: int
    missing: str = "missing"


@dataclass(frozen=True)
class Outcome:
    state: State
    reason: str


def judge(terms: Terms, points: Sequence[float | None], before: State) -> Outcome:
    """`points` are the values of the newest periods, None where there is none; `before` is the state until now."""
    compare = COMPARISONS.get(terms.comparison)
    values = [value for value in points if value is not None]
    if compare is None:
        return Outcome("INSUFFICIENT_DATA", f"{terms.comparison} is not played")
    if not values and terms.missing == "ignore":
        return Outcome(before, "no data, and missing data is ignored")
    if not values and terms.missing not in ("breaching", "notBreaching"):
        return Outcome("INSUFFICIENT_DATA", f"Insufficient Data: {len(points)} datapoints were unknown.")
    count = sum(compare(value, terms.threshold) for value in values)
    if terms.missing == "breaching":
        count += len(points) - len(values)
    state: State = "ALARM" if count >= terms.breaching else "OK"
    shown = ", ".join("none" if value is None else f"{value:g}" for value in points)
    words = f"{count} of the last {len(points)} datapoints [{shown}] breach {terms.comparison} {terms.threshold:g}"
    return Outcome(state, f"Threshold Crossed: {words}." if state == "ALARM" else f"{words}.")
