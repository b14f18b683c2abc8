"""Controllers as processes: start, wait, kill; and what they were told to do."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.settings import CHECKOUT
from tests.integration.laboratory import Laboratory
from tests.waiting import until

LEASE = 4.0
PATIENCE = 240.0
"""Seconds that any run of these tests may take."""
PARAMETERS: Mapping[str, Any] = {
    "environment_name": "local",
    "stack_name": "calstack-local",
    "start_timeout": 90,
    "smoke_timeout": 30,
    "rollback_timeout": 90,
    "capacity_wait": 30,
    "patience": 10,
    "extensions": 2,
    "keep_warm": 600,
    "pause_limit": 3600,
    "dead_man": 120,
    "lease": LEASE,
}
STEPS = ((10, 4.0), (50, 4.0), (100, 4.0))
"""Weights and bakes."""


def strategy(*steps: tuple[int, float]) -> dict[str, Any]:
    return {
        "type": "steps",
        "steps": [{"weight": weight, "bake": bake} for weight, bake in steps],
        "final_bake": steps[-1][1],
    }


@dataclass
class Run:
    """A controller at work or one that has ended. `result` is what the module returned, None if it was killed."""

    process: "subprocess.Popen[str]"
    folder: Path
    result: dict[str, Any] | None = None
    errors: str = ""

    def wait(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """The module's result. AssertionError when there is none."""
        self._collect(seconds)
        assert self.result is not None, f"ended by {self.process.returncode}:\n{self.errors}"
        return self.result

    def wait_killed(self, seconds: float = PATIENCE) -> None:
        self._collect(seconds)
        assert self.process.returncode == -signal.SIGKILL, f"ended by {self.process.returncode}: {self.words}"

    def kill(self, number: int = signal.SIGKILL) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    @property
    def words(self) -> str:
        """What a person reads at the end."""
        if self.result is None:
            return self.errors
        return str(self.result.get("msg") or "\n".join(self.result["message"]))

    @property
    def progress(self) -> list[dict[str, Any]]:
        with suppress(FileNotFoundError):
            return [json.loads(line) for line in (self.folder / "progress").read_text().splitlines()]
        return []

    @property
    def journal(self) -> list[str]:
        """Its calls that write, in their order."""
        with suppress(FileNotFoundError):
            return (self.folder / "journal").read_text().split()
        return []

    def saw(self, phase: str, weight: int | None = None) -> bool:
        ticks = [entry["tick"] for entry in self.progress if "tick" in entry]
        return any(tick["phase"] == phase and weight in (None, tick["weight"]) for tick in ticks)

    def until(self, phase: str, weight: int | None = None, seconds: float = 90) -> None:
        """Return when it has come to `phase`, with `weight` per cent on the candidate where one is given."""
        where = f"{phase} at {weight} %" if weight is not None else phase

        def there() -> bool:
            assert self.saw(phase, weight) or self.process.poll() is None, f"ended before {where}:\n{self._end()}"
            return self.saw(phase, weight)

        until(there, f"the release comes to {where}", seconds)

    def _end(self) -> str:
        self._collect(5)
        return self.words

    def _collect(self, seconds: float) -> None:
        if self.result is None and not self.errors:
            try:
                output, self.errors = self.process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired as slow:
                self.kill()
                raise AssertionError(f"still at work after {seconds:g} s: {self.progress[-3:]}") from slow
            lines = output.splitlines()
            self.result = json.loads(lines[-1]) if lines else None


@dataclass
class Controllers:
    """Starts runs against a lab; `end` leaves none."""

    laboratory: Laboratory
    started: list[Run] = field(default_factory=list)

    def start(
        self,
        *,
        check: bool = False,
        host: str = "first-controller",
        kill: str = "",
        when: str = "before",
        gates: Mapping[str, Any] | None = None,
        steps: tuple[tuple[int, float], ...] = STEPS,
        **parameters: Any,
    ) -> Run:
        """A run with PARAMETERS, `steps`, and `parameters`; `gates` are laid over those of `usual_gates`."""
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=self.laboratory.settings.home / "logs"))
        image = parameters.get("image", "")
        wanted = {
            **PARAMETERS,
            "strategy": strategy(*steps),
            "gates": self.usual_gates(image) | dict(gates or {}),
            "report_dir": str(folder / "reports"),
            "progress_file": str(folder / "progress"),
            **parameters,
        }
        given = {"params": wanted, "check": check, "host": host, "journal": str(folder / "journal"),
                 "kill": kill, "when": when}  # fmt: skip
        (folder / "given.json").write_text(json.dumps(given))
        run = Run(self._process(folder), folder)
        self.started.append(run)
        return run

    def run(self, **parameters: Any) -> Run:
        """From the beginning to the end."""
        run = self.start(**parameters)
        run.wait()
        return run

    def usual_gates(self, image: str) -> dict[str, Any]:
        """Probes that know the version by the image's tag; numbers for about 40 requests a second."""
        shell = self.laboratory.shell
        version = image.rpartition(":")[2] if ":" in image and "@" not in image else ""
        return {
            "probes": {
                "url": "https://calstack.localhost",
                "address": shell["LAB_URL"].removeprefix("https://").rstrip("/"),
                "ca_file": shell["LAB_CA"],
                "smoke": 2,
                "paths": [{"path": "/", "headers": {"X-App-Version": version} if version else {}}],
            },
            "error_rate": {"minimum_requests": 5},
            "latency": {"minimum_requests": 5},
            "period": 1,
        }

    def only_probes(self, image: str, **more: Any) -> dict[str, Any]:
        """Quick ones, for tests of anything else than the gates."""
        quick = self.usual_gates(image)["probes"] | {"interval": 0.2}
        return {"probes": quick, "error_rate": None, "latency": None, **more}

    def end(self) -> None:
        for run in self.started:
            if run.process.poll() is None:
                run.kill()
                run.process.communicate()

    def _process(self, folder: Path) -> "subprocess.Popen[str]":
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LAB_", "ANSIBLE_"))}
        return subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.controller", folder / "given.json"],
            cwd=CHECKOUT,
            env=clean | dict(self.laboratory.shell),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
