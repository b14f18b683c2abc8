"""Where the lab keeps images, and what a task definition's image reference means."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab import fault_files
from lab.aws import backends
from lab.engine import Engine
from lab.images.reference import Reference
from lab.settings import Settings

if TYPE_CHECKING:
    from moto.ecr.models import Repository


class ImageNotFound(Exception):  # noqa: N818  as in ECR's ImageNotFoundException
    """The image cannot be pulled; the message says why, in the words that follow CannotPullContainerError."""


@dataclass(frozen=True)
class Image:
    """What a task needs to run an image.

    `directory` holds the application's files, read-only; `python` is the interpreter with its packages;
    `environment` is the image's ENV, and what the lab adds so that faults reach the task; `command` is a whole argv,
    to be run in a directory that shows the application's files.
    """

    repository: str
    digest: str
    directory: Path
    python: Path
    environment: Mapping[str, str]
    command: tuple[str, ...]
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContainerImage:
    """The same for a container engine: `id` is the engine's, `command` its entry point, `arguments` its command.

    `environment` is only what comes on top of the image's own ENV.
    """

    repository: str
    digest: str
    id: str
    environment: Mapping[str, str]
    command: tuple[str, ...]
    arguments: tuple[str, ...] = ()


def environments_folder(settings: Settings) -> Path:
    return settings.cache / "environments"


def image_folder(settings: Settings, digest: str) -> Path:
    return settings.cache / "images" / digest.removeprefix("sha256:")


def save(folder: Path, environment_key: str, environment: Mapping[str, str]) -> None:
    """Write down, beside an image's files, what else it takes to run them."""
    (folder / "image.json").write_text(json.dumps({"packages": environment_key, "environment": dict(environment)}))


def save_container(folder: Path, key: str, environment: Mapping[str, str]) -> None:
    """The same for an image that a container engine holds under this id."""
    (folder / "image.json").write_text(json.dumps({"container": key, "environment": dict(environment)}))


def load(settings: Settings, repository: str, digest: str) -> Image | ContainerImage | None:
    """The image as it stands in the cache or in the engine; None when it or its packages are not there.

    Raises EngineError.
    """
    folder = image_folder(settings, digest)
    try:
        found = json.loads((folder / "image.json").read_text())
    except FileNotFoundError:
        return None
    environment = {**found["environment"], **fault_files.task_environment(settings, digest)}
    if key := found.get("container"):
        return _container_image(settings, repository, digest, key, environment)
    python = environments_folder(settings) / found["packages"] / "venv/bin/python"
    if not python.exists():
        return None
    return Image(
        repository=repository,
        digest=digest,
        directory=folder / "app",
        python=python,
        environment=environment,
        command=(str(python), str(folder / "deploy" / "entrypoint.py")),
    )


def _container_image(
    settings: Settings, repository: str, digest: str, key: str, environment: Mapping[str, str]
) -> ContainerImage | None:
    there = Engine(settings).image(key)
    if there is None:
        return None
    command, arguments = (tuple(there["Config"].get(name) or ()) for name in ("Entrypoint", "Cmd"))
    return ContainerImage(repository, digest, key, environment, command, arguments)


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
        image = load(self._settings, parsed.repository, digest)
        if image is None:
            raise ImageNotFound(
                f"{reference} is registered, but its files are not in the lab's cache:"
                " build it again with `python -m lab image`"
            )
        if isinstance(image, ContainerImage) != self._settings.containers:
            raise ImageNotFound(
                f"{reference} was built for the lab's other runner:"
                f" build it again with `LAB_RUNNER={self._settings.runner} python -m lab image`"
            )
        return image


def registered_digest(settings: Settings, reference: Reference) -> str | None:
    """What the registry in this process knows the reference as; None when it does not know it."""
    with backends.LOCK:
        repository: Repository | None = backends.ecr(settings).repositories.get(reference.repository)
        for image in repository.images if repository else ():
            digest: str = image.get_image_digest()
            if digest == reference.digest if reference.digest else reference.tag in image.image_tags:
                return digest
    return None
