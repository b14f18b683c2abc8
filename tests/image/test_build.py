"""What is in an image, and what is not."""

import json
from collections.abc import Callable
from pathlib import Path

import image_application

from lab.images import files
from lab.settings import CHECKOUT
from tests.image import engine

LIST = """
import json, pathlib
print(json.dumps([str(path.relative_to("/app")) for path in pathlib.Path("/app").rglob("*") if path.is_file()]))
"""
LOOK = """
import json, pathlib, shutil
tools = [name for name in ("gcc", "cc", "make", "ld") if shutil.which(name)]
packages = pathlib.Path("/opt/venv/lib").rglob("site-packages/*")
print(json.dumps([tools, sorted(path.name for path in packages), pathlib.Path("/root/.cache").exists()]))
"""


def run(image: str, program: str) -> str:
    """What a program prints that looks at the image, with nothing hidden from it."""
    alone = ("--rm", "--network", "none", "--user", "0", "--entrypoint", "python")
    return engine.docker("run", *alone, image, "-c", program).stdout


def test_it_says_what_it_is(image: str) -> None:
    config = engine.inspect(image)["Config"]
    assert config["User"] == "10001:10001"
    assert config["Labels"]["org.opencontainers.image.version"] == "1.2.3"
    assert len(config["Labels"]["org.opencontainers.image.revision"]) in (0, 40)
    assert "APP_VERSION=1.2.3" in config["Env"]
    assert config["Entrypoint"] == ["python", "/deploy/entrypoint.py"]
    assert config["Healthcheck"]["Test"][0] == "CMD"


def test_neither_a_compiler_nor_pip_nor_its_cache(image: str) -> None:
    tools, packages, cache = json.loads(run(image, LOOK))
    assert (tools, cache) == ([], False)
    assert {"flask", "gunicorn", "pymongo"} <= set(packages)
    assert "pip" not in packages


def test_no_secret_no_history_and_no_tests_get_in(build: Callable[..., str], tmp_path: Path) -> None:
    """With the other list of the same, the lab's."""
    application = image_application.make(tmp_path / "application")
    inside = set(json.loads(run(build(application, "secrets"), LIST)))
    assert {name for name in inside if "__pycache__" not in name} == {
        str(file.path) for file in files.scan(application).files
    }


def test_gunicorn_is_there_whatever_other_files_name_it_and_constraints_hold_for_it(
    build: Callable[..., str], tmp_path: Path
) -> None:
    application = image_application.make(tmp_path / "application")
    (application / "requirements.txt").write_text("-c constraints.txt\n")
    (application / "constraints.txt").write_text("gunicorn==23.0.0\n")
    (application / "requirements-dev.txt").write_text("gunicorn\n")
    packages = json.loads(run(build(application, "server"), LOOK))[1]
    assert "gunicorn-23.0.0.dist-info" in packages


def test_the_same_commit_is_the_same_image_and_packages_stay_a_layer(build: Callable[..., str], tmp_path: Path) -> None:
    options = ("--no-cache", "--build-arg", "SOURCE_DATE_EPOCH=1700000000")
    (tmp_path / "static").mkdir()
    for name in ("app.py", "requirements.txt"):
        (tmp_path / name).write_text((CHECKOUT / "docker" / "example" / name).read_text())
    first, again = (engine.inspect(build(tmp_path, "same", *options)) for _ in range(2))
    assert first["Id"] == again["Id"]
    (tmp_path / "static" / "style.css").write_text("body {}")
    changed = engine.inspect(build(tmp_path, "changed", *options))
    layers, others = first["RootFS"]["Layers"], changed["RootFS"]["Layers"]
    assert len([layer for layer in layers if layer not in others]) == 1


def test_without_the_second_context_it_says_what_to_add() -> None:
    dockerfile = str(CHECKOUT / "docker" / "Dockerfile")
    bases = engine.base_arguments()
    done = engine.docker("build", *bases, "-f", dockerfile, str(CHECKOUT / "docker" / "example"), check=False)
    assert done.returncode != 0
    assert "add --build-context deploy=docker" in done.stderr
