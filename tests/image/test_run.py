"""An image at work: as little privilege as can be, and no request lost when it stops."""

import json
import ssl
import threading
import time
from collections.abc import Callable
from http.client import HTTPSConnection

import pytest

from tests.image import engine
from tests.image.engine import Container

STATUS = """
import json
lines = [line.split(":", 1) for line in open("/proc/1/status")]
print(json.dumps({name: value.split() for name, value in lines}))
"""
WRITE = """
import pathlib
for folder in ("/", "/app", "/deploy", "/opt/venv", "/etc", "/tmp"):
    try:
        pathlib.Path(folder, "written").write_text("x")
    except OSError:
        continue
    print(folder)
"""
SECRETS = """
import os, pathlib
file = pathlib.Path("/app/client_secret.json")
print(file.read_text(), oct(file.stat().st_mode & 0o777), b"hunter2" in open("/proc/1/environ", "rb").read())
"""
STOP_SECONDS = 35  # as roles/ecs has it


def test_it_answers_without_any_privilege(start: Callable[..., Container]) -> None:
    container = start()
    container.wait()
    status, body = container.get()
    assert (status, "version <strong>1.2.3</strong>" in body) == (200, True)
    process = json.loads(container.python(STATUS))
    assert set(process["Uid"]) == set(process["Gid"]) == {"10001"}
    assert {int(process[name][0], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")} == {0}
    assert process["NoNewPrivs"] == ["1"]
    assert container.python(WRITE).split() == ["/tmp"]


def test_the_secret_is_a_private_file_and_in_no_environment(start: Callable[..., Container]) -> None:
    container = start()
    container.wait()
    assert container.python(SECRETS).rsplit(maxsplit=2) == ['{"web": {"client_id": "hunter2"}}', "0o600", "False"]
    assert "hunter2" not in container.log()


def test_it_needs_no_tmpfs_where_there_is_a_volume(image: str) -> None:
    """Fargate has no tmpfs of older platform versions; the image's volume takes its place."""
    container = Container.start(image, "--read-only", "--cap-drop", "ALL")
    try:
        container.wait()
    finally:
        container.remove()


def test_a_request_in_flight_is_answered_when_it_is_stopped(start: Callable[..., Container]) -> None:
    container = start()
    container.wait()
    answers: list[tuple[int, str]] = []
    request = threading.Thread(target=lambda: answers.append(container.get("/slow?ms=4000")))
    request.start()
    time.sleep(1)
    begin = time.monotonic()
    engine.docker("stop", "--time", str(STOP_SECONDS), container.id)
    took = time.monotonic() - begin
    request.join(60)
    assert [(status, json.loads(body)) for status, body in answers] == [(200, {"slept_ms": 4000})]
    assert 2 < took < STOP_SECONDS - 5  # it has waited for the request, and was not killed
    assert container.state()["ExitCode"] == 0


def test_it_calls_itself_healthy(start: Callable[..., Container]) -> None:
    container = start("--health-interval", "1s")
    container.wait()
    deadline = time.monotonic() + 60
    while (health := container.state()["Health"]["Status"]) != "healthy" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert health == "healthy"


def test_it_speaks_tls_with_a_key_of_its_own(start: Callable[..., Container]) -> None:
    container = start(APP_TLS="1")
    deadline = time.monotonic() + 60
    while "Booting worker" not in container.log() and time.monotonic() < deadline:
        time.sleep(0.1)
    connection = HTTPSConnection("127.0.0.1", container.port, context=ssl._create_unverified_context())
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    assert engine.docker("exec", container.id, "python", "/deploy/healthcheck.py").returncode == 0


@pytest.mark.parametrize(("cpus", "workers"), [("0.25", 1), ("1", 3)])
def test_workers_follow_the_cpu_share(start: Callable[..., Container], cpus: str, workers: int) -> None:
    container = start("--cpus", cpus)
    container.wait()
    deadline = time.monotonic() + 30
    while container.log().count("Booting worker") < workers and time.monotonic() < deadline:
        time.sleep(0.1)
    assert container.log().count("Booting worker") == workers


def test_what_is_missing_is_said_before_anything_runs(start: Callable[..., Container]) -> None:
    container = start(REQUIRED_VARIABLES="MONGO_URI SENDGRID_API_KEY", MONGO_URI="")
    assert engine.docker("wait", container.id).stdout.strip() == "1"
    assert container.log() == "entrypoint: missing: MONGO_URI, SENDGRID_API_KEY\n"
