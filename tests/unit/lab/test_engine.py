import re
from pathlib import Path

import pytest

from lab import engine
from lab.commands.down import down
from lab.commands.up import up
from lab.engine import Engine, EngineError
from lab.part import LabError
from lab.settings import DOCKER, PROCESS, Settings
from tests.engine_script import Script


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path)


@pytest.fixture
def settings(tmp_path: Path, script: Script) -> Settings:
    return Settings(tmp_path / "lab", "127.90", tmp_path, runner=DOCKER, engine=str(script.path))


def test_without_an_engine_the_lab_does_not_start_and_says_what_would_mend_it(settings: Settings) -> None:
    missing = Settings(settings.home, settings.network, settings.cache, runner=DOCKER, engine="no-such-engine")
    with pytest.raises(LabError) as refusal:
        up(missing)
    for words in ("LAB_RUNNER=docker", "there is no program no-such-engine", "systemctl start docker", "LAB_ENGINE"):
        assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert list(settings.home.iterdir()) == []


def test_an_engine_that_refuses_is_quoted(settings: Settings, script: Script) -> None:
    script.says("ps", "echo Cannot connect to the daemon >&2; exit 1")
    with pytest.raises(LabError, match=r"LAB_RUNNER=docker .* answers \(Cannot connect to the daemon\)\. Start it"):
        up(settings)


def test_an_engine_that_is_silent_is_not_waited_for_long(settings: Settings, script: Script) -> None:
    script.says("ps", "exec sleep 60")
    with pytest.raises(EngineError, match=r"`.*engine ps` has not answered within 0\.1 s"):
        Engine(settings).call("ps", patience=0.1)


def test_what_is_gone_is_no_error_and_all_else_is(settings: Settings, script: Script) -> None:
    for word in ("rm", "kill"):
        script.says(word, "echo Error response from daemon: No such container: c >&2; exit 1")
    asked = Engine(settings)
    asked.remove("c")
    assert not asked.signal("c", "TERM")
    for word in ("rm", "kill"):
        script.says(word, "echo permission denied >&2; exit 1")
    for call in (lambda: asked.remove("c"), lambda: asked.signal("c", "TERM")):
        with pytest.raises(EngineError, match="permission denied"):
            call()


def test_only_containers_with_this_lab_s_label_are_removed(settings: Settings, script: Script) -> None:
    gone = settings.cache / "gone"
    script.says("ps", f"test -f {gone} || printf 'id1 calstack-lab-1\\nid2 calstack-lab-2\\n'")
    script.says("rm", f"touch {gone}")
    assert engine.sweep(settings) == ["calstack-lab-1", "calstack-lab-2"]
    assert f"--filter label=calstack.lab.home={settings.home}" in script.calls[0]
    assert "rm --force id1 id2" in script.calls


def test_only_this_lab_s_registry_s_names_are_taken_from_images(settings: Settings, script: Script) -> None:
    listed = (
        "127.90.0.6:5000/app 1.0 sha256:1",
        "127.90.0.6:5001/team/app <none> sha256:2",
        "127.91.0.6:5000/app 1.0 sha256:3",
        "python 3.12 <none>",
    )
    script.says("image", f"test $2 = rm || printf '%s\\n' {' '.join(map(repr, listed))}")
    assert engine.sweep(settings) == []
    (removed,) = [call for call in script.calls if call.startswith("image rm")]
    assert removed == "image rm --force 127.90.0.6:5000/app:1.0 127.90.0.6:5001/team/app@sha256:2"


def test_the_engine_is_the_one_the_lab_was_started_with(settings: Settings, script: Script) -> None:
    engine.remember(settings)
    later = Settings(settings.home, settings.network, settings.cache, runner=PROCESS)
    assert engine.sweep(later) == []
    assert re.match("ps --all", script.calls[0])


def test_a_lab_of_processes_asks_no_engine(settings: Settings, script: Script) -> None:
    assert engine.sweep(Settings(settings.home, settings.network, settings.cache, engine=str(script.path))) == []
    assert script.calls == []


def test_down_forgets_nothing_while_containers_may_be_left(settings: Settings, script: Script) -> None:
    engine.remember(settings)
    (settings.run / "faults").mkdir()
    script.says("ps", "echo Cannot connect to the daemon >&2; exit 1")
    with pytest.raises(LabError, match=r"containers of this lab may be left: Cannot connect.*lab down` again"):
        down(settings)
    assert (settings.run / "engine").exists()
    script.says("ps", ":")
    assert down(settings, say=lambda _: None) == 0
    assert not settings.run.exists()
