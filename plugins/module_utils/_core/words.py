# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Times and words as people read them, on one line of a terminal. Pure.

Times are UTC, as CloudWatch's and other people's: `day_line` says so once, above the lines of a day.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime


def clean(text: str) -> str:
    """`text` on one line without anything that moves a cursor: words may hold what an application answered."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def duration(seconds: float) -> str:
    """A measured time: `0.42 s`, `7.5 s`, `48 s`, `12 min 4 s`, `1 h 5 min`."""
    if seconds < 1:
        return f"{max(seconds, 0):.2f} s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    minutes = round(seconds / 60)
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def about(seconds: float) -> str:
    """An estimate: nobody is told of seconds that nobody can know."""
    tens = max(10 * round(seconds / 10), 10)
    return f"about {tens} s" if tens < 60 else f"about {duration(60 * max(round(seconds / 60), 1))}"


def clock(at: float) -> str:
    """The time of day of `at`, in seconds since the epoch."""
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}"


def day(at: float) -> date:
    """The day that times of `at` are of."""
    return datetime.fromtimestamp(at, UTC).date()


def day_line(at: float) -> str:
    """What stands above the first line, and above the first of each further day."""
    return f"{day(at)}, times in UTC"


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns of a terminal."""
    if sum(map(_columns, text)) <= width:
        return text
    kept, used = "", 1
    for char in text:
        used += _columns(char)
        if used > width:
            break
        kept += char
    return f"{kept}…" if width > 0 else ""


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
