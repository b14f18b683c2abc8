"""What a command costs on this machine: wall and CPU seconds, memory, and what others used meanwhile."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
BUSY_SHARE = 0.25
SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Cost:
    """`cpu` counts all children that were waited for; `others` is the CPU other processes used, per second of wall."""

    code: int
    wall: float
    cpu: float
    peak_mb: float
    others: float


def machine_cpu() -> tuple[float, float]:
    """(busy, idle) CPU seconds of the whole machine so far."""
    fields = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / TICK, idle / TICK


def process_cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def wait_for_quiet(limit: float) -> None:
    """Wait until the machine is mostly idle, or `limit` seconds have passed."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        busy, idle = machine_cpu()
        time.sleep(1.5)
        busier, idler = machine_cpu()
        if busier - busy <= BUSY_SHARE * (busier - busy + idler - idle):
            return


def run_measured(
    command: Sequence[str], folder: Path, env: Mapping[str, str], output: Path, seconds: float, helper_pid: int
) -> Cost:
    """Run `command`, its output to a file, for at most `seconds`; `helper_pid` is the emulator's, not another's."""
    helper, (busy, _) = process_cpu(helper_pid), machine_cpu()
    own = time.process_time()
    with output.open("ab") as sink:
        started = time.monotonic()
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(env),
            stdout=sink,
            stderr=sink,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        with _ended_with_us(child), _limited(child, seconds), _Peak(child.pid) as peak:
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            wall = time.monotonic() - started
    cpu = usage.ru_utime + usage.ru_stime
    used = machine_cpu()[0] - busy - cpu - (process_cpu(helper_pid) - helper) - (time.process_time() - own)
    return Cost(child.returncode, wall, cpu, peak.megabytes, max(used, 0.0) / wall)


@contextmanager
def _ended_with_us(child: "subprocess.Popen[bytes]") -> Iterator[None]:
    """The child has a session of its own, so Ctrl-C does not reach it: whatever ends us has to end it."""
    try:
        yield
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


@contextmanager
def _limited(child: "subprocess.Popen[bytes]", seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, os.killpg, (child.pid, signal.SIGTERM))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Peak:
    """The largest sum of resident memory of a session's processes, while it is open."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.megabytes = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.megabytes = max(self.megabytes, sum(_resident(self._session)) / 2**20)


def _resident(session: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session:
                yield int(fields[21]) * PAGE
