from pathlib import Path

import pytest

from lab import fault_files
from lab.ecs.process_runner import ProcessRunner, process_environment
from lab.ecs.runner import TaskSpec
from lab.images import Image
from lab.settings import Settings


def seen(address: str = "127.90.16.1", port: int | None = 80, **given: str) -> dict[str, str]:
    """The environment of a task's process, whose task definition has `given`."""
    faults = fault_files.task_environment(Settings(Path("/lab"), "127.90", Path("/cache")), "sha256:0")
    image = Image("app", "sha256:0", Path("/image"), Path("/venv/bin/python"), faults, ("python",))
    return process_environment(TaskSpec("1", image, address, port, Path("/log"), given), image, Path("/task"))


@pytest.mark.parametrize(
    ("address", "port", "bind"),
    [
        ("127.90.16.1", 80, "127.90.16.1:80"),
        ("127.90.16.1", None, "127.90.16.1:5000"),
        ("", 80, "127.0.0.1:80"),
        ("", None, "127.0.0.1:5000"),
    ],
)
def test_a_task_is_told_a_loopback_address_whatever_its_definition_lacks(
    address: str, port: int | None, bind: str
) -> None:
    assert seen(address, port, BIND="0.0.0.0:80")["BIND"] == bind


def test_a_definition_s_options_for_gunicorn_stand_beside_the_lab_s() -> None:
    faults = seen()["GUNICORN_CMD_ARGS"]
    assert faults.startswith("--config ")
    assert seen(GUNICORN_CMD_ARGS="--log-level debug")["GUNICORN_CMD_ARGS"] == f"--log-level debug {faults}"


def test_a_start_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    settings = Settings(tmp_path, "127.90", tmp_path)
    image = Image("app", "sha256:0", tmp_path / "image", Path("/venv/bin/python"), {}, ("python",))
    with pytest.raises(ValueError, match="null byte"):
        ProcessRunner(settings).start(TaskSpec("1", image, "", None, settings.logs / "1.log", {"SECRET": "a\0b"}))
    assert list((settings.run / "tasks").iterdir()) == []
