"""Set-up: nothing to do means nothing asked of the network, and an unfit Python is one line."""

import shutil
import subprocess
from pathlib import Path

from conftest import CHECKOUT

INPUTS = ["pyproject.toml", "uv.lock", "requirements.yml", ".python-version"]


def copy(folder: Path) -> Path:
    shutil.copytree(CHECKOUT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in INPUTS:
        shutil.copy(CHECKOUT / name, folder)
    return folder / "scripts/setup"


def run(setup: Path, path: Path) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": f"{path}:/usr/bin:/bin", "PYTHON": ""}
    return subprocess.run([setup], env=environ, capture_output=True, text=True, timeout=60)


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_an_unfit_python_is_one_clear_line(tmp_path):
    for name in ("python3", "python3.12", "python3.13", "python3.14", "python3.15", "python"):
        program(tmp_path / "bin", name, '[ "$1" = --version ] && echo "Python 3.9.2" || exit 1')
    done = run(copy(tmp_path), tmp_path / "bin")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "needs Python 3.12 or newer, found Python 3.9.2" in done.stderr


def test_a_second_run_finds_nothing_to_do(tmp_path):
    setup = copy(tmp_path)
    program(tmp_path / "bin", "uv", 'echo "uv 0.0.0"')
    program(tmp_path / "bin", "python3", "exit 1")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    program(tmp_path / ".venv/bin", "ansible-playbook", "exit 0")
    (tmp_path / "collections/ansible_collections/amazon/aws").mkdir(parents=True)
    stamp = subprocess.run(
        ["sh", "-c", "{ pwd; cat pyproject.toml uv.lock requirements.yml scripts/setup scripts/install_collections.py "
         ".python-version; } | cksum"], cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    (tmp_path / ".venv/setup.stamp").write_text(stamp)
    done = run(setup, tmp_path / "bin")
    assert (done.returncode, done.stdout) == (0, "setup: nothing to do\n")
