import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.commands.down import down
from lab.commands.up import up
from lab.part import LabError
from lab.process import Identity, identify
from lab.settings import Settings
from lab.state import Phase, State


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "lab", network="127.90", cache=tmp_path)


def test_the_daemon_is_known_by_pid_and_start_time(settings: Settings) -> None:
    state = State(settings)
    assert (state.daemon(), state.last_daemon()) == (None, None)
    me = identify(os.getpid())
    assert me is not None
    state.remember_daemon(me)
    assert state.daemon() == me
    former = Identity(me.pid, me.started - 1)
    state.remember_daemon(former)
    assert (state.daemon(), state.last_daemon()) == (None, former)


def test_phases_are_read_as_they_were_written(settings: Settings) -> None:
    state = State(settings)
    assert state.phases() == []
    written = [Phase("aws", 0.1), Phase("", error='say "no"')]
    for phase in written:
        state.add_phase(phase)
    assert state.phases() == written


def test_clearing_removes_what_the_lab_has_written_but_the_logs(settings: Settings) -> None:
    state = State(settings)
    state.add_phase(Phase("aws"))
    settings.logs.mkdir()
    (settings.logs / "lab.log").write_text("kept")
    (settings.home / "env").write_text("gone")
    (settings.home / "env.new").write_text("gone")
    state.clear()
    assert [path.name for path in settings.home.iterdir()] == ["logs"]
    assert (settings.logs / "lab.log").read_text() == "kept"


def test_clearing_leaves_what_others_have_put_there(settings: Settings) -> None:
    state = State(settings)
    state.add_phase(Phase("aws"))
    (settings.home / "env").mkdir()
    (settings.home / "env" / "thesis").write_text("kept")
    (settings.home / "notes").write_text("kept")
    state.clear()
    assert sorted(path.name for path in settings.home.iterdir()) == ["env", "notes"]
    assert (settings.home / "env" / "thesis").exists()


@pytest.mark.parametrize("command", [up, down])
def test_a_folder_that_is_no_lab_s_is_left_alone(settings: Settings, command: Callable[[Settings], int]) -> None:
    for name in ("run", "env", ".ssh"):
        (settings.home / name).mkdir(parents=True)
        (settings.home / name / "file").write_text("kept")
    before = sorted(settings.home.rglob("*"))
    with pytest.raises(LabError, match="LAB_HOME"):
        command(settings)
    assert sorted(settings.home.rglob("*")) == before


def test_only_one_changes_the_lab_at_a_time(settings: Settings) -> None:
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        inside.set()
        with State(settings).changing():
            order.append("second")

    with State(settings).changing():
        thread = threading.Thread(target=second)
        thread.start()
        inside.wait(5)
        thread.join(0.1)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]
