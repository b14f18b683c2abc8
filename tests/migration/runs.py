"""Stages as processes: run, watched, killed; and the writer that goes on meanwhile."""

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymongo

from lab.settings import CHECKOUT

STAGE = Path(__file__).with_name("stage_process.py")
LOOK = 0.05


@dataclass
class Ended:
    """`answer` is the module's result; None: it was killed. `peak` in bytes."""

    answer: dict[str, Any] | None
    peak: int
    seconds: float


@dataclass
class Stages:
    """Runs stages of one migration, each in a process of its own."""

    source: str
    target: str
    database: str
    folder: Path
    peak: int = 0
    kills: list[str] = field(default_factory=list)

    def run(self, stage: str, kill_when: Callable[[str, float], bool] | None = None, **options: Any) -> Ended:
        """Run `stage`. `kill_when` is asked with the last progress and the seconds so far whether to kill it."""
        progress = self.folder / "progress"
        progress.write_text("")
        arguments = {
            "environment_name": "dev",
            "stack_name": "calstack-dev",
            "stage": stage,
            "source": {"uri": self.source},
            "target": {"uri": self.target},
            "databases": [self.database],
            "quiet_seconds": 3,
            "progress_file": str(progress),
            "report_dir": str(self.folder),
            **options,
        }
        started = time.monotonic()
        with (self.folder / "output").open("w+") as output:
            process = subprocess.Popen(
                [sys.executable, STAGE],
                env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(CHECKOUT / "collections"), "HOME": str(self.folder)},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
            assert process.stdin is not None
            process.stdin.write(json.dumps(arguments))
            process.stdin.close()
            try:
                killed, peak = self._watch(process, progress, kill_when)
            finally:
                process.kill()
                process.wait()
            self.peak = max(self.peak, peak)
            seconds = time.monotonic() - started
            if killed:
                self.kills.append(f"{stage}: {last(progress)}")
                return Ended(None, peak, seconds)
            output.seek(0)
            return Ended(_answer(output.read()), peak, seconds)

    def _watch(self, process: Any, progress: Path, kill_when: Callable[[str, float], bool] | None) -> tuple[bool, int]:
        peak, started = 0, time.monotonic()
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            if kill_when and kill_when(last(progress), time.monotonic() - started):
                process.send_signal(signal.SIGKILL)
                return process.wait() == -signal.SIGKILL, peak
            time.sleep(LOOK)
        return False, peak


def last(progress: Path) -> str:
    """What was told last."""
    lines = progress.read_text().splitlines()
    return json.loads(lines[-1])["text"] if lines and lines[-1].endswith("}") else ""


def resident(pid: int) -> int:
    """The most memory that the process has had, in bytes; 0 where it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def _answer(output: str) -> dict[str, Any]:
    for line in output.splitlines():
        if line.startswith("{"):
            found: dict[str, Any] = json.loads(line)
            assert not found.get("failed"), found["msg"]
            return found
    raise AssertionError(output)


class Writer:
    """Inserts, updates and deletes until it is stopped, and keeps account of what must be there in the end."""

    def __init__(self, uri: str, database: str, collections: list[str], documents: int, pause: float) -> None:
        self._client: Any = pymongo.MongoClient(uri)
        self._database = self._client[database]
        self._collections, self._documents, self._pause = collections, documents, pause
        self._random = random.Random(4)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._new = 10_000_000
        self.ledger: dict[tuple[str, int], dict[str, Any] | None] = {}
        self.writes = 0

    def __enter__(self) -> "Writer":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._client.close()

    def _write(self) -> None:
        while not self._over.wait(self._pause):
            name = self._random.choice(self._collections)
            act = self._random.random()
            if act < 0.4:
                self._new += 1
                self._replace(name, self._new, {"_id": self._new, "note": "new"})
            elif act < 0.8:
                number = self._random.randrange(self._documents)
                self._replace(name, number, {"_id": number, "changed": self.writes})
            else:
                number = self._random.randrange(self._documents)
                self._database[name].delete_one({"_id": number})
                self.ledger[name, number] = None
            self.writes += 1

    def _replace(self, name: str, number: int, document: dict[str, Any]) -> None:
        self._database[name].replace_one({"_id": number}, document, upsert=True)
        self.ledger[name, number] = document
