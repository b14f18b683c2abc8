"""`lab image NAME:TAG --source DIR`: from a folder to an image in the registry."""

import platform
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from lab.engine import Engine
from lab.images import cache, container, environment, files, manifest, store
from lab.images.reference import Reference, parse_name_tag
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
) -> str:
    """Build the image of `source` and register it as `name_tag`, its APP_VERSION is the tag; the image's digest.

    The same contents under the same tag are the same digest: then nothing is installed or downloaded.
    Raises LabError.
    """
    repository, tag = parse_name_tag(name_tag)
    registry = registry or Registry(settings)
    registry.repository(repository)  # a lab that is down is found out before the work
    application = _application(source, progress)
    there = registry.find(Reference(repository, tag))
    if settings.containers:
        engine = Engine(settings)
        engine.check()
        progress(f"files: {len(application)}; {settings.engine} builds them, or takes what it has built")
        registry.create(repository)
        container.build_and_push(settings, engine, name_tag, source, registry.password())
        digest = registry.find(Reference(repository, tag))
        if digest is None:
            raise LabError(f"{settings.engine} has pushed {name_tag}, but the lab's registry does not have it")
    else:
        made = build(settings, {"APP_VERSION": tag}, source, application, progress)
        registry.put(repository, tag, made)
        digest = made.digest
    progress(f"{name_tag}: {'already pushed' if digest == there else 'pushed'}, {digest}")
    return digest


def build(
    settings: Settings,
    variables: dict[str, str],
    source: Path,
    application: tuple[files.File, ...],
    progress: Callable[[str], None] = print,
) -> manifest.Manifest:
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
    return made


def _application(source: Path, progress: Callable[[str], None]) -> tuple[files.File, ...]:
    if missing := [name for name in ("app.py", "requirements.txt") if not (source / name).is_file()]:
        raise LabError(f"{source} has no {' and no '.join(missing)}: an image is made of a folder with both")
    listing = files.scan(source)
    if listing.secrets:
        progress(f"left out, because secrets do not travel in images: {', '.join(map(str, listing.secrets))}")
    return listing.files
