"""scripts/build-image, with an engine that only tells what it was asked for."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from lab.settings import CHECKOUT
from tests.waiting import until

ENGINE = """#!/bin/sh
case $* in "buildx version") exit ${NO_BUILDX:-0} ;; esac
printf '%s\\n' "$@"
for context; do :; done
cp -R "$context" "$HOME/context"
[ -z "${SLOW:-}" ] || { trap 'echo stopped >> "$HOME/signal"; exit 1' TERM; touch "$HOME/begun"; sleep 60 & wait; }
exit ${FAILS:-0}
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


def context(engine: Path) -> dict[str, str]:
    """What the engine was given to build: files and their texts."""
    root = engine.parent / "context"
    files = {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}
    return {name: path.read_text() for name, path in files.items() if not name.startswith(".git/")}


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


def test_a_commit_is_built_from_the_commit_and_nothing_else(engine: Path, application: Path) -> None:
    """Also where git ignores a file, or .gitattributes keeps one out of archives, or the mode is not ours."""
    (application / ".gitignore").write_text("settings_local.py\n")
    (application / ".gitattributes").write_text("data.txt export-ignore\n")
    (application / "data.txt").write_text("data")
    (application / "link").symlink_to("data.txt")
    commit(application)
    (application / "settings_local.py").write_text("KEY = 'hunter2'")
    words = asked(engine, application, "calstack:1")
    assert context(engine).keys() == {
        *("app.py", "requirements.txt", "data.txt", "link"),
        *(".gitignore", ".gitattributes"),
    }
    assert (engine.parent / "context" / "link").is_symlink()
    assert words[-1] != str(application)
    assert not Path(words[-1]).exists()


def test_a_folder_of_a_checkout_is_built_alone(engine: Path, application: Path) -> None:
    inner = application / "my service"
    inner.mkdir()
    for name in ("app.py", "requirements.txt"):
        (inner / name).write_text("inner")
    commit(application)
    (application / "app.py").write_text("a change elsewhere")
    asked(engine, inner, "calstack:1")
    assert context(engine) == {"app.py": "inner", "requirements.txt": "inner"}


@pytest.mark.parametrize("with_git", [True, False])
def test_what_is_no_commit_is_built_as_it_is(engine: Path, application: Path, with_git: bool) -> None:
    if with_git:
        commit(application)
    (application / "new.py").write_text("")
    words = asked(engine, application, "calstack:1")
    assert words[-1] == str(application)
    assert "new.py" in context(engine)


def test_an_application_that_git_ignores_is_refused(engine: Path, application: Path) -> None:
    (application / ".gitignore").write_text("app.py\n")
    commit(application)
    done = run(engine, application, "calstack:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "app.py is in no commit: git ignores it" in done.stderr


def test_submodules_are_refused(engine: Path, application: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").write_text("")
    commit(other)
    commit(application)
    git(application, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "a part")
    git(application, "commit", "--quiet", "--message", "a part")
    done = run(engine, application, "calstack:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "has submodules (a part), and an image is of one commit" in done.stderr


def folders(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "temporary").iterdir())


def test_nothing_is_left_where_the_build_fails(engine: Path, application: Path, tmp_path: Path) -> None:
    commit(application)
    (tmp_path / "temporary").mkdir()
    done = run(engine, application, "calstack:1", FAILS="3", TMPDIR=str(tmp_path / "temporary"))
    assert done.returncode == 3
    assert folders(tmp_path) == []


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_engine_and_leaves_nothing(
    engine: Path, application: Path, tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    commit(application)
    (tmp_path / "temporary").mkdir()
    given = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DOCKER": str(engine), "SLOW": "1"}
    # What a shell runs in the background ignores SIGINT, and hands that on.
    command = ["env", "--default-signal", CHECKOUT / "scripts" / "build-image", application, "calstack:1"]
    with subprocess.Popen(command, env=given | {"TMPDIR": str(tmp_path / "temporary")}) as process:
        until((tmp_path / "begun").exists, "the build begins", 30)
        assert len(folders(tmp_path)) == 1
        process.send_signal(sent)
        assert process.wait(30) == code
    assert (tmp_path / "signal").read_text() == "stopped\n"
    assert folders(tmp_path) == []


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
