from pathlib import Path

import pytest

from lab import fault_files
from lab.ecs.runner import TaskSpec, container_environment
from lab.images import Image
from lab.settings import Settings


def seen(address: str = "127.90.16.1", port: int | None = 80, **given: str) -> dict[str, str]:
    """The environment of a task's process, whose task definition has `given`."""
    faults = fault_files.task_environment(Settings(Path("/lab"), "127.90", Path("/cache")), "sha256:0")
    image = Image("app", "sha256:0", Path("/image"), Path("/venv/bin/python"), faults, ("python",))
    return container_environment(TaskSpec("1", image, address, port, Path("/log"), given), Path("/task"))


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
