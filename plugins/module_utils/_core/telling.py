# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""How a module tells of its progress, and what its action plugin shows of it: a file of JSON objects, one a line.

{"told": "line", "at": 1784711592.1, "text": "…", "tone": "good"}
{"told": "status", "at": 1784711593.1, "text": "…"}
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, get_args

from ansible_collections.calstack.aws.plugins.module_utils._core.screen import Output, Screen, Tone
from ansible_collections.calstack.aws.plugins.module_utils._core.words import clean, clock, cut

EVERY = 60.0
"""Seconds after which a status is told again where nothing can be redrawn."""


class ProgressFile:
    """Appends lines to the file `path`, each at once; with an empty path it does nothing.

    Progress is a comfort: a file that cannot be opened or written is given up without a word, and the work goes on.
    """

    def __init__(self, path: str) -> None:
        self._file: int | None = None
        if path:
            with suppress(OSError):
                self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, line: str) -> None:
        if self._file is not None:
            try:
                os.write(self._file, f"{line}\n".encode())
            except OSError:
                self.close()

    def close(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None


class Teller:
    """Tells of a module's progress in the file `path`, its option `progress_file`; nowhere where there is none."""

    def __init__(self, path: str | None, clock: Callable[[], float] = time.time) -> None:
        self._file = ProgressFile(path or "")
        self._clock = clock

    def line(self, text: str, tone: Tone = "plain") -> None:
        """Something that has happened: it stays on the screen and in logs."""
        self._tell("line", text, tone=tone)

    def status(self, text: str) -> None:
        """How things are now: redrawn on a terminal, elsewhere a line at most every EVERY seconds."""
        self._tell("status", text)

    def close(self) -> None:
        self._file.close()

    def _tell(self, told: str, text: str, **more: Any) -> None:
        self._file.write(json.dumps({"told": told, "at": self._clock(), "text": text, **more}))

    def __enter__(self) -> Teller:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class ToldScreen:
    """What to write because of what a Teller has told."""

    def __init__(self, width: Callable[[], int | None]) -> None:
        self._screen = Screen(width)
        self._half = b""
        self._status_at: float | None = None

    def feed(self, data: bytes) -> list[Output]:
        """What to write because of `data`, which has been read of the file and may be cut anywhere."""
        *lines, self._half = (self._half + data).split(b"\n")
        return [output for line in lines for output in self._take(line)]

    def close(self) -> list[Output]:
        """What to write when nothing more comes."""
        return self._screen.close()

    def _take(self, line: bytes) -> list[Output]:
        """What `line` tells of; nothing where it is not understood, as a line of a later version may be."""
        try:
            told = json.loads(line)
            what, at, text, tone = told["told"], float(told["at"]), clean(told["text"]), told.get("tone")
            written = f"{clock(at)}  {text}"
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError):
            return []
        if what == "line":
            return self._screen.keep(at, Output(written, tone if tone in get_args(Tone) else "plain"))
        return self._status(at, text, written) if what == "status" else []

    def _status(self, at: float, text: str, written: str) -> list[Output]:
        width = self._screen.width()
        if width is not None:
            return self._screen.redraw(cut(text, width - 1))
        if self._status_at is not None and at - self._status_at < EVERY:
            return []
        self._status_at = at
        return self._screen.keep(at, Output(written))
