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

# gunicorn and its workers; process 1 is the init process.
SERVING = """
import json, pathlib
serving = []
for folder in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        if b"gunicorn" in (folder / "cmdline").read_bytes().split(bytes(1)):
            serving.append(folder)
    except OSError:
        pass  # it has ended
"""
STATUS = f"""{SERVING}
lines = [[line.split(":", 1) for line in (folder / "status").open()] for folder in serving]
print(json.dumps([{{name: value.split() for name, value in process}} for process in lines]))
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
SECRETS = f"""{SERVING}
file = pathlib.Path("/app/client_secret.json")
told = [b"hunter2" in (folder / "environ").read_bytes() for folder in serving]
print(json.dumps([file.read_text(), oct(file.stat().st_mode & 0o777), told]))
"""
# A child that ends after its parent, and so is process 1's.
ORPHAN = """
import os, time
if os.fork() == 0:
    time.sleep(0.3)
    os._exit(3)
"""
ZOMBIES = """
import pathlib, time
time.sleep(1)
for folder in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        if (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
            print(folder.name)
    except OSError:
        pass  # it has ended
"""
STOP_SECONDS = 35  # as roles/ecs has it


def test_it_answers_without_any_privilege(start: Callable[..., Container]) -> None:
    container = start()
    container.wait()
    status, body = container.get()
    assert (status, "version <strong>1.2.3</strong>" in body) == (200, True)
    processes = json.loads(container.python(STATUS))
    assert len(processes) > 1
    for process in processes:
        assert set(process["Uid"]) == set(process["Gid"]) == {"10001"}
        assert {int(process[name][0], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")} == {0}
        assert process["NoNewPrivs"] == ["1"]
    assert container.python(WRITE).split() == ["/tmp"]


def test_the_secret_is_a_private_file_and_in_the_environment_of_nothing_that_serves(
    start: Callable[..., Container],
) -> None:
    container = start()
    container.wait()
    text, mode, told = json.loads(container.python(SECRETS))
    assert (json.loads(text), mode) == ({"web": {"client_id": "hunter2"}}, "0o600")
    assert len(told) > 1
    assert not any(told)
    assert "hunter2" not in container.log()


def test_what_is_left_behind_is_reaped(start: Callable[..., Container]) -> None:
    container = start()
    container.wait()
    container.python(ORPHAN)
    assert container.python(ZOMBIES).split() == []


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
