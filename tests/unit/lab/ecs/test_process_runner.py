from pathlib import Path

import pytest

from lab import fault_files
from lab.ecs.process_runner import ProcessRunner, process_environment
from lab.ecs.runner import TaskSpec
from lab.images import Image
from lab.settings import Settings


def seen(address: str = "127.90.16.1", **given: str) -> dict[str, str]:
    """The environment of a task's process, whose task definition has `given`."""
    faults = fault_files.task_environment(Settings(Path("/lab"), "127.90", Path("/cache")), "sha256:0")
    image = Image("app", "sha256:0", Path("/image"), Path("/venv/bin/python"), faults, ("python",))
    return process_environment(TaskSpec("1", image, address, Path("/log"), given), image, Path("/task"))


@pytest.mark.parametrize(
    ("address", "given", "bind"),
    [
        ("127.90.16.1", {"BIND": "0.0.0.0:8080"}, "127.90.16.1:8080"),
        ("127.90.16.1", {"BIND": "[::]:8080"}, "127.90.16.1:8080"),
        ("127.90.16.1", {"BIND": "unix:/tmp/socket"}, "127.90.16.1:5000"),
        ("127.90.16.1", {}, "127.90.16.1:5000"),
        ("", {"BIND": "0.0.0.0:8080"}, "127.0.0.1:8080"),
        ("", {}, "127.0.0.1:5000"),
    ],
)
def test_a_task_is_told_a_loopback_address_with_the_port_of_its_definition(
    address: str, given: dict[str, str], bind: str
) -> None:
    assert seen(address, **given)["BIND"] == bind


def test_a_definition_s_options_for_gunicorn_stand_beside_the_lab_s() -> None:
    faults = seen()["GUNICORN_CMD_ARGS"]
    assert faults.startswith("--config ")
    assert seen(GUNICORN_CMD_ARGS="--log-level debug")["GUNICORN_CMD_ARGS"] == f"--log-level debug {faults}"


def test_a_start_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    settings = Settings(tmp_path, "127.90", tmp_path)
    image = Image("app", "sha256:0", tmp_path / "image", Path("/venv/bin/python"), {}, ("python",))
    with pytest.raises(ValueError, match="null byte"):
        ProcessRunner(settings).start(TaskSpec("1", image, "", settings.logs / "1.log", {"SECRET": "a\0b"}))
    assert list((settings.run / "tasks").iterdir()) == []
