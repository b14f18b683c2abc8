# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Which answers are worth another try, and after how long. The decisions are pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ansible_collections.calstack.aws.plugins.module_utils._atlas.transport import Response, UnansweredError

TOO_MANY = 429
UNAVAILABLE = 503
"""What refuses a request before anything is done with it: safe to repeat, whatever it asks for."""


@dataclass(frozen=True)
class Patience:
    """All times in seconds. Atlas counts requests by the minute, so a refused one may have to wait for a whole one."""

    tries: int = 6
    seconds: float = 90.0
    first: float = 0.5
    longest: float = 16.0
    longest_asked: float = 60.0


PATIENCE = Patience()

Outcome = Response | UnansweredError


def worth_another(outcome: Outcome, *, repeatable: bool) -> bool:
    """`repeatable`: carried out twice, the request does what it does once."""
    if isinstance(outcome, UnansweredError):
        return outcome.passing and (repeatable or not outcome.sent)
    if outcome.status in (TOO_MANY, UNAVAILABLE):
        return True
    return repeatable and outcome.status >= 500


def pause(patience: Patience, attempt: int, outcome: Outcome, chance: float, now: datetime) -> float:
    """How long to wait after the try number `attempt` (from 1); `chance` is from [0, 1).

    Between half and all of the doubled back-off; what Retry-After asks for, up to a bound, and up to a tenth more,
    so that several clients which were refused together do not come back together.
    """
    asked = retry_after(outcome, now)
    if asked is not None:
        return min(asked, patience.longest_asked) * (1 + chance / 10)
    return min(patience.first * 2.0 ** (attempt - 1), patience.longest) * (0.5 + chance / 2)


def retry_after(outcome: Outcome, now: datetime) -> float | None:
    """The seconds that the answer asks to wait, as a number or a date; None where it does not."""
    text = "" if isinstance(outcome, UnansweredError) else outcome.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, ((then if then.tzinfo else then.replace(tzinfo=UTC)) - now).total_seconds())


def persist(
    ask: Callable[[], Response],
    *,
    repeatable: bool,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    chance: Callable[[], float],
    now: Callable[[], datetime],
    patience: Patience = PATIENCE,
) -> tuple[Response, int]:
    """The answer, and after how many tries. Raises UnansweredError."""
    end = clock() + patience.seconds
    attempt = 0
    while True:
        attempt += 1
        outcome = _outcome(ask)
        wait = pause(patience, attempt, outcome, chance(), now())
        again = attempt < patience.tries and clock() + wait <= end
        if not again or not worth_another(outcome, repeatable=repeatable):
            break
        sleep(wait)
    if isinstance(outcome, UnansweredError):
        raise outcome
    return outcome, attempt


def _outcome(ask: Callable[[], Response]) -> Outcome:
    try:
        return ask()
    except UnansweredError as error:
        return error
