import socket
import sys
from pathlib import Path

import pytest

from lab.commands.up import check_platform, up
from lab.listening import listen
from lab.part import LabError
from lab.process import sweep
from lab.settings import Settings
from lab.state import State


@pytest.mark.parametrize(("system", "machine"), [("Darwin", "arm64"), ("Linux", "riscv64")])
def test_an_unfit_platform_gets_one_clear_line(system: str, machine: str) -> None:
    with pytest.raises(LabError) as refusal:
        check_platform(system, machine)
    assert f"this is {system} on {machine}" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_linux_is_fit(machine: str) -> None:
    check_platform("Linux", machine)


def test_an_address_that_is_taken_names_lab_network(tmp_path: Path) -> None:
    with socket.create_server(("127.90.0.9", 0)) as taken, pytest.raises(LabError, match=r"in use.*LAB_NETWORK"):
        listen(*taken.getsockname())


def test_a_failed_start_ends_the_daemon_before_it_sweeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tmp_path / "lab", "127.90", tmp_path)
    daemons = []

    def noted(settings: Settings) -> list[str]:
        daemons.append((State(settings).last_daemon(), State(settings).daemon()))
        return sweep(settings)

    monkeypatch.setattr("lab.commands.up.sweep", noted)
    monkeypatch.setattr("lab.commands.up.DAEMON", (sys.executable, "-c", "import time; time.sleep(60)"))
    monkeypatch.setattr("lab.commands.up.PATIENCE", 0.1)
    with pytest.raises(LabError, match="not ready after"):
        up(settings, lambda _: None)
    before, (known, living) = daemons
    assert before == (None, None)
    assert known is not None
    assert living is None
    assert [path.name for path in settings.home.iterdir()] == ["logs"]
