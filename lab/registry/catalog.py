"""Manifests and tags: they stand in the emulated ECR, where its API finds them as well."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException

from lab.aws import backends
from lab.registry.blobs import Blobs
from lab.registry.digests import digest as digest_of
from lab.registry.digests import is_digest
from lab.settings import Settings

if TYPE_CHECKING:
    from moto.ecr.models import Image, Repository


class Refused(Exception):  # noqa: N818  it is an answer
    """What a client is told; `code` is the specification's, `status` HTTP's."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Manifest:
    """An image's manifest, or the index of several, as it was pushed."""

    text: str
    media_type: str
    digest: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found


class Catalog:
    """Every method takes the backends' lock."""

    def __init__(self, settings: Settings, blobs: Blobs) -> None:
        self._settings = settings
        self._blobs = blobs

    def tags(self, name: str) -> list[str]:
        """Raises Refused."""
        with backends.LOCK:
            return sorted(tag for image in self._repository(name).images for tag in image.image_tags)

    def find(self, name: str, reference: str) -> Manifest:
        """The manifest with this tag or digest. Raises Refused."""
        with backends.LOCK:
            image = _find(self._repository(name), reference)
            if image is None:
                raise Refused(404, "MANIFEST_UNKNOWN", "Requested image not found")
            return Manifest(image.image_manifest, str(image.image_manifest_media_type), image.get_image_digest())

    def put(self, name: str, reference: str, text: bytes, media_type: str) -> str:
        """Store a manifest under a tag, or by its digest alone, unless it is there; its digest. Raises Refused."""
        digest = digest_of(text)
        if is_digest(reference) and reference != digest:
            raise Refused(400, "DIGEST_INVALID", f"the manifest is {digest}, not {reference}")
        tag = None if is_digest(reference) else reference
        with backends.LOCK:
            repository = self._repository(name)
            self._check_parts(repository, text)
            there = _find(repository, digest)
            if there and (tag is None or tag in there.image_tags):
                return digest
            if tag and _find(repository, tag) and repository.is_tag_immutable():
                raise Refused(
                    400,
                    "TAG_INVALID",
                    f"The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten "
                    "because the tag is immutable.",
                )
            try:
                backends.ecr(self._settings).put_image(name, text.decode(), tag, media_type, digest)
            except ServiceException as error:
                raise Refused(400, "MANIFEST_INVALID", error.message) from error
        return digest

    def _repository(self, name: str) -> "Repository":
        repository: Repository | None = backends.ecr(self._settings).repositories.get(name)
        if repository is None:
            raise Refused(
                404,
                "NAME_UNKNOWN",
                f"The repository with name '{name}' does not exist in the registry with id '{self._settings.account}'",
            )
        return repository

    def _check_parts(self, repository: "Repository", text: bytes) -> None:
        try:
            document = json.loads(text)
            blobs, manifests = list(_blobs(document)), [str(item["digest"]) for item in document.get("manifests", ())]
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Refused(400, "MANIFEST_INVALID", "the manifest is no image's and no index") from None
        missing = [digest for digest in blobs if self._blobs.path(digest) is None]
        missing += [digest for digest in manifests if _find(repository, digest) is None]
        if missing:
            raise Refused(400, "MANIFEST_BLOB_UNKNOWN", f"not pushed yet: {', '.join(missing)}")


def _blobs(document: dict[str, Any]) -> Iterator[str]:
    for item in [*filter(None, [document.get("config")]), *document.get("layers", ())]:
        yield str(item["digest"])


def _find(repository: "Repository", reference: str) -> "Image | None":
    by_digest = is_digest(reference)
    for image in repository.images:
        if image.get_image_digest() == reference if by_digest else reference in image.image_tags:
            return image
    return None
