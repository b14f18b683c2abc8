"""The image's virtual environment: made by uv from the requirements, kept under a key of all that goes into it."""

import os
import platform
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import uv

from lab.images import cache
from lab.images.manifest import Layer, canonical
from lab.part import LabError
from lab.registry.digests import digest

# What docker/Dockerfile adds as well: gunicorn's graceful stop and its gthread worker were tested from this version on.
SERVER = "gunicorn>=23"
_TAIL = 12


@dataclass(frozen=True)
class Requirements:
    """requirements.txt with the files it includes (name: text)."""

    files: Mapping[str, str]

    @property
    def key(self) -> str:
        """One key for the same requirements, Python and platform."""
        parts = [platform.python_implementation(), platform.python_version(), sysconfig.get_platform()]
        return digest(canonical([parts, dict(self.files), SERVER])).removeprefix("sha256:")[:32]

    @property
    def layer(self) -> Layer:
        return Layer(digest(canonical([self.key])), sum(len(text) for text in self.files.values()))


def read_requirements(source: Path) -> Requirements:
    """Raises LabError when there is no requirements.txt, or when it asks for what an image cannot hold."""
    files: dict[str, str] = {}
    waiting = ["requirements.txt"]
    while waiting:
        name = waiting.pop()
        if name in files:
            continue
        try:
            files[name] = (source / name).read_text()
        except FileNotFoundError as error:
            raise LabError(f"{source / name} does not exist: an image needs its requirements") from error
        folder = Path(name).parent
        waiting += [os.path.normpath(folder / included) for included in included_files(files[name])]
    lines = [line for text in files.values() for line in meaningful_lines(text)]
    if local := [line for line in lines if is_local(line)]:
        raise LabError(f"{source / 'requirements.txt'}: {local[0]!r} is a local path; name released packages only")
    return Requirements(files)


def meaningful_lines(text: str) -> list[str]:
    stripped = (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines())
    return [line for line in stripped if line]


def included_files(text: str) -> list[str]:
    """The files named by -r and -c lines."""
    pattern = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s+|\s*=\s*|(?<=-r)|(?<=-c))(\S+)")
    return [found[1] for line in meaningful_lines(text) if (found := pattern.match(line))]


def is_local(line: str) -> bool:
    return re.match(r"(-e|--editable)\b|\.{0,2}/|\.$|file:", line) is not None or " @ file:" in line


def prepare(source: Path, requirements: Requirements, folder: Path, progress: Callable[[str], None]) -> Path:
    """The interpreter with the requirements, in `folder/KEY`, made when it is not there. Raises LabError."""

    def fill(partial: Path, lock: int) -> None:
        progress(f"installing the packages of {source / 'requirements.txt'}")
        # Relocatable, because it is renamed when it is complete.
        _uv(["venv", "--no-project", "--relocatable", "--python", sys.executable, partial / "venv"], source, lock)
        options: list[str | Path] = ["--link-mode", "hardlink", "--compile-bytecode", "--python", _interpreter(partial)]
        install = ["pip", "install", *options, "-r", "requirements.txt"]
        _uv(install, source, lock)
        if not has_gunicorn(partial):
            # With the requirements once more, so that their constraints hold for it.
            _uv([*install, SERVER], source, lock)

    target = folder / requirements.key
    if not cache.make_once(target, fill, lambda path: _interpreter(path).exists()):
        progress("packages: from the cache")
    return _interpreter(target)


def has_gunicorn(folder: Path) -> bool:
    """Whether the requirements have brought it, by whatever name or way: only what is installed tells."""
    return any(folder.glob("venv/lib/python*/site-packages/gunicorn-*.dist-info"))


def _interpreter(folder: Path) -> Path:
    """A link: it exists only as long as the Python it was made with does."""
    return folder / "venv/bin/python"


def _uv(arguments: Sequence[str | Path], directory: Path, lock: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(
        [uv.find_uv_bin(), *arguments],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        pass_fds=(lock,),
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-_TAIL:])
        raise LabError(f"the packages of {directory / 'requirements.txt'} could not be installed:\n{tail}")
