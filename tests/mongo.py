"""Two MongoDB servers and what moves data between them, for tests."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._migrate.context import Context, Outcome, Settings
from ansible_collections.calstack.aws.plugins.module_utils._migrate.run import run
from ansible_collections.calstack.aws.plugins.module_utils._migrate.server import Endpoint

SERVER = Path(__file__).with_name("mongo_server.py")


@contextmanager
def server(host: str = "127.0.0.1", remembered: int = 2_000_000) -> Iterator[str]:
    """A server with nothing in it; its connection string. It remembers so many changes (it forgets 1,000 at a time)."""
    # Errors are no pipe: nobody would read it while tests run.
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "errors").open("w+") as errors:
        data = Path(folder) / "data"
        data.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-P", SERVER, host, data, str(remembered)],
            # It imports numpy, whose threads cost memory and have nothing to do.
            env={"PATH": "/usr/bin:/bin", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            if not port:
                errors.seek(0)
                raise RuntimeError(f"the MongoDB server did not start:\n{errors.read()}")
            yield f"mongodb://{host}:{port}"
        finally:
            process.kill()
            process.wait()


class Told:
    """A teller that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.statuses: list[str] = []

    def line(self, text: str, tone: str = "plain") -> None:
        self.lines.append(text)

    def status(self, text: str) -> None:
        self.statuses.append(text)


class Move:
    """A migration between two servers, a stage at a time."""

    def __init__(self, source: str, target: str, databases: tuple[str, ...], **settings: Any) -> None:
        self.source, self.target = Endpoint("source", source), Endpoint("target", target)
        self.settings = {"lag_seconds": 5.0, "quiet_seconds": 0.6, **settings}
        self.databases = databases
        self.name = databases[0]
        self.told = Told()

    def __call__(self, stage: str, *, check: bool = False, **settings: Any) -> Outcome:
        context = self.context(**settings)
        try:
            return run(stage, context, check=check)
        finally:
            context.close()

    def context(self, **settings: Any) -> Context:
        wanted = Settings(migration=self.name, databases=self.databases, **(self.settings | settings))
        return Context(wanted, self.source, self.target, self.told)

    def all(self, *stages: str) -> None:
        for stage in stages:
            self(stage)
