from collections.abc import Sequence
from pathlib import Path

import pytest

from lab.images import environment
from lab.images.environment import SERVER, Requirements, included_files, read_requirements
from lab.part import LabError


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        (root / f"{name}.txt").write_text(text)
    return root


def asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *brought: str) -> list[list[str]]:
    """What is installed beside requirements.txt, call by call, where that brings these packages."""
    calls: list[list[str]] = []

    def uv(arguments: Sequence[str | Path], _directory: Path, _lock: int) -> None:
        if arguments[0] == "venv":
            python = Path(arguments[-1]) / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.touch()
        else:
            packages = Path(arguments[arguments.index("--python") + 1]).parents[1] / "lib/python3.12/site-packages"
            for name in brought:
                (packages / f"{name}.dist-info").mkdir(parents=True, exist_ok=True)
            calls.append([str(word) for word in arguments[arguments.index("requirements.txt") + 1 :]])

    monkeypatch.setattr(environment, "_uv", uv)
    requirements = read_requirements(write(tmp_path, requirements=""))
    environment.prepare(tmp_path, requirements, tmp_path / "environments", lambda _: None)
    return calls


def test_gunicorn_is_not_added_where_the_requirements_have_brought_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked_for(tmp_path, monkeypatch, "flask-3.1.2", "gunicorn-27.0.1") == [[]]


@pytest.mark.parametrize("brought", [[], ["flask-3.1.2"], ["gunicorn_extras-1.0"], ["uvicorn-0.38.0"]])
def test_gunicorn_is_added_where_they_have_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, brought: list[str]
) -> None:
    assert asked_for(tmp_path, monkeypatch, *brought) == [[], [SERVER]]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("-r base.txt", ["base.txt"]),
        ("-rbase.txt  # why", ["base.txt"]),
        ("--requirement=base.txt", ["base.txt"]),
        ("-c pins.txt", ["pins.txt"]),
        ("--constraint pins.txt", ["pins.txt"]),
        ("--require-hashes", []),
        ("requests", []),
        ("# -r base.txt", []),
    ],
)
def test_included_files(line: str, names: list[str]) -> None:
    assert included_files(line) == names


def test_included_files_count_for_the_key(tmp_path: Path) -> None:
    write(tmp_path, requirements="-r base.txt", base="-r requirements.txt\ngunicorn", unrelated="x")
    before = read_requirements(tmp_path)
    assert set(before.files) == {"requirements.txt", "base.txt"}
    write(tmp_path, base="gunicorn==27.0.1")
    assert read_requirements(tmp_path).key != before.key


def test_the_key_depends_on_contents_only() -> None:
    assert Requirements({"a": "1", "b": "2"}).key == Requirements({"b": "2", "a": "1"}).key
    assert Requirements({"a": "1"}).key != Requirements({"a": "2"}).key


@pytest.mark.parametrize(
    "line", ["-e .", "--editable ./x", ".", "./wheels/x.whl", "../x", "file:///x", "x @ file:///x"]
)
def test_local_packages_are_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(LabError, match="is a local path"):
        read_requirements(write(tmp_path, requirements=line))


@pytest.mark.parametrize("line", ["https://host/x.whl", "x @ https://host/x.whl", "--index-url https://host/simple"])
def test_what_the_network_gives_is_not_local(tmp_path: Path, line: str) -> None:
    read_requirements(write(tmp_path, requirements=line))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"base\.txt does not exist"):
        read_requirements(write(tmp_path, requirements="-r base.txt"))


def test_packages_that_cannot_be_had_are_told_in_the_words_of_uv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    source = tmp_path / "source"
    source.mkdir()
    write(source, requirements="gunicorn==0.0.1.dev999")
    with pytest.raises(LabError) as caught:
        environment.prepare(source, read_requirements(source), tmp_path / "environments", lambda _: None)
    first, *rest = str(caught.value).splitlines()
    assert first == f"the packages of {source / 'requirements.txt'} could not be installed:"
    assert "gunicorn==0.0.1.dev999" in " ".join(rest)
    assert not [path for path in (tmp_path / "environments").iterdir() if path.suffix != ".lock"]


def test_uv_holds_the_lock_for_as_long_as_it_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\nls -l /proc/self/fd; exit 1\n")
    uv.chmod(0o755)
    monkeypatch.setattr("uv.find_uv_bin", lambda: uv)
    requirements = read_requirements(write(tmp_path, requirements=""))
    with pytest.raises(LabError) as caught:
        environment.prepare(tmp_path, requirements, tmp_path / "environments", lambda _: None)
    assert str(tmp_path / "environments" / f".{requirements.key}.lock") in str(caught.value)
