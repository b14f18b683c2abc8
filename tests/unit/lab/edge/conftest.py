"""A lab with its edge only, in a process of its own, and an origin behind it."""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.process import sweep
from lab.settings import CHECKOUT, Settings
from tests.unit.lab.edge.edge_stand import ORIGIN, EdgeStand
from tests.web_server import says, web_server


@pytest.fixture(scope="session")
def edge_stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeStand]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    environment = {
        "LAB_HOME": str(tmp_path_factory.mktemp("lab")),
        "LAB_NETWORK": f"127.{112 + worker}",
        "LAB_EDGE_SECONDS": "0.3",
        "PYTHONPATH": str(CHECKOUT),
        "PATH": "/usr/bin:/bin",
    }
    settings = Settings.from_environment(environment)
    script = Path(__file__).with_name("edge_process.py")
    process = subprocess.Popen(
        [sys.executable, str(script), ORIGIN], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings.home / f"{ORIGIN}.crt", settings.home / f"{ORIGIN}.key")
        with web_server(context) as origin:
            yield EdgeStand(settings, origin)
        process.terminate()
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait()
        sweep(settings)
    assert not (settings.run / "edge").exists()


@pytest.fixture
def stand(edge_stand: EdgeStand) -> EdgeStand:
    """With an origin that says hello and has not been asked."""
    edge_stand.origin.answer = says()
    edge_stand.origin.asked.clear()
    return edge_stand
