# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What to write on a screen while a module works: lines that stay and, on a terminal, one that is redrawn. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ansible_collections.calstack.aws.plugins.module_utils._core.words import day, day_line

Tone = Literal["plain", "good", "warning", "bad"]

ERASE = "\r\x1b[K"


@dataclass(frozen=True)
class Output:
    """`stays`: a line of its own, for the log as well; otherwise written as it is, without an end of line."""

    text: str
    tone: Tone = "plain"
    stays: bool = True


class Screen:
    """Keeps what is shown. `width()` gives the terminal's columns, None where there is no terminal.

    After each redrawing the cursor is at the start of the line, so that what others write begins there.
    """

    def __init__(self, width: Callable[[], int | None]) -> None:
        self.width = width
        self._line = ""
        self._day: date | None = None

    def keep(self, at: float, output: Output) -> list[Output]:
        """Write a line of the time `at`, below its day where that is another than the last line's."""
        new = day(at) != self._day
        self._day = day(at)
        outputs = [Output(day_line(at)), output] if new else [output]
        if not self._line:
            return outputs
        return [Output(ERASE, stays=False), *outputs, Output(f"{self._line}\r", stays=False)]

    def redraw(self, text: str) -> list[Output]:
        """Write `text`, which must fit the terminal, in place of what was redrawn before."""
        self._line = text
        return [Output(f"{ERASE}{text}\r", stays=False)]

    def close(self) -> list[Output]:
        """What to write when nothing more comes: the redrawn line is taken away."""
        erase = [Output(ERASE, stays=False)] if self._line else []
        self._line = ""
        return erase
