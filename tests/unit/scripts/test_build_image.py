"""scripts/build-image, with an engine that only tells what it was asked for."""

import os
import subprocess
from pathlib import Path

import pytest

from lab.settings import CHECKOUT

ENGINE = """#!/bin/sh
case $* in "buildx version") exit ${NO_BUILDX:-0} ;; esac
printf '%s\\n' "$@"
"""
GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    path = tmp_path / "engine"
    path.write_text(ENGINE)
    path.chmod(0o755)
    return path


@pytest.fixture
def application(tmp_path: Path) -> Path:
    folder = tmp_path / "application"
    folder.mkdir()
    for name in ("app.py", "requirements.txt"):
        (folder / name).write_text("")
    return folder


def run(engine: Path, application: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], "HOME": str(engine.parent), "DOCKER": str(engine), **environment}
    command = [CHECKOUT / "scripts" / "build-image", application, *words]
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


def asked(engine: Path, application: Path, *words: str, **environment: str) -> list[str]:
    done = run(engine, application, *words, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def git(folder: Path, *words: str, **environment: str) -> str:
    done = subprocess.run(
        [*GIT, *words], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first", GIT_COMMITTER_DATE="2026-11-22T21:00:00+01:00")
    return git(folder, "rev-parse", "HEAD")


def test_both_contexts_the_version_and_further_options(engine: Path, application: Path) -> None:
    words = asked(engine, application, "registry.example:5000/team/calstack:1.2.3", "--push")
    assert words[:2] == ["buildx", "build"]
    assert words[-2:] == ["--push", str(application)]
    assert words[words.index("--file") + 1] == str(CHECKOUT / "docker" / "Dockerfile")
    assert words[words.index("--build-context") + 1] == f"deploy={CHECKOUT / 'docker'}"
    assert words[words.index("--tag") + 1] == "registry.example:5000/team/calstack:1.2.3"
    assert "VERSION=1.2.3" in words
    assert not [word for word in words if word.startswith(("REVISION", "SOURCE", "CREATED", "PYTHON_IMAGE"))]
    assert "--secret" not in words


def test_bases_and_pips_settings_come_from_the_environment(engine: Path, application: Path) -> None:
    base = "docker.io/library/python:3.12-slim-trixie@sha256:" + "a" * 64
    given = {"PYTHON_IMAGE": base, "BUILD_IMAGE": "mine:3.12", "PIP_CONFIG_FILE": "/my pip.conf"}
    words = asked(engine, application, "calstack:1", **given)
    assert {f"PYTHON_IMAGE={base}", "BUILD_IMAGE=mine:3.12"} <= set(words)
    assert words[words.index("--secret") + 1] == "id=pip,src=/my pip.conf"


def test_a_commit_gives_revision_source_and_dates(engine: Path, application: Path) -> None:
    revision = commit(application)
    git(application, "remote", "add", "origin", "https://me:hunter2@git.example/team/calstack.git")
    words = asked(engine, application, "calstack:1")
    assert f"REVISION={revision}" in words
    assert "SOURCE=https://git.example/team/calstack.git" in words
    assert "SOURCE_DATE_EPOCH=1795377600" in words
    assert "CREATED=2026-11-22T20:00:00Z" in words
    assert "hunter2" not in " ".join(words)


def test_a_checkout_with_changes_has_no_date(engine: Path, application: Path) -> None:
    """Its files differ from the commit's: with the same times they would have the same ETags."""
    commit(application)
    (application / "app.py").write_text("changed")
    words = asked(engine, application, "calstack:1")
    assert not [word for word in words if word.startswith(("SOURCE_DATE_EPOCH", "CREATED"))]


@pytest.mark.parametrize("name", ["calstack", "registry.example:5000/calstack", "calstack:", "calstack:a b", ""])
def test_a_name_without_a_version_is_refused(engine: Path, application: Path, name: str) -> None:
    done = run(engine, application, name)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"build-image: {name} is not NAME:TAG" in done.stderr


@pytest.mark.parametrize("name", ["app.py", "requirements.txt"])
def test_what_is_no_application_is_refused(engine: Path, application: Path, name: str) -> None:
    (application / name).unlink()
    done = run(engine, application, "calstack:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"has no {name}" in done.stderr


def test_an_engine_that_cannot_build_with_two_contexts_is_said(engine: Path, application: Path) -> None:
    done = run(engine, application, "calstack:1", NO_BUILDX="1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "has no buildx" in done.stderr


def test_says_how_it_is_used(engine: Path, application: Path) -> None:
    assert "usage: scripts/build-image PATH_TO_APP NAME:TAG" in run(engine, application).stderr
