"""An image runs under the gunicorn it was built with, and takes faults while it does."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import fault_files
from lab.images import Image, build_and_push, store
from lab.images.registry import Registry
from lab.process import Child
from lab.runtime.gunicorn_faults import Fault
from lab.settings import Settings

APPLICATION = """
def app(environ, start_response):
    start_response('200 OK', [('X-Scheme', environ['wsgi.url_scheme'])])
    return [open('client_secret.json', 'rb').read()]
"""


@pytest.fixture
def image(settings: Settings, registry: Registry, tmp_path: Path) -> Image:
    source = tmp_path / "source"
    source.mkdir()
    (source / "app.py").write_text(APPLICATION)
    (source / "requirements.txt").write_text("gunicorn==27.0.1\n")
    image = store.load(settings, "app", build_and_push(settings, "app:1", source, registry=registry))
    assert image
    return image


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def start(settings: Settings, image: Image, directory: Path, port: int) -> Child:
    directory.mkdir()
    for path in image.directory.iterdir():
        (directory / path.name).symlink_to(path)
    environment = {**image.environment, "BIND": f"127.0.0.1:{port}", "GOOGLE_CLIENT_SECRET_JSON": '{"web": {}}'}
    log = settings.logs / f"{directory.name}.log"
    return Child.start(settings, directory.name, image.command, log=log, environment=environment, directory=directory)


@pytest.fixture
def task(settings: Settings, image: Image, tmp_path: Path, port: int) -> Iterator[Child]:
    child = start(settings, image, tmp_path / "task", port)
    yield child
    child.kill()
    child.died()


def get(port: int, path: str = "/", **headers: str) -> tuple[int, str, str | None]:
    """Status, body and the scheme the application saw; asks until somebody answers, at most 10 s."""
    deadline = time.monotonic() + 10
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.getheader("X-Scheme")
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "nobody answers"
            time.sleep(0.02)
        finally:
            connection.close()


def test_it_serves_with_its_file_behind_a_balancer_and_takes_faults_live(
    settings: Settings, image: Image, task: Child, port: int
) -> None:
    assert get(port, X_Forwarded_Proto="https") == (200, '{"web": {}}', "https")
    assert get(port, "/callback?code=hunter2", Referer="https://calstack.localhost/?state=hunter3")[0] == 200
    fault_files.put(settings, image.digest, "app:1", Fault("errors"))
    status, body, _ = get(port)
    assert (status, body) == (500, "500 Internal Server Error: errors, injected by the lab\n")
    assert get(port, User_Agent="ELB-HealthChecker/2.0")[0] == 200
    fault_files.put(settings, image.digest, "app:1", Fault("overload", rate=1))
    assert {get(port)[0] for _ in range(5)} == {200, 503}
    fault_files.put(settings, image.digest, "app:1", None)
    assert get(port)[0] == 200
    assert task.died() is None
    assert task.stop(grace=10) == 0
    log = (settings.logs / "task.log").read_text()
    assert "hunter" not in log
    requests = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    asked = next(item for item in requests if item["path"] == "/callback")
    assert (asked["method"], asked["status"], asked["remote"]) == ("GET", 200, "127.0.0.1")


def test_a_visitor_writes_no_line_of_his_own_into_the_log(settings: Settings, task: Child, port: int) -> None:
    trace = "Root=1-67891233-abcdef012345678912345678"
    assert get(port, "/%0AERROR%20%22%5C%0A", X_Amzn_Trace_Id=trace)[0] == 200
    assert task.stop(grace=10) == 0
    lines = (settings.logs / "task.log").read_text().splitlines()
    assert not [line for line in lines if line.startswith("ERROR")]
    asked = next(
        item for item in map(json.loads, (line for line in lines if line[0] == "{")) if "ERROR" in item["path"]
    )
    assert (asked["path"], asked["trace_id"]) == ('/\nERROR "\\\n', trace)


def test_crash_at_start_is_the_exit_of_the_task(settings: Settings, image: Image, tmp_path: Path, port: int) -> None:
    fault_files.put(settings, image.digest, "app:1", Fault("crash-at-start"))
    child = start(settings, image, tmp_path / "crashing", port)
    deadline = time.monotonic() + 10
    while (code := child.died()) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    child.kill()
    assert code == 1
    assert "lab fault crash-at-start" in (settings.logs / "crashing.log").read_text()
