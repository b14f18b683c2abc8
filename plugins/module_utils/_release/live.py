# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What to write on a screen as a release goes on: lines that stay and, on a terminal, one that is redrawn. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ansible_collections.calstack.aws.plugins.module_utils._core import screen
from ansible_collections.calstack.aws.plugins.module_utils._core.screen import Output
from ansible_collections.calstack.aws.plugins.module_utils._release.lines import line, plain, status, tick_line, tone
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event, Tick
from ansible_collections.calstack.aws.plugins.module_utils._release.progress_file import Decoder


class Screen(screen.Screen):
    """Keeps what is shown. `intents`: also tell what is about to be done."""

    def __init__(self, width: Callable[[], int | None], intents: bool = False) -> None:
        super().__init__(width)
        self._intents = intents
        self._decoder = Decoder()
        self._last: Tick | None = None

    def feed(self, data: bytes) -> list[Output]:
        """What to write because of `data`, which has been read of the progress file and may be cut anywhere."""
        return [output for entry in self._decoder.feed(data) for output in self.take(entry)]

    def take(self, entry: Event | Tick) -> list[Output]:
        """What to write because of `entry`, in this order."""
        if isinstance(entry, Event):
            wanted = self._intents or entry.kind != "intent"
            return self.keep(entry.at, Output(line(entry), tone(entry))) if wanted else []
        width = self.width()
        last = self._last = self._last or replace(entry, weight=0)
        worth = plain(entry, last) if width is None else entry.weight != last.weight
        told = self.keep(entry.at, Output(tick_line(entry))) if worth else []
        if worth:
            self._last = entry
        return told if width is None else [*told, *self.redraw(status(entry, width - 1))]
