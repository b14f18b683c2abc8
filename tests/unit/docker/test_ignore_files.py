"""What stays out of an image, in the lab's way and in Docker's; with an engine, tests/image builds one and looks."""

from pathlib import Path

import pytest
from docker.utils.build import exclude_paths

from lab.images import files
from lab.settings import CHECKOUT

DOCKER = CHECKOUT / "docker"


def patterns(path: Path) -> list[str]:
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


IGNORED = patterns(DOCKER / "Dockerfile.dockerignore")


def test_the_lists_are_the_same() -> None:
    wanted = [f"**/{name}/**" for name in files.LITTER_FOLDERS]
    wanted += [f"**/{name}" for name in files.LITTER_FILES]
    wanted += [f"{name}/**" for name in files.LITTER_FOLDERS_AT_THE_ROOT]
    wanted += [f"**/{name}" for name in files.SECRET_FILES]
    assert wanted == IGNORED


def test_the_lists_mean_the_same(application: Path) -> None:
    kept = {str(file.path) for file in files.scan(application).files}
    sent = {name for name in exclude_paths(str(application), IGNORED) if (application / name).is_file()}
    assert sent == kept
    assert {"app.py", "static/.well-known/security.txt", "static/tests/one.js"} <= kept


def test_no_secret_and_no_history_is_sent(application: Path) -> None:
    sent = "\n".join(
        (application / name).read_text()
        for name in sorted(exclude_paths(str(application), IGNORED))
        if (application / name).is_file()
    )
    assert "hunter2" not in sent
    assert "kept" in sent


@pytest.mark.parametrize("name", ["entrypoint.py", "gunicorn_json_log.py", "healthcheck.py"])
def test_the_second_context_has_what_the_dockerfile_takes_from_it(name: str) -> None:
    assert f" {name}" in next(
        line for line in (DOCKER / "Dockerfile").read_text().splitlines() if "--from=deploy" in line
    )
    assert name in exclude_paths(str(DOCKER), patterns(DOCKER / ".dockerignore"))


def test_the_second_context_has_nothing_else() -> None:
    sent = {
        name for name in exclude_paths(str(DOCKER), patterns(DOCKER / ".dockerignore")) if (DOCKER / name).is_file()
    }
    # The last two are what this client always sends.
    assert sent == {"entrypoint.py", "gunicorn_json_log.py", "healthcheck.py", ".dockerignore", "Dockerfile"}
