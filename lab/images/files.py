"""The application's files: which of them belong into an image, and what they add up to."""

import fnmatch
import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lab.images.manifest import Layer, canonical
from lab.registry.digests import digest

LITTER_FOLDERS = ("__pycache__", "node_modules", ".git", ".venv", "venv", "*.egg-info")
# Deeper down they may well belong to the application: static/.well-known, for one.
LITTER_FOLDERS_AT_THE_ROOT = (".*", "tests", "test", "env")
LITTER_FILES = (".git*", "*.pyc", ".DS_Store")
# Secrets never travel in an image: the task definition gives them to the task.
SECRET_FILES = (
    *(".env", ".env.*", "*.env", "*.pem", "*.key", "*.p12", "*.pfx"),
    *("client_secret*.json", "credentials*.json"),
)


@dataclass(frozen=True)
class File:
    """A regular file of the application; its path is relative, its size in bytes."""

    path: PurePosixPath
    size: int
    executable: bool
    sha256: str


@dataclass(frozen=True)
class Listing:
    """What of a folder belongs into the image, sorted, and which files look like secrets and do not."""

    files: tuple[File, ...]
    secrets: tuple[PurePosixPath, ...]


def scan(source: Path) -> Listing:
    """A link to a file counts as that file; one that leaves the folder, leads nowhere or to a folder is left out."""
    root = source.resolve()
    found: list[File] = []
    secrets: list[PurePosixPath] = []
    for folder, folders, names in os.walk(root):
        litter = LITTER_FOLDERS + (LITTER_FOLDERS_AT_THE_ROOT if Path(folder) == root else ())
        folders[:] = [name for name in folders if not _matches(name, litter)]
        for name in names:
            path = Path(folder, name)
            relative = PurePosixPath(path.relative_to(root))
            if _matches(name, SECRET_FILES) or _matches(path.resolve().name, SECRET_FILES):
                secrets.append(relative)
            elif not _matches(name, LITTER_FILES) and path.is_file() and path.resolve().is_relative_to(root):
                found.append(describe(path, relative))
    return Listing(tuple(sorted(found, key=lambda file: file.path)), tuple(sorted(secrets)))


def describe(path: Path, relative: PurePosixPath) -> File:
    with path.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    stat = path.stat()
    return File(relative, stat.st_size, bool(stat.st_mode & 0o111), sha256)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def layer(files: Sequence[File]) -> Layer:
    """One digest over names, modes and contents; neither times nor owners count."""
    rows = [[str(file.path), file.executable, file.sha256, file.size] for file in files]
    return Layer(digest(canonical(rows)), sum(file.size for file in files))


def copy(source: Path, files: Iterable[File], destination: Path) -> None:
    """Copy the files, read-only: every task of the image shares them."""
    for file in files:
        target = destination / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / file.path, target)
        target.chmod(0o555 if file.executable else 0o444)
