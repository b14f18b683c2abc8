# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What to write on a screen as a release goes on: lines that stay and, on a terminal, one that is redrawn. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from ansible_collections.calstack.aws.plugins.module_utils._release.lines import (
    Tone,
    day,
    day_line,
    line,
    plain,
    status,
    tick_line,
    tone,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event, Tick

ERASE = "\r\x1b[K"


@dataclass(frozen=True)
class Output:
    """`stays`: a line of its own, for the log as well; otherwise written as it is, without an end of line."""

    text: str
    tone: Tone = "plain"
    stays: bool = True


class Screen:
    """Keeps what is shown. `width()` gives the terminal's columns, None where there is no terminal.

    After each redrawing the cursor is at the start of the line, so that what others write begins there. `intents`: also
    tell what is about to be done.
    """

    def __init__(self, width: Callable[[], int | None], intents: bool = False) -> None:
        self._width, self._intents = width, intents
        self._line = ""
        self._day: date | None = None
        self._last: Tick | None = None

    def take(self, entry: Event | Tick) -> list[Output]:
        """What to write because of `entry`, in this order."""
        if isinstance(entry, Event):
            wanted = self._intents or entry.kind != "intent"
            return self._dated(entry.at, Output(line(entry), tone(entry))) if wanted else []
        width = self._width()
        last = self._last = self._last or replace(entry, weight=0)
        worth = plain(entry, last) if width is None else entry.weight != last.weight
        told = self._dated(entry.at, Output(tick_line(entry))) if worth else []
        if worth:
            self._last = entry
        return told if width is None else [*told, *self._redraw(status(entry, width - 1))]

    def close(self) -> list[Output]:
        """What to write when nothing more comes: the redrawn line is taken away."""
        erase = [Output(ERASE, stays=False)] if self._line else []
        self._line = ""
        return erase

    def _dated(self, at: float, output: Output) -> list[Output]:
        new = day(at) != self._day
        self._day = day(at)
        return self._keep(Output(day_line(at)), output) if new else self._keep(output)

    def _keep(self, *outputs: Output) -> list[Output]:
        if not self._line:
            return list(outputs)
        return [Output(ERASE, stays=False), *outputs, Output(f"{self._line}\r", stays=False)]

    def _redraw(self, text: str) -> list[Output]:
        self._line = text
        return [Output(f"{ERASE}{text}\r", stays=False)]
