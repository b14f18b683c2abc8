"""Layers and configurations by their digests, in a folder; a blob appears whole or not at all."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from io import BufferedRandom
from pathlib import Path
from typing import IO, Any

from lab.registry.digests import is_digest

CHUNK = 1 << 20


class UnknownUpload(Exception):  # noqa: N818  as in the specification's BLOB_UPLOAD_UNKNOWN
    """There is no upload with this id."""


class WrongDigest(Exception):  # noqa: N818  as in the specification's DIGEST_INVALID
    """What was uploaded has another digest; the message says which."""


class Blobs:
    """One for all repositories: an upload in one is there in all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, digest: str) -> Path | None:
        """The file of the blob, None when it is not there. What is no digest names no file, wherever it may lead."""
        file = self._file(digest)
        return file if is_digest(digest) and file.is_file() else None

    def document(self, digest: str) -> dict[str, Any] | None:
        """The blob read as JSON, such as an image's configuration; None when it is not there."""
        file = self.path(digest)
        return json.loads(file.read_bytes()) if file else None

    def begin(self) -> str:
        """A new upload's id."""
        upload = uuid.uuid4().hex
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._upload(upload).touch(mode=0o600)
        return upload

    def append(self, upload: str, stream: IO[bytes]) -> int:
        """Add what the stream has; the bytes so far. Raises UnknownUpload."""
        with self._open(upload) as file:
            for chunk in _chunks(stream):
                file.write(chunk)
            return file.tell()

    def finish(self, upload: str, digest: str) -> None:
        """Make the upload the blob of this digest. Raises UnknownUpload or WrongDigest, after which it is gone."""
        with self._open(upload) as file:
            file.seek(0)
            found = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        if found != digest:
            self.cancel(upload)
            raise WrongDigest(f"the upload is {found}, not {digest}")
        self._upload(upload).replace(self._file(digest))

    def cancel(self, upload: str) -> None:
        """Raises UnknownUpload."""
        try:
            self._upload(upload).unlink()
        except FileNotFoundError:
            raise UnknownUpload(upload) from None

    def _open(self, upload: str) -> BufferedRandom:
        if not upload.isalnum():
            raise UnknownUpload(upload)
        try:
            file = self._upload(upload).open("rb+")
        except FileNotFoundError:
            raise UnknownUpload(upload) from None
        file.seek(0, 2)
        return file

    def _file(self, digest: str) -> Path:
        return self._folder / digest.replace(":", "-", 1)

    def _upload(self, upload: str) -> Path:
        return self._folder / f"{upload}.upload"


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk
