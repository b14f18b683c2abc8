"""The application's files: which of them belong into an image, and what they add up to."""

import fnmatch
import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lab.images.manifest import Layer, canonical, digest

LEFT_OUT_FOLDERS = (".*", "__pycache__", "tests", "test", "venv", "env", "node_modules", "*.egg-info")
# Secrets never travel in an image: the task definition gives them to the task.
LEFT_OUT_FILES = (
    *(".git*", ".env", ".env.*", "*.env", "*.pem", "*.key", "*.p12", "*.pfx"),
    *("client_secret*.json", "credentials*.json", "*.pyc", ".DS_Store"),
)


@dataclass(frozen=True)
class File:
    """A regular file of the application; its path is relative, its size in bytes."""

    path: PurePosixPath
    size: int
    executable: bool
    sha256: str


def list_files(source: Path) -> list[File]:
    """What of `source` belongs into the image, sorted. A link to a file counts as that file.

    Links that leave the folder or lead nowhere are left out, and links to folders too.
    """
    root, found = source.resolve(), []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not _matches(name, LEFT_OUT_FOLDERS)]
        for name in names:
            path = Path(folder, name)
            if _matches(name, LEFT_OUT_FILES) or not path.is_file() or not path.resolve().is_relative_to(root):
                continue
            found.append(describe(path, PurePosixPath(path.relative_to(root))))
    return sorted(found, key=lambda file: file.path)


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
