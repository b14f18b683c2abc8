# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Where the programs come from: a directory, PATH, or a download that is checked against its SHA-256."""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import urlsplit

from ansible.module_utils.urls import open_url
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.child import says
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.job import EngineError

LARGEST = 1_000_000_000
"""Bytes of a download: the archives have less than 200 MB."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")

DATABASE_TOOLS = ("mongodump", "mongorestore")
MONGOSYNC = ("mongosync",)

OLDEST = {
    "mongodump": (100, 3),  # the first whose --config takes the URI
    "mongorestore": (100, 3),
    "mongosync": (1, 15),  # the first that takes a target which is not quite empty (preExistingDestinationData)
}


@dataclass(frozen=True)
class Archive:
    """A .tgz or .zip to download, and the SHA-256 that it must have, in hexadecimal."""

    url: str
    sha256: str


_TOOLS = "https://fastdl.mongodb.org/tools/db/mongodb-database-tools"

PINNED = {
    ("Linux", "x86_64"): Archive(
        f"{_TOOLS}-ubuntu2204-x86_64-100.12.0.tgz", "426cc14f6d2247284d557d61eb3e9d4bd4f19943a15e7ffb38354008a0cf3892"
    ),
    ("Linux", "aarch64"): Archive(
        f"{_TOOLS}-ubuntu2204-arm64-100.12.0.tgz", "cb4054e2c6de59a2eab9becdf456fb0ddd1ad54a9c305736c2b35cb2fee9aad9"
    ),
    ("Darwin", "x86_64"): Archive(
        f"{_TOOLS}-macos-x86_64-100.12.0.zip", "0582742bb61a4b348918a108e70e697f65eb63ec15f601db6f13415540bb1755"
    ),
    ("Darwin", "arm64"): Archive(
        f"{_TOOLS}-macos-arm64-100.12.0.zip", "85ccf826976638e48844d929f60d2e6d91f8b7e5100ee74b19e045c4d1e828f3"
    ),
}
"""MongoDB Database Tools by system and machine. Those of macOS are in MongoDB's own Homebrew formula; those of Linux
were recorded by others beside the same ones of macOS, and were not seen to be downloaded here. mongosync has none:
no published checksum was found, so it is the user's to give."""

Fetch = Callable[[str], AbstractContextManager[IO[bytes]]]


@dataclass(frozen=True)
class Place:
    """Where to look for programs, from the role's variables."""

    cache: Path
    """Downloads are kept here."""
    directory: Path | None = None
    """migrate_tools_dir: only here, where it is given."""
    archive: Archive | None = None
    """migrate_tools_url and migrate_tools_sha256."""


def open_archive(url: str) -> AbstractContextManager[IO[bytes]]:
    """The body of an answer, through the environment's proxy."""
    opened: AbstractContextManager[IO[bytes]] = open_url(url, timeout=60, http_agent="calstack.aws")
    return opened


def database_tools(place: Place, fetch: Fetch = open_archive) -> tuple[Path, Path]:
    """mongodump and mongorestore. Raises InputError or EngineError."""
    pinned = PINNED.get((platform.system(), platform.machine()))
    dump, restore = _programs(DATABASE_TOOLS, place, pinned, fetch)
    return dump, restore


def mongosync(place: Place, fetch: Fetch = open_archive) -> Path:
    """mongosync. Raises InputError or EngineError."""
    return _programs(MONGOSYNC, place, None, fetch)[0]


def _programs(names: tuple[str, ...], place: Place, pinned: Archive | None, fetch: Fetch) -> list[Path]:
    found = _installed(names, place.directory)
    if not found:
        archive = place.archive or pinned
        if not archive:
            raise InputError(
                f"{' and '.join(names)} are not on PATH, and no download with a known checksum fits this machine "
                f"({platform.system()} {platform.machine()}). Install them, say where they are (migrate_tools_dir), or "
                f"give an archive of https://www.mongodb.com/try/download/ as migrate_tools_url with its "
                f"migrate_tools_sha256."
            )
        found = _downloaded(names, archive, place.cache, fetch)
    for program in found:
        _recent(program)
    return found


def _installed(names: tuple[str, ...], directory: Path | None) -> list[Path]:
    path = None if directory is None else str(directory)
    found = [shutil.which(name, path=path) for name in names]
    missing = [name for name, at in zip(names, found, strict=True) if not at]
    if missing and directory is not None:
        raise InputError(f"{' and '.join(missing)} cannot be found in {directory} (migrate_tools_dir).")
    return [] if missing else [Path(at) for at in found if at]


def version(text: str) -> tuple[int, ...]:
    """The version in what `--version` prints; () where there is none."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in found.groups()) if found else ()


def _recent(program: Path) -> None:
    """Raises InputError where it is too old, EngineError where it does not run at all."""
    there, oldest = version(says([str(program), "--version"])), OLDEST[program.name]
    if there and there[: len(oldest)] < oldest:
        raise InputError(
            f"{program} is version {'.'.join(map(str, there))}, and at least {'.'.join(map(str, oldest))} is needed. "
            f"Install a later one, or say where one is (migrate_tools_dir)."
        )


def _downloaded(names: tuple[str, ...], archive: Archive, cache: Path, fetch: Fetch) -> list[Path]:
    _check(archive)
    # The name is the content's: what is there has been checked, and another archive has another directory.
    home = cache / archive.sha256.lower()
    if not all((home / name).is_file() for name in names):
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as place:
            file, unpacked = Path(place, "archive"), Path(place, "unpacked")
            _fetch(archive, file, fetch)
            _unpack(names, archive, file, unpacked)
            with suppress(OSError):  # another run was quicker
                unpacked.rename(home)
    return [home / name for name in names]


def _check(archive: Archive) -> None:
    parts = urlsplit(archive.url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise InputError(f"migrate_tools_url must be an https URL, and is {archive.url}.")
    if not re.fullmatch("[0-9a-fA-F]{64}", archive.sha256):
        raise InputError("migrate_tools_sha256 must be given with migrate_tools_url, as 64 hexadecimal digits.")


def _fetch(archive: Archive, file: Path, fetch: Fetch) -> None:
    digest, size = hashlib.sha256(), 0
    try:
        with fetch(archive.url) as body, file.open("wb") as out:
            while chunk := body.read(1 << 20):
                digest.update(chunk)
                size += len(chunk)
                if size > LARGEST:
                    raise EngineError(f"{archive.url} has more than {LARGEST:,} bytes: it is no archive of programs.")
                out.write(chunk)
    except OSError as error:
        raise EngineError(
            f"Downloading {archive.url}: {error}. Install the programs and say where they are (migrate_tools_dir), or "
            f"let this machine reach that address (HTTPS_PROXY)."
        ) from error
    if digest.hexdigest() != archive.sha256.lower():
        raise EngineError(
            f"{archive.url} has the SHA-256 {digest.hexdigest()}, and {archive.sha256.lower()} is expected. Nothing of "
            f"it has been run. Compare it with what MongoDB publishes, or install the programs and say where they are "
            f"(migrate_tools_dir)."
        )


def _unpack(names: tuple[str, ...], archive: Archive, file: Path, into: Path) -> None:
    """Only the programs, by their last name: no path of the archive is followed."""
    into.mkdir(mode=0o700)
    try:
        with _members(file) as members:
            for path, member in members:
                name = PurePosixPath(path).name
                if name in names and not (into / name).exists():
                    with (into / name).open("xb") as out:
                        shutil.copyfileobj(member(), out)
                    (into / name).chmod(0o700)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise EngineError(f"{archive.url} cannot be unpacked: {error}.") from error
    missing = [name for name in names if not (into / name).exists()]
    if missing:
        raise InputError(f"{archive.url} has no {' and '.join(missing)} in it (migrate_tools_url).")


@contextmanager
def _members(file: Path) -> Iterator[Iterator[tuple[str, Callable[[], IO[bytes]]]]]:
    """The regular files of a .zip or a .tgz: path, and how to read it."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as pack:
            yield ((info.filename, _zipped(pack, info)) for info in pack.infolist() if not info.is_dir())
    else:
        with tarfile.open(file) as tar:
            yield ((info.name, _tarred(tar, info)) for info in tar if info.isreg())


def _zipped(pack: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: pack.open(info)


def _tarred(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def read() -> IO[bytes]:
        body = tar.extractfile(info)
        if body is None:
            raise tarfile.TarError(f"{info.name} is no file")
        return body

    return read
