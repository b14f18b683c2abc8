import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.process import Child, Identity, alive, members, sweep
from lab.settings import Settings

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
# A leader that starts a child in its session, says so, and waits.
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    "print('started', flush=True); time.sleep(60)",
]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('started', flush=True); time.sleep(60)",
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "lab", network="127.90", cache=tmp_path / "cache")


@pytest.fixture
def start(settings: Settings) -> Iterator[Callable[..., Child]]:
    def start(argv: list[str], name: str = "sleeper") -> Child:
        return Child.start(settings, name, argv, log=settings.logs / f"{name}.log", environment={})

    yield start
    sweep(settings)


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def started(settings: Settings, name: str = "sleeper") -> bool:
    return "started" in (settings.logs / f"{name}.log").read_text()


def test_a_child_leads_its_own_session_and_is_recorded(settings: Settings, start: Callable[..., Child]) -> None:
    child = start(SLEEPS)
    assert os.getsid(child.pid) == child.pid
    assert child.died() is None
    assert [record.name for record in (settings.run / "processes").iterdir()] == [str(child.pid)]
    assert child.stop(5) == 128 + signal.SIGTERM
    assert list((settings.run / "processes").iterdir()) == []


def test_it_sees_nothing_of_the_environment_but_what_it_is_given(
    settings: Settings, start: Callable[..., Child]
) -> None:
    child = start([sys.executable, "-c", "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))"])
    until(lambda: child.died() == 0)
    assert (settings.logs / "sleeper.log").read_text() == "[]\n"


def test_what_a_dead_leader_leaves_behind_is_killed(settings: Settings, start: Callable[..., Child]) -> None:
    child = start(PARENT)
    until(lambda: started(settings))
    assert len(members(child.identity)) == 2
    os.kill(child.pid, signal.SIGKILL)
    until(lambda: child.died() == 128 + signal.SIGKILL)
    assert members(child.identity) == []


def test_one_that_does_not_listen_is_killed_after_the_grace(settings: Settings, start: Callable[..., Child]) -> None:
    child = start(DEAF)
    until(lambda: started(settings))
    assert child.stop(0.1) == 128 + signal.SIGKILL


def test_a_sweep_kills_what_was_recorded_and_names_it(settings: Settings, start: Callable[..., Child]) -> None:
    child = start(PARENT, "task one")
    until(lambda: started(settings, "task one"))
    assert sweep(settings) == ["task one"]
    until(lambda: child.died() is not None)
    assert sweep(settings) == []


def test_a_recycled_pid_is_another_process(settings: Settings, start: Callable[..., Child]) -> None:
    """A living session leader under another start time, as if its pid had been given out again."""
    child = start(SLEEPS)
    assert alive(child.identity)
    former = Identity(child.pid, child.identity.started - 1)
    assert (alive(former), members(former)) == (False, [])
    for record in (settings.run / "processes").iterdir():
        record.write_text(f"{former} long gone\n")
    assert sweep(settings) == []
    assert child.died() is None
    child.kill()


def test_an_unreadable_record_is_thrown_away(settings: Settings) -> None:
    record = settings.run / "processes" / "1"
    record.parent.mkdir(parents=True)
    record.write_text("")
    assert sweep(settings) == []
    assert not record.exists()


def test_a_program_that_is_not_there_is_an_error(start: Callable[..., Child]) -> None:
    with pytest.raises(FileNotFoundError):
        start(["/nowhere/nothing"])
