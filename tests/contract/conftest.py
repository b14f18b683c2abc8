"""Two emulators: `plain` is moto as it comes, `mended` has the lab's mends.

A contract test shows the gap on the first, so that we notice when moto closes it, and AWS's answer on the second.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

CHECKOUT = Path(__file__).parent.parent.parent
Client = Callable[[str], Any]


def emulator(kind: str) -> Iterator[Client]:
    # Errors are no pipe: nobody would read it while tests run.
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "errors").open("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("emulator.py")), kind, folder],
            cwd=CHECKOUT,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert process.stdout is not None
            port = process.stdout.readline()
            if not port:
                process.wait(10)
                errors.seek(0)
                pytest.fail(f"the emulator ({kind}) did not start:\n{errors.read()}", pytrace=False)
            yield clients(int(port))
        finally:
            process.kill()
            process.wait()


def clients(port: int) -> Client:
    session: Any = boto3.Session()

    @cache
    def client(service: str) -> Any:
        return session.client(
            service,
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="eu-west-1",
            aws_access_key_id="AKIACONTRACT0CALSTACK",
            aws_secret_access_key="contract-only",
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    return client


@pytest.fixture(scope="session")
def plain() -> Iterator[Client]:
    yield from emulator("plain")


@pytest.fixture(scope="session")
def mended() -> Iterator[Client]:
    yield from emulator("mended")
