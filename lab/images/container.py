"""LAB_RUNNER=docker: the engine builds the image that production has, by docker/Dockerfile."""

import platform
import tempfile
from collections.abc import Callable
from pathlib import Path

from lab.engine import Engine
from lab.images import cache, files, manifest, store
from lab.part import LabError
from lab.settings import CHECKOUT, Settings

DOCKERFILE = CHECKOUT / "docker" / "Dockerfile"
PYTHON_IMAGE = "PYTHON_IMAGE"
"""The build argument, and the variable of the shell, that names the base image."""


def build(
    settings: Settings,
    repository: str,
    variables: dict[str, str],
    source: Path,
    application: tuple[files.File, ...],
    progress: Callable[[str], None] = print,
) -> tuple[store.ContainerImage, manifest.Manifest]:
    """The image in the engine. What did not change comes from the engine's cache. Raises LabError.

    The registry's digest is over the engine's id and `variables`, which come on top when a task is started: so each
    version has a digest of its own, though only one image is built.
    """
    engine = Engine(settings)
    engine.check()
    progress(f"building {repository} with {settings.engine}")
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder, "context")
        # A copy, so that neither secrets nor litter get to the engine, whatever it makes of ignore files.
        files.copy(source, application, context)
        key = _run(engine, context, f"calstack-lab/{repository}:{variables['APP_VERSION']}", Path(folder, "id"))
    there = engine.image(key)
    if there is None:
        raise LabError(f"{settings.engine} has no image {key}, which it has just built: is something removing images?")
    layer = manifest.Layer(there["Id"], int(there["Size"]))
    command = [*(there["Config"].get("Entrypoint") or ()), *(there["Config"].get("Cmd") or ())]
    made = manifest.make((layer,), variables, command, platform.machine())

    def fill(partial: Path, _lock: int) -> None:
        store.save_container(partial, there["Id"], variables)

    cache.make_once(store.image_folder(settings, made.digest), fill, lambda path: (path / "image.json").exists())
    image = store.load(settings, repository, made.digest)
    if not isinstance(image, store.ContainerImage):
        raise LabError(f"the cache in {settings.cache} lost what was just built: is something else clearing it?")
    return image, made


def _run(engine: Engine, context: Path, tag: str, written: Path) -> str:
    """The built image's id. The tag keeps it from the engine's `image prune`."""
    command = ["build", "--file", str(DOCKERFILE), "--tag", tag, "--iidfile", str(written), "--network", "host"]
    command += ["--build-arg", PYTHON_IMAGE, str(context)]  # without a value: the shell's, if it has one
    engine.call(*command, patience=None, environment={"DOCKER_BUILDKIT": "1"})
    return written.read_text().strip()
