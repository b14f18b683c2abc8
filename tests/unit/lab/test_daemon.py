import threading
import time
from pathlib import Path
from typing import Any

import pytest

from lab.daemon import Daemon, Waker
from lab.part import LabError
from lab.settings import Settings
from lab.state import State

SETTINGS_NETWORK = "127.90"


class FakePart:
    def __init__(self, name: str, told: list[str]) -> None:
        self.name = name
        self.told = told
        self.ticks = 0
        self.error: Exception | None = None
        self.start_error: LabError | None = None

    def start(self) -> None:
        self.told.append(f"{self.name} starts")
        if self.start_error:
            raise self.start_error

    def tick(self) -> float:
        self.ticks += 1
        if self.error:
            raise self.error
        return 60.0

    def trouble(self) -> str | None:
        return None

    def stop(self) -> None:
        self.told.append(f"{self.name} stops")


class Rig:
    def __init__(self, home: Path) -> None:
        self.told: list[str] = []
        self.state = State(Settings(home=home, network=SETTINGS_NETWORK, cache=home))
        self.endpoint = FakePart("aws", self.told)
        self.one, self.two = FakePart("one", self.told), FakePart("two", self.told)
        self.waker = Waker()
        self.daemon = Daemon(
            self.state, self.endpoint, [self.one, self.two], self.waker, lambda: self.told.append("ready")
        )
        self.thread = threading.Thread(target=self.daemon.run)

    def until(self, true: Any) -> None:
        deadline = time.monotonic() + 5
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def end(self) -> None:
        self.daemon.stop_soon()
        self.thread.join(5)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path / "lab")


def test_parts_start_in_order_and_stop_in_reverse(rig: Rig) -> None:
    rig.thread.start()
    rig.until(lambda: rig.two.ticks)
    assert [phase.part for phase in rig.state.phases()] == ["aws", "one", "two", "ready"]
    rig.end()
    assert rig.told == ["aws starts", "one starts", "two starts", "ready", "two stops", "one stops", "aws stops"]


def test_a_wake_up_ends_the_sleep(rig: Rig) -> None:
    rig.thread.start()
    rig.until(lambda: rig.two.ticks)
    ticks = rig.two.ticks
    began = time.monotonic()
    rig.waker.wake()
    rig.until(lambda: rig.two.ticks > ticks)
    assert time.monotonic() - began < 0.5
    rig.end()


def test_a_part_that_fails_is_told_of_and_does_not_hold_up_the_others(rig: Rig) -> None:
    rig.one.error = RuntimeError("broken")
    rig.thread.start()
    rig.until(lambda: rig.two.ticks)
    troubles = {part["name"]: part["trouble"] for part in rig.daemon.status()["parts"]}
    assert troubles == {"aws": None, "one": "RuntimeError: broken (see lab.log)", "two": None}
    rig.one.error = None
    rig.waker.wake()
    rig.until(lambda: rig.daemon.status()["parts"][1]["trouble"] is None)
    rig.end()


def test_a_part_that_cannot_start_ends_the_lab_with_its_words(rig: Rig) -> None:
    rig.two.start_error = LabError("no room")
    assert rig.daemon.run() == 1
    assert rig.told == ["aws starts", "one starts", "two starts", "one stops", "aws stops"]
    assert rig.state.phases()[-1].error == "no room"
