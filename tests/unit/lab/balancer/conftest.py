"""A lab with its balancer only, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.process import sweep
from lab.settings import CHECKOUT, Settings
from tests.unit.lab.balancer.balancer_stand import Stand


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    environment = {
        "LAB_HOME": str(tmp_path_factory.mktemp("lab")),
        "LAB_NETWORK": f"127.{91 + worker}",
        "PYTHONPATH": str(CHECKOUT),
        "PATH": "/usr/bin:/bin",
    }
    settings = Settings.from_environment(environment)
    script = Path(__file__).with_name("balancer_process.py")
    process = subprocess.Popen([sys.executable, str(script)], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        stand = Stand(settings, process)
        stand.network()
        yield stand
        process.terminate()
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait()
        sweep(settings)
    assert not (settings.run / "envoy").exists()
    assert not (settings.run / "ca").exists()
