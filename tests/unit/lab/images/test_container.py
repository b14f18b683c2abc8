"""A folder becomes an image of a container engine, which a script plays here."""

import json
from pathlib import Path
from typing import Any

import pytest

from lab.images import ContainerImage, ImageNotFound, ImageStore, build_and_push, container
from lab.images.reference import Reference
from lab.images.registry import Registry
from lab.part import LabError
from lab.settings import DOCKER, Settings
from tests.engine_script import Script

KEY = f"sha256:{'7' * 64}"
CONFIG: dict[str, Any] = {"Entrypoint": ["python", "/entry.py"], "Cmd": ["serve"]}


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """An engine, and a script, beside it, that has it build every folder into one image."""
    made = Script(tmp_path)
    described = json.dumps([{"Id": KEY, "Size": 1234, "Config": CONFIG}])
    made.says("image", f"test -f {tmp_path}/built || {{ echo No such image >&2; exit 1; }}; echo '{described}'")
    made.says("build", f'touch {tmp_path}/built; while [ "$1" != --iidfile ]; do shift; done; echo {KEY} > "$2"')
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


def build(settings: Settings, name_tag: str, source: Path, registry: Registry) -> ContainerImage:
    image = build_and_push(settings, name_tag, source, registry=registry, progress=lambda _: None)
    assert isinstance(image, ContainerImage)
    return image


def test_the_engine_builds_it_and_the_registry_s_digest_leads_to_the_engine_s_image(
    settings: Settings, script: Script, source: Path, registry: Registry
) -> None:
    image = build(settings, "team/app:1.0", source, registry)
    assert image.digest == registry.find(Reference("team/app", "1.0"))
    assert (image.id, image.command, image.arguments) == (KEY, ("python", "/entry.py"), ("serve",))
    assert image.environment["APP_VERSION"] == "1.0"
    (built,) = [call for call in script.calls if call.startswith("build ")]
    assert built.startswith(f"build {source} calstack-lab/team/app:1.0 --iidfile ")
    host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    assert ImageStore(settings).resolve(f"{host}/team/app@{image.digest}") == image


def test_each_version_has_a_digest_of_its_own(settings: Settings, source: Path, registry: Registry) -> None:
    one, two = (build(settings, f"app:{tag}", source, registry) for tag in ("1", "2"))
    assert one.digest != two.digest
    assert one.id == two.id
    assert build(settings, "app:1", source, registry) == one


def test_a_build_that_fails_is_told_in_the_engine_s_words(
    settings: Settings, script: Script, source: Path, registry: Registry
) -> None:
    script.says("build", "echo no matching distribution >&2; exit 1")
    with pytest.raises(LabError, match="could not be built:\nno matching distribution"):
        build(settings, "app:1", source, registry)
    assert registry.find(Reference("app", "1")) is None


def test_an_image_that_the_engine_has_lost_is_to_be_built_again(
    settings: Settings, source: Path, registry: Registry, tmp_path: Path
) -> None:
    build(settings, "app:1", source, registry)
    (tmp_path / "built").unlink()
    with pytest.raises(ImageNotFound, match=r"app:1 is registered, but .*: build it again with `python -m lab image`"):
        ImageStore(settings).resolve("app:1")


def test_an_image_of_the_other_runner_is_to_be_built_again(
    settings: Settings, source: Path, registry: Registry
) -> None:
    build(settings, "app:1", source, registry)
    processes = Settings(settings.home, settings.network, settings.cache, engine=settings.engine)
    with pytest.raises(
        ImageNotFound, match="other runner: build it again with `LAB_RUNNER=process python -m lab image`"
    ):
        ImageStore(processes).resolve("app:1")


def test_the_engine_is_asked_before_anything_is_pushed(settings: Settings, source: Path, registry: Registry) -> None:
    Path(settings.engine).unlink()
    with pytest.raises(LabError, match="LAB_RUNNER=docker needs a container engine"):
        build(settings, "app:1", source, registry)
    assert registry.repository("app") is None
