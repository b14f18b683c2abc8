"""When a one-time schedule is due (pure)."""

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lab.scheduler import InvalidScheduleError

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_RECURRENT = re.compile(r"(rate|cron)\(.+\)")


def due(expression: str, timezone: str) -> float | None:
    """Seconds since the epoch of `at(yyyy-mm-ddThh:mm:ss)`; None for `rate(…)` and `cron(…)`, which are not played.

    Raises InvalidScheduleError for what is no schedule.
    """
    if _RECURRENT.fullmatch(expression):
        return None
    match = _AT.fullmatch(expression)
    if match is None:
        raise InvalidScheduleError(f"Invalid Schedule Expression {expression}.")
    zone = _zone(timezone)
    try:
        return datetime.fromisoformat(match.group(1)).replace(tzinfo=zone).timestamp()
    except ValueError:
        raise InvalidScheduleError(f"Invalid Schedule Expression {expression}.") from None


def _zone(name: str) -> tzinfo:
    # A machine without time zone data knows UTC all the same.
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidScheduleError(f"Invalid Schedule Expression Timezone {name}.") from None
