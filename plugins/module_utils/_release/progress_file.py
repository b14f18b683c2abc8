# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""How a module tells its action plugin of its progress: a file of JSON objects, one a line.

{"event": {"at": 1784711592.1, "kind": "phase", …}}
{"tick": {"at": 1784711593.1, "release": "r-1", …}}
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from types import TracebackType
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.telling import ProgressFile
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event, Tick


class ProgressWriter:
    """Appends events and ticks to the file `path`, each at once; with an empty path it does nothing."""

    def __init__(self, path: str) -> None:
        self._file = ProgressFile(path)

    def event(self, event: Event) -> None:
        self._file.write(encode(event))

    def tick(self, tick: Tick) -> None:
        self._file.write(encode(tick))

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> ProgressWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class Decoder:
    """Turns what has been read of the file, cut anywhere, into events and ticks. What it does not know it skips."""

    def __init__(self) -> None:
        self._half = b""

    def feed(self, data: bytes) -> list[Event | Tick]:
        """The entries that `data` completes."""
        *lines, self._half = (self._half + data).split(b"\n")
        return [entry for entry in map(decode, lines) if entry is not None]


def encode(entry: Event | Tick) -> str:
    """One line, without its end."""
    return json.dumps({"event" if isinstance(entry, Event) else "tick": asdict(entry)})


def decode(line: bytes) -> Event | Tick | None:
    """The entry that `line` tells of; None where it tells of none, as a line of a later version may."""
    try:
        told = json.loads(line)
        if "event" in told:
            return Event(**_known(Event, told["event"]))
        tick = _known(Tick, told["tick"])
        tick["verdicts"] = tuple(Verdict(**_known(Verdict, item)) for item in tick.get("verdicts", ()))
        return Tick(**tick)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _known(kind: type[Event] | type[Tick] | type[Verdict], told: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in told.items() if name in names}
