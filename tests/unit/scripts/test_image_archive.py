"""scripts/image-archive, with an engine that writes what it is told to and nothing in it."""

import os
import subprocess
from pathlib import Path

import pytest

from lab.settings import CHECKOUT

ENGINE = """#!/bin/sh
case $* in "buildx version") exit 0 ;; esac
echo "$*" >> "$NOTES"
for word; do
  case $word in
    --output=type=oci,dest=*) echo "new" > "${word#*dest=}" ;;
    --cache-to=*) mkdir "${word#*dest=}"; echo "new" > "${word#*dest=}/index.json" ;;
  esac
done
exit "${FAILS:-0}"
"""


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder, self.archive, self.cache = folder, folder / "image.tar", folder / "cache"
        (folder / "application").mkdir()
        for name in ("app.py", "requirements.txt"):
            (folder / "application" / name).write_text("")
        engine = folder / "engine"
        engine.write_text(ENGINE)
        engine.chmod(0o755)

    def run(self, **environment: str) -> int:
        own = {"PATH": os.environ["PATH"], "DOCKER": str(self.folder / "engine"), "NOTES": str(self.folder / "notes")}
        command: list[str | Path] = [CHECKOUT / "scripts" / "image-archive", self.folder / "application", "calstack:1"]
        command += [self.archive, self.cache]
        return subprocess.run(command, env=own | environment, capture_output=True, check=False).returncode

    @property
    def calls(self) -> list[list[str]]:
        return [line.split() for line in (self.folder / "notes").read_text().splitlines()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_an_archive_with_attestations_and_then_the_image_in_the_engine(desk: Desk) -> None:
    assert desk.run() == 0
    archive, image = desk.calls
    assert {"--sbom=true", "--provenance=mode=max"} <= set(archive)
    assert "--load" in image
    assert desk.archive.read_text() == "new\n"


def test_the_generator_of_the_sbom_can_be_pinned(desk: Desk) -> None:
    assert desk.run(SBOM_GENERATOR="mine/scanner@sha256:1") == 0
    assert "--sbom=generator=mine/scanner@sha256:1" in desk.calls[0]
    assert "--sbom=true" not in desk.calls[0]


def test_the_second_time_it_takes_the_cache_and_leaves_a_new_one(desk: Desk) -> None:
    given = f"--cache-from=type=local,src={desk.cache}"
    assert desk.run() == 0
    (desk.cache / "old").touch()
    assert desk.run() == 0
    first, _image, second, _again = desk.calls
    assert (given in first, given in second) == (False, True)
    assert [file.name for file in desk.cache.iterdir()] == ["index.json"]


def test_a_build_that_fails_leaves_what_was_there(desk: Desk) -> None:
    desk.archive.write_text("old")
    desk.cache.mkdir()
    (desk.cache / "index.json").write_text("old")
    before = {file.name for file in desk.folder.iterdir()} | {"notes"}
    assert desk.run(FAILS="3") == 3
    assert len(desk.calls) == 1
    assert (desk.archive.read_text(), (desk.cache / "index.json").read_text()) == ("old", "old")
    assert {file.name for file in desk.folder.iterdir()} == before
