"""A folder becomes an image, and the image runs. The packages come through uv and its cache."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab.images import Image, ImageStore, build_and_push, store
from lab.images.reference import Reference
from lab.images.registry import Registry
from lab.part import LabError
from lab.settings import Settings

APPLICATION = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'hello']\n"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def settings(tmp_path: Path, cache: Path) -> Settings:
    return Settings(home=tmp_path / "lab", network="127.81", cache=cache)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """An application that names no server."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "app.py").write_text(APPLICATION)
    (folder / "requirements.txt").write_text("itsdangerous\n")
    (folder / ".env").write_text("SECRET=hunter2")
    return folder


def build(settings: Settings, name_tag: str, source: Path, registry: Registry) -> tuple[Image, list[str]]:
    lines: list[str] = []
    digest = build_and_push(settings, name_tag, source, registry=registry, progress=lines.append)
    image = store.load(settings, name_tag.partition(":")[0], digest)
    assert image
    return image, lines


def test_the_image_is_registered_complete_and_found(settings: Settings, source: Path, registry: Registry) -> None:
    image, lines = build(settings, "team/app:1.0", source, registry)
    assert image.digest == registry.find(Reference("team/app", "1.0"))
    assert sorted(path.name for path in image.directory.iterdir()) == ["app.py", "requirements.txt"]
    assert image.environment["APP_VERSION"] == "1.0"
    assert lines[0] == "left out, because secrets do not travel in images: .env"
    assert lines[-1] == f"team/app:1.0: pushed, {image.digest}"
    program = "import gunicorn, itsdangerous, sys; print(sys.version_info[:3])"
    shown = subprocess.run([image.python, "-c", program], check=True, capture_output=True, text=True).stdout
    assert shown.strip() == str(sys.version_info[:3])

    images = ImageStore(settings)
    host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    for reference in (f"{host}/team/app:1.0", f"{host}/team/app@{image.digest}", f"team/app@{image.digest}"):
        assert images.resolve(reference) == image


def test_the_second_build_installs_nothing(
    settings: Settings, source: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = build(settings, "app:1", source, registry)
    monkeypatch.setattr("uv.find_uv_bin", lambda: pytest.fail("uv is asked again"))
    again, lines = build(settings, "app:1", source, registry)
    assert again == first
    assert lines[-1] == f"app:1: already pushed, {first.digest}"
    (source / "app.py").write_text(APPLICATION.replace("hello", "good-bye"))
    changed, _ = build(settings, "app:2", source, registry)
    assert changed.digest != first.digest
    assert "good-bye" in (changed.directory / "app.py").read_text()
    assert "hello" in (first.directory / "app.py").read_text()


def test_the_same_source_under_another_tag_is_another_version(
    settings: Settings, source: Path, registry: Registry
) -> None:
    one, two = (build(settings, f"app:{tag}", source, registry)[0] for tag in ("1", "2"))
    assert one.digest != two.digest
    assert one.python == two.python


def test_an_environment_whose_python_is_gone_is_made_again(
    settings: Settings, source: Path, registry: Registry, tmp_path: Path
) -> None:
    image, _ = build(settings, "app:1", source, registry)
    image.python.unlink()
    image.python.symlink_to(tmp_path / "removed" / "python")
    again, _ = build(settings, "app:1", source, registry)
    assert again == image
    subprocess.run([again.python, "-c", "import gunicorn"], check=True)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (["app.py"], "has no app.py:"),
        (["requirements.txt"], "has no requirements.txt:"),
        (["app.py", "requirements.txt"], "has no app.py and no requirements.txt:"),
    ],
)
def test_a_folder_that_is_no_application(
    settings: Settings, source: Path, registry: Registry, missing: list[str], words: str
) -> None:
    for name in missing:
        (source / name).unlink()
    with pytest.raises(LabError, match=words):
        build(settings, "app:1", source, registry)


def test_a_lab_that_is_down_is_found_out_before_the_work(settings: Settings, source: Path) -> None:
    lines: list[str] = []
    with pytest.raises(LabError, match="the lab does not answer"):
        build_and_push(settings, "app:1", source, progress=lines.append)
    assert lines == []


def test_a_build_that_is_killed_is_completed_by_the_next(settings: Settings, source: Path, registry: Registry) -> None:
    """As kill -9 in the middle of the copying would leave it."""
    image, _ = build(settings, "app:1", source, registry)
    folder = image.directory.parent
    partial = folder.with_name(f".{folder.name}.partial")
    folder.rename(partial)
    (partial / "image.json").unlink()
    again, _ = build(settings, "app:1", source, registry)
    assert again == image
    assert (image.directory / "app.py").read_text() == APPLICATION
    assert not partial.exists()


def test_the_tasks_cannot_change_the_image(settings: Settings, source: Path, registry: Registry) -> None:
    image, _ = build(settings, "app:1", source, registry)
    assert not any(path.stat().st_mode & 0o222 for path in image.directory.rglob("*") if path.is_file())


def test_an_image_of_which_the_cache_knows_nothing_is_told_apart_from_an_unknown_one(
    settings: Settings, source: Path, registry: Registry
) -> None:
    image, _ = build(settings, "gone:1", source, registry)
    shutil.rmtree(image.directory.parent)
    with pytest.raises(Exception, match="is registered, but its files are not in the lab's cache"):
        ImageStore(settings).resolve("gone:1")
