"""scripts/image and tests/image where there is no engine: a laptop goes on, CI must not be green."""

import os
import subprocess
import sys

import pytest

from lab.settings import CHECKOUT

COMMANDS = (
    (str(CHECKOUT / "scripts" / "image"),),
    (sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests/image/test_run.py"),
)


def run(command: tuple[str, ...], **environment: str) -> subprocess.CompletedProcess[str]:
    given = {key: value for key, value in os.environ.items() if key != "IMAGE_REQUIRED"} | {"DOCKER": "/bin/false"}
    return subprocess.run(
        command, cwd=CHECKOUT, env=given | environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize("command", COMMANDS, ids=["script", "tests"])
def test_without_an_engine_they_are_skipped(command: tuple[str, ...]) -> None:
    done = run(command)
    assert done.returncode == 0, done.stderr
    assert "skipped" in done.stdout.lower()
    assert "no container engine" in done.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=["script", "tests"])
def test_where_an_image_is_required_they_fail(command: tuple[str, ...]) -> None:
    done = run(command, IMAGE_REQUIRED="1")
    assert done.returncode == 1, done.stdout
    assert "IMAGE_REQUIRED is set: nothing has been tested" in done.stdout + done.stderr
    assert "no container engine" in done.stdout + done.stderr
