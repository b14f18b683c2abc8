"""A folder becomes an image of a container engine, which a script plays here, in the lab's own registry."""

from pathlib import Path

import pytest
from werkzeug.test import Client

from lab.engine import Engine
from lab.images import ContainerImage, ImageNotFound, ImageStore, build_and_push, container
from lab.images.reference import Reference
from lab.images.registry import Registry
from lab.part import LabError
from lab.registry.api import RegistryApi
from lab.registry.catalog import Catalog
from lab.registry.part import blobs_of
from lab.settings import DOCKER, Settings
from tests.engine_script import Script
from tests.registry_pusher import INDEX, PASSWORD, Pusher

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
SECRET = "hunter2"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """An engine, and beside it a script that has it build."""
    made = Script(tmp_path)
    made.says("login", f"cat > {tmp_path}/given")
    made.says("build", ":")
    monkeypatch.setattr(container, "SCRIPT", tmp_path / "build-image")
    container.SCRIPT.write_text('#!/bin/sh\nexec "$DOCKER" build "$@"\n')
    container.SCRIPT.chmod(0o755)
    return made


@pytest.fixture
def settings(tmp_path: Path, script: Script) -> Settings:
    return Settings(tmp_path / "lab", "127.81", tmp_path / "cache", runner=DOCKER, engine=str(script.path))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    for name in ("app.py", "requirements.txt"):
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def engine(settings: Settings, registry: Registry) -> Pusher:
    """What pushes to the lab's registry."""
    registry.create("team/app")
    blobs = blobs_of(settings)
    return Pusher(Client(RegistryApi(Catalog(settings, blobs), blobs, PASSWORD)))


def test_the_engine_is_logged_in_for_as_long_as_it_builds_and_pushes(
    settings: Settings, script: Script, source: Path, tmp_path: Path
) -> None:
    container.build_and_push(settings, Engine(settings), "team/app:1.0", source, SECRET)
    assert script.calls == [
        "login --username AWS --password-stdin 127.81.0.6:5000",
        f"build {source} 127.81.0.6:5000/team/app:1.0 --push --network host",
        "logout 127.81.0.6:5000",
    ]
    assert (tmp_path / "given").read_text() == SECRET


def test_a_build_that_fails_is_told_in_the_engine_s_words(settings: Settings, script: Script, source: Path) -> None:
    script.says("build", "echo no matching distribution >&2; exit 1")
    with pytest.raises(LabError, match="could not be built and pushed:\nno matching distribution"):
        container.build_and_push(settings, Engine(settings), "app:1", source, SECRET)
    assert script.calls[-1] == "logout 127.81.0.6:5000"


def test_what_was_pushed_is_told_by_its_digest(
    settings: Settings, source: Path, registry: Registry, engine: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "build_and_push", lambda *_: engine.image("1.0"))
    lines: list[str] = []
    for _ in range(2):
        digest = build_and_push(settings, "team/app:1.0", source, registry=registry, progress=lines.append)
        assert digest == registry.find(Reference("team/app", "1.0"))
    said = [line for line in lines if line.startswith("team/app")]
    assert said == [f"team/app:1.0: pushed, {digest}", f"team/app:1.0: already pushed, {digest}"]


def test_a_push_that_did_not_arrive_is_not_called_one(
    settings: Settings, source: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "build_and_push", lambda *_: None)
    with pytest.raises(LabError, match=r"has pushed app:1, but the lab's registry does not have it"):
        build_and_push(settings, "app:1", source, registry=registry, progress=lambda _: None)


def test_a_task_pulls_by_digest_from_where_it_need_not_log_in(settings: Settings, engine: Pusher) -> None:
    digest = engine.image("1.0")
    for reference in (f"{HOST}/team/app:1.0", f"{HOST}/team/app@{digest}"):
        image = ImageStore(settings).resolve(reference)
        assert isinstance(image, ContainerImage)
        assert image.reference == f"127.81.0.6:5001/team/app@{digest}"
        assert (image.command, image.arguments) == (("python",), ("x",))
        assert "GUNICORN_CMD_ARGS" in image.environment


def test_of_several_architectures_it_is_this_machine_s(
    settings: Settings, engine: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {name: engine.image("", architecture=name) for name in ("amd64", "arm64")}
    content = {"manifests": [{"digest": part, "platform": {"os": "linux", "architecture": name}}
                             for name, part in parts.items()]}  # fmt: skip
    index = engine.manifest("1.0", content, INDEX).headers["Docker-Content-Digest"]
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    image = ImageStore(settings).resolve(f"{HOST}/team/app:1.0")
    assert (image.digest, image.command) == (index, ("python",))
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(ImageNotFound, match="does not contain descriptor matching platform 'linux/riscv64'"):
        ImageStore(settings).resolve(f"{HOST}/team/app:1.0")


def test_an_image_of_processes_is_to_be_built_again(settings: Settings, source: Path, registry: Registry) -> None:
    processes = Settings(settings.home, settings.network, settings.cache)
    (source / "requirements.txt").write_text("itsdangerous\n")
    build_and_push(processes, "app:1", source, registry=registry, progress=lambda _: None)
    words = (
        r"app:1 is registered, but its layers are not .*: build it again with `LAB_RUNNER=docker python -m lab image`"
    )
    with pytest.raises(ImageNotFound, match=words):
        ImageStore(settings).resolve("app:1")


def test_a_pushed_image_is_none_for_processes(settings: Settings, engine: Pusher) -> None:
    engine.image("1.0")
    processes = Settings(settings.home, settings.network, settings.cache)
    words = r"its files are not .*: build it again with `LAB_RUNNER=process python -m lab image`"
    with pytest.raises(ImageNotFound, match=words):
        ImageStore(processes).resolve("team/app:1.0")


def test_the_engine_is_asked_before_anything_is_pushed(settings: Settings, source: Path, registry: Registry) -> None:
    Path(settings.engine).unlink()
    with pytest.raises(LabError, match="LAB_RUNNER=docker needs a container engine"):
        build_and_push(settings, "app:1", source, registry=registry, progress=lambda _: None)
    assert registry.repository("app") is None
