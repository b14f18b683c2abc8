"""`lab image NAME:TAG --source DIR`: from a folder to an image in the registry."""

import platform
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from lab.images import cache, container, environment, files, manifest, store
from lab.images.reference import parse_name_tag
from lab.images.registry import Registry
from lab.part import LabError
from lab.settings import CHECKOUT, Settings

DOCKER = CHECKOUT / "docker"
RUNTIME = ("entrypoint.py", "gunicorn_json_log.py")
"""What docker/Dockerfile puts into /deploy for a running application."""
COMMAND = ("python", "/deploy/entrypoint.py")


def build_and_push(
    settings: Settings,
    name_tag: str,
    source: Path,
    *,
    progress: Callable[[str], None] = print,
    registry: Registry | None = None,
) -> store.Image | store.ContainerImage:
    """Build the image of `source` and register it as `name_tag`; its APP_VERSION is the tag.

    The same contents under the same tag are the same digest: then nothing is built, installed or downloaded.
    Raises LabError.
    """
    repository, tag = parse_name_tag(name_tag)
    registry = registry or Registry(settings)
    registry.repository(repository)  # a lab that is down is found out before the work
    application = _application(source, progress)
    build_image = container.build if settings.containers else build
    image, built = build_image(settings, repository, {"APP_VERSION": tag}, source, application, progress)
    pushed = registry.push(repository, tag, built)
    progress(f"{name_tag}: {'pushed' if pushed else 'already pushed'}, {image.digest}")
    return image


def build(
    settings: Settings,
    repository: str,
    variables: dict[str, str],
    source: Path,
    application: tuple[files.File, ...],
    progress: Callable[[str], None] = print,
) -> tuple[store.Image, manifest.Manifest]:
    """The image in the cache, made where it is not there yet. Raises LabError."""
    requirements = environment.read_requirements(source)
    runtime = [files.describe(DOCKER / name, PurePosixPath(name)) for name in RUNTIME]
    layers = (requirements.layer, files.layer(application), files.layer(runtime))
    made = manifest.make(layers, variables, COMMAND, platform.machine())
    environment.prepare(source, requirements, store.environments_folder(settings), progress)

    def fill(partial: Path, _lock: int) -> None:
        files.copy(source, application, partial / "app")
        if files.scan(partial / "app").files != application:
            raise LabError(f"{source} changed while it was copied: build again")
        files.copy(DOCKER, runtime, partial / "deploy")
        store.save(partial, requirements.key, variables)

    progress(f"files: {len(application)}, {sum(file.size for file in application) / 1024:.0f} KiB")
    cache.make_once(store.image_folder(settings, made.digest), fill, lambda path: (path / "image.json").exists())
    image = store.load(settings, repository, made.digest)
    if not isinstance(image, store.Image):
        raise LabError(f"the cache in {settings.cache} lost what was just built: is something else clearing it?")
    return image, made


def _application(source: Path, progress: Callable[[str], None]) -> tuple[files.File, ...]:
    if missing := [name for name in ("app.py", "requirements.txt") if not (source / name).is_file()]:
        raise LabError(f"{source} has no {' and no '.join(missing)}: an image is made of a folder with both")
    listing = files.scan(source)
    if listing.secrets:
        progress(f"left out, because secrets do not travel in images: {', '.join(map(str, listing.secrets))}")
    return listing.files
