from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab.aws import backends
from lab.ecs import awslogs
from lab.ecs.awslogs import LogShipper
from lab.settings import Settings


class Group:
    def __init__(self) -> None:
        self.streams = {"s": SimpleNamespace(events=[])}

    def put_log_events(self, stream: str, events: list[dict[str, Any]]) -> None:
        self.streams[stream].events += events

    @property
    def messages(self) -> list[str]:
        return [event["message"] for event in self.streams["s"].events]


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> Group:
    made = Group()
    monkeypatch.setattr(backends, "logs", lambda _: SimpleNamespace(groups={"g": made}))
    return made


def shipper(path: Path, group: str = "g") -> LogShipper:
    return LogShipper(Settings.from_environment({}), group, "s", path, clock=lambda: 1.5)


def test_lines_go_out_whole_and_once(tmp_path: Path, group: Group) -> None:
    path = tmp_path / "log"
    ships = shipper(path)
    ships.ship()
    path.write_text("one\ntw")
    ships.ship()
    assert group.messages == ["one"]
    path.write_text("one\ntwo\n\nthree")
    ships.ship()
    ships.ship()
    assert group.messages == ["one", "two"]
    ships.close()
    assert group.messages == ["one", "two", "three"]
    assert group.streams["s"].events[0]["timestamp"] == 1500


def test_a_chatty_task_does_not_fill_the_memory(tmp_path: Path, group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awslogs, "KEPT_EVENTS", 3)
    monkeypatch.setattr(awslogs, "CHUNK", 8)
    path = tmp_path / "log"
    path.write_text("".join(f"{number}\n" for number in range(20)) + "x" * 30)
    ships = shipper(path)
    ships.close()
    assert len(group.messages) == 3


def test_a_deleted_group_is_no_error(tmp_path: Path, group: Group) -> None:
    path = tmp_path / "log"
    path.write_text("one\n")
    shipper(path, "deleted").ship()
    assert group.messages == []
