# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Another program as a child: its secrets come in a file without a name, what it says is masked, it dies with us."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import IO

from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.job import EngineError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.uris import Mask

KEPT = 50
"""Lines of a child that are remembered for an error's message."""

SHOWN = 6
"""Of these, the last ones are shown."""

GRACE = 5.0
"""Seconds that a child has to end after SIGTERM."""

# PR_SET_PDEATHSIG is 1, SIGKILL 9. A parent that died before the call would not be noticed, hence the comparison.
LEASH = (
    "import ctypes, os, sys\n"
    "ctypes.CDLL(None).prctl(1, 9)\n"
    "os.getppid() == int(sys.argv[1]) or os._exit(1)\n"
    "os.execv(sys.argv[2], sys.argv[2:])\n"
)


@contextmanager
def nameless(text: str, workdir: Path) -> Iterator[tuple[str, int]]:
    """A path under which a child can read `text`, and the descriptor it must inherit for that.

    The file is of mode 0600 and has no name: nobody else can open it, and whatever ends us, nothing is left of it.
    """
    with tempfile.TemporaryFile(dir=workdir) as file:
        file.write(text.encode())
        file.flush()
        # macOS shares the position between those who open /dev/fd/N; Linux does not.
        file.seek(0)
        yield f"/dev/fd/{file.fileno()}", file.fileno()


class Child:
    """A running program `argv`, whose lines on stderr go, masked, into `heard` as (name, line).

    It is killed when the thread that started it ends, so the main thread must be the one (on Linux; elsewhere it ends
    at its next line). Use it as a context manager: it has ended when the block is left.

    Raises EngineError where the program cannot be started.
    """

    def __init__(
        self,
        argv: Sequence[str],
        mask: Mask,
        heard: SimpleQueue[tuple[str, str]],
        *,
        inherit: Sequence[int] = (),
        stdin: IO[bytes] | None = None,
        stdout: int = subprocess.STDOUT,
        cwd: Path | None = None,
    ) -> None:
        self.name = Path(argv[0]).name
        self._mask = mask
        self._heard = heard
        self._last: deque[str] = deque(maxlen=KEPT)
        read, write = os.pipe()
        try:
            self._process = subprocess.Popen(
                leashed(argv),
                stdin=stdin or subprocess.DEVNULL,
                stdout=write if stdout == subprocess.STDOUT else stdout,
                stderr=write,
                pass_fds=inherit,
                cwd=cwd,
            )
        except OSError as error:
            os.close(read)
            raise EngineError(f"{argv[0]} cannot be started: {error.strerror or error}.") from error
        finally:
            os.close(write)
        self._reader = Thread(target=self._read, args=(read,), name=self.name, daemon=True)
        self._reader.start()

    @property
    def stdout(self) -> IO[bytes] | None:
        return self._process.stdout

    def code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    def last(self) -> tuple[str, ...]:
        """The last lines it wrote, masked."""
        if self.code() is not None:
            self._reader.join(GRACE)
        return tuple(self._last)[-SHOWN:]

    def stop(self) -> None:
        """End it, first politely."""
        if self.code() is None:
            self._process.terminate()
            try:
                self._process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(GRACE)

    def _read(self, descriptor: int) -> None:
        with os.fdopen(descriptor, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                text = self._mask(line.rstrip())
                self._last.append(text)
                self._heard.put((self.name, text))

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def leashed(argv: Sequence[str], platform: str = sys.platform) -> list[str]:
    """`argv`, started so that it dies with us even if we are killed: a second run must not meet the first one's."""
    if platform != "linux":
        return list(argv)
    return [sys.executable, "-I", "-S", "-c", LEASH, str(os.getpid()), *argv]


def says(argv: Sequence[str], seconds: float = 30.0) -> str:
    """What a short command such as `--version` prints. Raises EngineError where it does not run."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"{' '.join(argv)} does not run on this machine: {error}.") from error
    if done.returncode:
        words = (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"
        raise EngineError(f"{' '.join(argv)} does not run on this machine: {words}")
    return done.stdout
