"""One odd record must not hold up the others."""

from types import SimpleNamespace
from typing import Any

import pytest

from lab.aws import backends
from lab.ecs.part import EcsPart
from lab.ecs.report import report
from tests.unit.lab.ecs.world import GROUP, World


@pytest.fixture
def ecs(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An emulator with a sound task and one of a service whose load balancer has no port."""
    odd = SimpleNamespace(
        name="odd", cluster_name="calstack", status="ACTIVE", desired_count=1, running_count=0, deployments=[],
        arn="arn:odd", created_at=0, load_balancers=[{"targetGroupArn": GROUP, "containerName": "app"}],
    )  # fmt: skip
    tasks = {}
    for number, group in enumerate(["service:odd", "family:app"]):
        record = world.task(number).task
        record.group, record.cluster_name, record.task_arn = group, "calstack", f"arn:{record.id}"
        tasks[record.task_arn] = record
    emulator = SimpleNamespace(
        tasks={"calstack": tasks},
        services={"calstack:odd": odd},
        describe_task_definition=lambda _: world.definition,
    )
    monkeypatch.setattr(backends, "ecs", lambda _: emulator)
    return emulator


def statuses(ecs: Any) -> list[str]:
    return [task.status for task in ecs.tasks["calstack"].values()]


def test_a_task_that_cannot_be_taken_up_leaves_the_others_running(world: World, ecs: Any) -> None:
    part = EcsPart(world.place.settings, world.targets, world.place)
    part.tick()
    part.tick()
    assert statuses(ecs) == ["PROVISIONING", "RUNNING"]
    assert "task task0: KeyError" in str(part.trouble())
    part.stop()
    assert statuses(ecs) == ["PROVISIONING", "STOPPED"]


def test_a_task_that_cannot_be_stopped_does_not_hold_up_the_others(
    world: World, ecs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ecs.services.clear()
    part = EcsPart(world.place.settings, world.targets, world.place)
    part.tick()
    part.tick()
    assert statuses(ecs) == ["RUNNING", "RUNNING"]
    monkeypatch.setattr("lab.ecs.part.STOP_GRACE", 0.1)

    def fail() -> None:
        raise RuntimeError

    monkeypatch.setattr(world.runner.handles[0], "poll", fail)
    part.stop()
    assert statuses(ecs)[1] == "STOPPED"


def test_the_report_shows_an_odd_service(world: World, ecs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.ecs.report.utcnow", world.clock.utcnow)
    found = report(world.place.settings, world.targets)
    assert [task["health"] for task in found["services"][0]["tasks"]] == [""]
