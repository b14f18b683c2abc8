"""The awslogs driver: what a task has written to its log file goes on to its CloudWatch log stream."""

import time
from collections.abc import Callable
from pathlib import Path

from lab.aws import backends
from lab.settings import Settings

CHUNK = 1 << 20
EVENT_BYTES = 256 * 1024  # CloudWatch Logs splits nothing: a longer event is refused
KEPT_EVENTS = 10_000


class LogShipper:
    """Follows one task's log file. `ship` holds what the file has up to its last line end; `close` takes the rest."""

    def __init__(
        self, settings: Settings, group: str, stream: str, path: Path, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._group = group
        self._stream = stream
        self._path = path
        self._clock = clock
        self._offset = 0

    def ship(self) -> None:
        """Put complete lines into the stream. Hold the backends' lock."""
        self._put(complete=True)

    def close(self) -> None:
        self._put(complete=True)
        self._put(complete=False)

    def _put(self, *, complete: bool) -> None:
        while data := self._read(complete):
            self._offset += len(data)
            now = int(self._clock() * 1000)
            lines = data.decode("utf-8", "replace").splitlines()
            events = [{"timestamp": now, "message": line[:EVENT_BYTES]} for line in lines if line]
            group = backends.logs(self._settings).groups.get(self._group)
            if group is None or self._stream not in group.streams or not events:
                continue
            group.put_log_events(self._stream, events)
            # The emulator's memory is not CloudWatch's: a chatty task must not fill it.
            del group.streams[self._stream].events[:-KEPT_EVENTS]

    def _read(self, complete: bool) -> bytes:
        try:
            if self._path.stat().st_size <= self._offset:
                return b""
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(CHUNK)
        except FileNotFoundError:
            return b""
        if not complete or (len(data) == CHUNK and b"\n" not in data):
            return data
        return data[: data.rfind(b"\n") + 1]
