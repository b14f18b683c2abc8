# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""An action plugin that runs the module of its own name and shows its progress while it works."""

from __future__ import annotations

import io
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from ansible import constants
from ansible.utils.display import Display
from ansible_collections.calstack.aws.plugins.module_utils._core.screen import Output
from ansible_collections.calstack.aws.plugins.module_utils._core.telling import ToldScreen
from ansible_collections.calstack.aws.plugins.plugin_utils.warm_action import WarmAction

LOCAL = ("local", "ansible.builtin.local", "calstack.aws.warm")
"""Connections whose modules see the controller's files."""

EVERY = 0.2
"""Seconds between two looks at the progress file."""

CHUNK = 65536


def _terminal() -> int | None:
    """A descriptor of the terminal that people watch; None where output is a pipe, a CI's log or AWX's."""
    if os.environ.get("TERM", "dumb") == "dumb" or {"CI", "AWX_ISOLATED_DATA_DIR"} & os.environ.keys():
        return None
    with suppress(AttributeError, OSError, ValueError):
        number = sys.stdout.fileno()
        return os.dup(number) if os.isatty(number) else None
    return None


def _flush_lines() -> None:
    """Display leaves flushing to Python, which holds 8 kB back from a pipe: minutes of a release."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)


# Ansible loads an action plugin in its main process, which has the terminal; the workers that run it have none.
TERMINAL = _terminal()
_flush_lines()


def columns() -> int | None:
    """The terminal's width now; None where there is none."""
    if TERMINAL is None:
        return None
    with suppress(OSError):
        return os.get_terminal_size(TERMINAL).columns or 80
    return None


class Reader(Protocol):
    """What a progress file becomes on a screen."""

    def feed(self, data: bytes) -> list[Output]:
        """What to write because of `data`, which may be cut anywhere."""

    def close(self) -> list[Output]:
        """What to write when nothing more comes."""
        ...


class Tail(threading.Thread):
    """Shows what is appended to the file `path`, until `stop`.

    The worker is forked for the module while this thread runs. A lock held at that moment would stay locked in the
    fork, so until the module has written something this thread does nothing but plain system calls.
    """

    def __init__(self, path: str, screen: Reader, show: Callable[[Output], None]) -> None:
        super().__init__(daemon=True)
        self._path, self._screen, self._show = path, screen, show
        self._over = False

    def run(self) -> None:
        file = os.open(self._path, os.O_RDONLY)
        try:
            while True:
                last = self._over
                while data := os.read(file, CHUNK):
                    self._write(self._screen.feed(data))
                if last:
                    break
                time.sleep(EVERY)
        finally:
            os.close(file)
            self._write(self._screen.close())

    def stop(self) -> None:
        """Show what is left and end. Takes no lock: a signal handler calls it as well."""
        self._over = True
        self.join(timeout=2)

    def _write(self, outputs: list[Output]) -> None:
        for output in outputs:
            self._show(output)


class LiveAction(WarmAction):
    """What Ansible runs for a task that names a module whose option `progress_file` a Teller writes.

    A plugin is a subclass of the name ActionModule, in `plugins/action` under the module's name.
    """

    def screen(self) -> Reader:
        """What shows the progress; another one where the module writes its file in another form."""
        return ToldScreen(columns)

    @contextmanager
    def _arguments(self) -> Iterator[dict[str, Any]]:
        """The module's arguments; while this is open, its progress is shown."""
        if not self._shown():
            yield dict(self._task.args)
            return
        # The main process removes this folder also when the worker is killed.
        number, path = tempfile.mkstemp(prefix="progress-", dir=constants.DEFAULT_LOCAL_TMP)
        os.close(number)
        tail = Tail(path, self.screen(), show)
        tail.start()
        try:
            with _on_signals(tail.stop):
                yield {**self._task.args, "progress_file": path}
        finally:
            tail.stop()
            Path(path).unlink(missing_ok=True)

    def _shown(self) -> bool:
        """Whether the module's progress can be seen from here, and is wanted."""
        task = self._task
        local = self._connection.transport in LOCAL and not self._connection.become
        # A dry run tells of its plan; a callback whose output is for machines must stay what it is.
        wanted = not (
            task.check_mode or task.no_log or str(constants.DEFAULT_STDOUT_CALLBACK).endswith(("json", "jsonl"))
        )
        return local and wanted and not task.async_val and not task.args.get("progress_file")


def show(output: Output) -> None:
    """Hand over to Ansible's main process, which writes."""
    tones = {"good": constants.COLOR_OK, "warning": constants.COLOR_WARN, "bad": constants.COLOR_ERROR}
    Display().display(output.text, color=tones.get(output.tone), newline=output.stays, screen_only=not output.stays)


@contextmanager
def _on_signals(first: Callable[[], None]) -> Iterator[None]:
    """Ansible ends a worker in its handler of these signals, without unwinding: do `first` before that."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.getsignal(number) for number in numbers}

    def handle(number: int, frame: FrameType | None) -> None:
        first()
        before = previous[signal.Signals(number)]
        if callable(before):
            before(number, frame)
        else:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    for number in numbers:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)
