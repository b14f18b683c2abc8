"""docker/docker-compose.yml at work: three services, health first, and a saved file is live."""

import json
import os
from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.image import compose
from tests.image.compose import Compose, ask, shows

SEND = """
import smtplib
with smtplib.SMTP("mail", 1025, timeout=10) as server:
    server.sendmail("calstack@example.com", ["user@example.com"], "Subject: an invitation\\r\\n\\r\\nat ten")
"""
WRITE = """
import pathlib
for folder in ("/", "/app", "/source", "/tmp"):
    try:
        pathlib.Path(folder, "written").write_text("x")
    except OSError:
        continue
    print(folder)
"""
RELOAD_SECONDS = 30
RESTART_SECONDS = 90  # the engine waits twice as long after each attempt


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    if reason := compose.missing():
        pytest.skip(reason)
    made = Compose.make(tmp_path_factory.mktemp("compose") / "docker", f"calstack-compose-test-{os.getpid()}")
    try:
        made.run("up", "--build", "--wait", "--wait-timeout", "300")
        yield made
    finally:
        made.run("down", "--volumes", "--rmi", "local")


def test_the_application_starts_when_both_others_are_well(machine: Compose) -> None:
    started = datetime.fromisoformat(machine.container("app")["State"]["StartedAt"])
    for service in ("mongo", "mail"):
        asked = machine.container(service)["State"]["Health"]["Log"]
        assert min(datetime.fromisoformat(one["End"]) for one in asked if one["ExitCode"] == 0) < started


def test_it_reads_what_it_wrote_to_the_database(machine: Compose) -> None:
    status, body = ask(machine.app_port, "/api/events", {"title": "at ten"})
    assert status == 201, body
    status, body = ask(machine.app_port, f"/api/events/{json.loads(body)['id']}")
    assert (status, json.loads(body)["data"]) == (200, {"title": "at ten"})


def test_mail_that_it_sends_is_caught(machine: Compose) -> None:
    machine.python(SEND)
    caught = json.loads(ask(machine.mail_port, "/api/v1/messages")[1])["messages"]
    assert [(one["Subject"], one["To"][0]["Address"]) for one in caught] == [("an invitation", "user@example.com")]


def test_it_writes_nowhere_but_to_tmp(machine: Compose) -> None:
    assert machine.python(WRITE).split() == ["/tmp"]


def test_a_saved_file_is_live(machine: Compose) -> None:
    for name, old, new in (("app.py", "/slow", "/slower"), ("templates/index.html", "<h1>", "<h1>Saved: ")):
        file = machine.folder / "example" / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))
    assert shows(machine.app_port, "/slower?ms=1", "slept_ms", RELOAD_SECONDS)
    assert shows(machine.app_port, "/", "Saved: ", RELOAD_SECONDS)


def test_a_saved_file_that_does_not_start_is_survived(machine: Compose) -> None:
    file = machine.folder / "example" / "app.py"
    text = file.read_text()
    file.write_text(f"{text}\nunknown_name\n")
    assert not shows(machine.app_port, "/mended?ms=1", "slept_ms", 5)
    file.write_text(text.replace("/slower", "/mended", 1))
    assert shows(machine.app_port, "/mended?ms=1", "slept_ms", RESTART_SECONDS), machine.run("logs", "app")


def test_down_leaves_the_data_and_with_volumes_nothing(machine: Compose) -> None:
    """No volume without a name, either: nobody would find out whose it was."""
    mounts = [mount for service in ("app", "mongo", "mail") for mount in machine.container(service)["Mounts"]]
    assert {mount["Name"] for mount in mounts if mount["Type"] == "volume"} == {f"{machine.project}_mongo"}
    machine.run("down")
    assert (machine.left("container"), machine.left("network")) == ([], [])
    assert machine.left("volume") == [f"{machine.project}_mongo"]
    machine.run("down", "--volumes")
    assert machine.left("volume") == []
