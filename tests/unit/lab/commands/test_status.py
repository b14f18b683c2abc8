import os
from pathlib import Path
from typing import Any

import pytest

from lab.commands.status import ago, is_wrong, render, status
from lab.process import Identity
from lab.settings import Settings
from lab.state import State

SETTINGS = Settings(home=Path("/lab"), network="127.90", cache=Path("/cache"))


def found(**more: Any) -> dict[str, Any]:
    return {"pid": 7, "since": 1000.0, "parts": [{"name": "aws", "trouble": None}], **more}


def told(answer: dict[str, Any]) -> str:
    return "\n".join(render(SETTINGS, answer, 1042.0))


def test_parts_and_their_trouble() -> None:
    text = told(found(parts=[{"name": "aws", "trouble": None}, {"name": "balancer", "trouble": "Envoy died"}]))
    assert "up since 42 s (pid 7, network 127.90.0.0/16)" in text
    assert "aws        ready" in text
    assert "balancer   TROUBLE  Envoy died" in text


def test_services_tasks_and_why_tasks_stopped() -> None:
    task = {
        "id": "t1",
        "status": "RUNNING",
        "task_definition": "app:2",
        "address": "127.90.16.1",
        "health": "healthy",
        "seconds": 130,
    }
    deployment = {
        "status": "PRIMARY",
        "task_definition": "app:2",
        "rollout": "FAILED",
        "reason": "breaker",
        "failed": 3,
    }
    service = {
        "cluster": "c",
        "name": "blue",
        "status": "ACTIVE",
        "desired": 2,
        "running": 1,
        "deployments": [deployment],
        "tasks": [task],
    }
    stopped = {"id": "t0", "group": "blue", "reason": "Essential container in task exited", "exit": 137, "seconds": 5}
    text = told(found(ecs={"services": [service], "tasks": [], "stopped": [stopped]}))
    assert "c/blue  1 of 2 running\n" in text
    assert "PRIMARY app:2  FAILED, 3 failed tasks\n    breaker" in text
    assert "t1  127.90.16.1  RUNNING  healthy  app:2  since 2 min" in text
    assert "t0  blue  5 s ago  Essential container in task exited (exit code 137)" in text


@pytest.mark.parametrize(
    ("running", "rollouts", "wrong"),
    [
        (2, ["COMPLETED"], False),
        (1, ["IN_PROGRESS"], False),
        (1, ["IN_PROGRESS", "COMPLETED"], False),
        (1, ["COMPLETED"], True),
        (2, ["FAILED"], True),
        (2, ["IN_PROGRESS", "FAILED"], True),
    ],
)
def test_a_failed_deployment_or_a_lack_of_tasks_is_wrong(running: int, rollouts: list[str], wrong: bool) -> None:
    service = {"running": running, "desired": 2, "deployments": [{"rollout": rollout} for rollout in rollouts]}
    assert is_wrong(found(ecs={"services": [service]})) is wrong


def test_a_part_in_trouble_is_wrong() -> None:
    assert not is_wrong(found())
    assert is_wrong(found(parts=[{"name": "aws", "trouble": None}, {"name": "balancer", "trouble": "Envoy died"}]))


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_spans_are_in_their_largest_unit(seconds: float, words: str) -> None:
    assert ago(seconds) == words


def test_a_lab_that_is_down_or_dead_is_exit_code_1(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, network="127.90", cache=tmp_path)
    said: list[str] = []
    assert status(settings, said.append) == 1
    State(settings).remember_daemon(Identity(os.getpid(), 1))
    assert status(settings, said.append) == 1
    assert said[0] == "The lab is down."
    assert "has died" in said[1]


def test_distributions_and_zones() -> None:
    names = ["app.example.com", "www.example.com"]
    live = {"id": "E1", "status": "Deployed", "enabled": True, "address": "127.90.2.1", "port": 8443, "names": names}
    off = {**live, "id": "E2", "status": "InProgress", "enabled": False}
    zone = {"name": "example.com", "records": 4}
    edge = {"distributions": [live, off], "zones": [zone], "name_server": "127.90.0.5:5353"}
    lines = told(found(edge=edge)).splitlines()
    assert "  distribution E1  Deployed  app.example.com, www.example.com at 127.90.2.1:8443" in lines
    (curl,) = [line for line in lines if "curl" in line]
    assert "--resolve app.example.com:8443:127.90.2.1 https://app.example.com:8443/" in curl
    assert "  distribution E2  InProgress, disabled  app.example.com, www.example.com at 127.90.2.1:8443" in lines
    assert "  zone example.com  4 record sets, asked at 127.90.0.5:5353" in lines


def test_a_schedule_that_is_armed() -> None:
    schedule = {"name": "shop/dead-man", "target": "arn:aws:scheduler:::aws-sdk:ecs:updateService", "at": 1084.0}
    assert "  schedule shop/dead-man  ecs:updateService in 42 s\n" in told(found(scheduler=[schedule])) + "\n"
