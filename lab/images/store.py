"""Where the lab keeps images, and what a task definition's image reference means."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from lab import fault_files
from lab.images import container
from lab.images.image import ContainerImage, Image, ImageNotFound
from lab.images.reference import Reference
from lab.registry.catalog import Catalog, Refused
from lab.registry.part import blobs_of
from lab.settings import Settings


def environments_folder(settings: Settings) -> Path:
    return settings.cache / "environments"


def image_folder(settings: Settings, digest: str) -> Path:
    return settings.cache / "images" / digest.removeprefix("sha256:")


def save(folder: Path, environment_key: str, environment: Mapping[str, str]) -> None:
    """Write down, beside an image's files, what else it takes to run them."""
    (folder / "image.json").write_text(json.dumps({"packages": environment_key, "environment": dict(environment)}))


def load(settings: Settings, repository: str, digest: str) -> Image | None:
    """The image as it stands in the cache; None when it or its packages are not there."""
    folder = image_folder(settings, digest)
    try:
        found = json.loads((folder / "image.json").read_text())
    except FileNotFoundError:
        return None
    python = environments_folder(settings) / found["packages"] / "venv/bin/python"
    if not python.exists():
        return None
    return Image(
        repository=repository,
        digest=digest,
        directory=folder / "app",
        python=python,
        environment={**found["environment"], **fault_files.task_environment(settings, digest)},
        command=(str(python), str(folder / "deploy" / "entrypoint.py")),
    )


class ImageStore:
    """Resolves image references inside the lab's process."""

    def __init__(self, settings: Settings, lookup: Callable[[Settings, Reference], str | None] | None = None) -> None:
        self._settings = settings
        self._lookup = lookup or registered_digest

    def resolve(self, reference: str) -> Image | ContainerImage:
        """What `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG`, or `…@DIGEST`, means now. Raises ImageNotFound."""
        try:
            parsed = Reference.parse(reference)
        except ValueError as error:
            raise ImageNotFound(f"invalid reference format: {reference}") from error
        home = (self._settings.account, self._settings.region)
        if parsed.account and (parsed.account, parsed.region) != home:
            raise ImageNotFound(f"failed to resolve ref {reference}: the lab is account {home[0]} in {home[1]}")
        digest = self._lookup(self._settings, parsed)
        if digest is None:
            # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
            raise ImageNotFound(
                "pull image manifest has been retried 1 time(s): "
                f"failed to resolve ref {reference}: {reference}: not found"
            )
        containers = self._settings.containers
        image = (container.find if containers else load)(self._settings, parsed.repository, digest)
        if image is None:
            where = "layers are not in the lab's registry" if containers else "files are not in the lab's cache"
            raise ImageNotFound(
                f"{reference} is registered, but its {where}:"
                f" build it again with `LAB_RUNNER={self._settings.runner} python -m lab image`"
            )
        return image


def registered_digest(settings: Settings, reference: Reference) -> str | None:
    """What the registry in this process knows the reference as; None when it does not know it."""
    catalog = Catalog(settings, blobs_of(settings))
    try:
        return catalog.find(reference.repository, reference.digest or str(reference.tag)).digest
    except Refused:
        return None
