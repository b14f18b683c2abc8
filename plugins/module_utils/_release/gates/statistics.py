# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The statistics of the gates: exact tests for shares, and a quantile. Pure.

The tests sum terms of a distribution from the observed count outwards, each from the one before, until they no longer
matter: a few thousand at most for a million requests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

_NEGLIGIBLE = 1e-17
"""Of the sum: below what a float can hold."""


def fisher(errors: int, requests: int, other_errors: int, other_requests: int) -> float:
    """Fisher's exact test, one-sided: the chance of at least `errors` here if both had the same rate.

    It is the upper tail of the hypergeometric distribution, given all errors and all requests together.
    Raises ValueError unless 0 <= errors <= requests on both sides.
    """
    _check(errors, requests)
    _check(other_errors, other_requests)
    bad, total = errors + other_errors, requests + other_requests
    if not bad or not requests or not other_requests:
        return 1.0
    good = total - bad
    least, most = max(0, requests - good), min(bad, requests)

    def log_chance(count: int) -> float:
        return _log_choose(bad, count) + _log_choose(good, requests - count) - _log_choose(total, requests)

    def up(count: int) -> float:
        return (bad - count) * (requests - count) / ((count + 1) * (good - requests + count + 1))

    def down(count: int) -> float:
        return count * (good - requests + count) / ((bad - count + 1) * (requests - count + 1))

    if errors <= least:
        return 1.0
    if errors > bad * requests / total:
        return _tail(errors, most, log_chance, up)
    return 1.0 - _tail(errors - 1, least, log_chance, down)


def binomial(errors: int, requests: int, rate: float) -> float:
    """The exact binomial test, one-sided: the chance of at least `errors` if the true rate were `rate`.

    Raises ValueError unless 0 <= errors <= requests and 0 <= rate <= 1.
    """
    _check(errors, requests)
    if not 0.0 <= rate <= 1.0:
        raise ValueError(f"a rate is from 0 to 1, not {rate}")
    if not errors or rate == 1.0:
        return 1.0
    if rate == 0.0:
        return 0.0
    odds = rate / (1 - rate)

    def log_chance(count: int) -> float:
        return _log_choose(requests, count) + count * math.log(rate) + (requests - count) * math.log1p(-rate)

    if errors > rate * requests:
        return _tail(errors, requests, log_chance, lambda count: (requests - count) / (count + 1) * odds)
    return 1.0 - _tail(errors - 1, 0, log_chance, lambda count: count / (requests - count + 1) / odds)


def quantile(values: Sequence[float], share: float) -> float:
    """The nearest-rank quantile: the smallest of the values that at least `share` of them do not exceed.

    Raises ValueError without values or unless 0 <= share <= 1.
    """
    if not values or not 0.0 <= share <= 1.0:
        raise ValueError("a quantile needs values, and a share from 0 to 1")
    # 0.95 * 20 is a little more than 19: without rounding the rank would be one too high.
    rank = math.ceil(round(share * len(values), 9))
    return sorted(values)[max(rank, 1) - 1]


def _tail(start: int, end: int, log_chance: Callable[[int], float], ratio: Callable[[int], float]) -> float:
    """The sum of the chances from `start` to `end`, away from the mode, where each is `ratio` of the one before."""
    step = 1 if end >= start else -1
    first = log_chance(start)
    term = total = 1.0
    for count in range(start, end, step):
        term *= ratio(count)
        total += term
        if term < total * _NEGLIGIBLE:
            break
    return min(1.0, math.exp(first + math.log(total)))


def _log_choose(among: int, chosen: int) -> float:
    return math.lgamma(among + 1) - math.lgamma(chosen + 1) - math.lgamma(among - chosen + 1)


def _check(errors: int, requests: int) -> None:
    if not 0 <= errors <= requests:
        raise ValueError(f"{errors} errors of {requests} requests cannot be")
