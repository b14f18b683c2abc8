"""LAB_RUNNER=docker: the engine builds the image that production has, by the script that builds production's."""

import os
import platform
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from lab.engine import Engine
from lab.images import cache, files, manifest, store
from lab.part import LabError
from lab.settings import CHECKOUT, Settings

SCRIPT = CHECKOUT / "scripts" / "build-image"
"""SCRIPT DIR NAME:TAG OPTION…: builds by docker/Dockerfile; PYTHON_IMAGE and others of the shell are its settings."""
TAIL = 20


def build(
    settings: Settings,
    repository: str,
    variables: dict[str, str],
    source: Path,
    application: tuple[files.File, ...],
    progress: Callable[[str], None] = print,
) -> tuple[store.ContainerImage, manifest.Manifest]:
    """The image in the engine. What did not change comes from the engine's cache. Raises LabError.

    The registry's digest is over the engine's id, and over `variables`, which a task gets on top of the image's own.
    """
    engine = Engine(settings)
    engine.check()
    progress(f"files: {len(application)}; {settings.engine} builds them, or takes what it has built")
    key = _run(engine, source, f"calstack-lab/{repository}:{variables['APP_VERSION']}")
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


def _run(engine: Engine, source: Path, tag: str) -> str:
    """The built image's id. The tag keeps it from the engine's `image prune`."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, "id")
        # The host's network, as the tasks have it: a package index on loopback is to be reached.
        done = subprocess.run(
            [SCRIPT, source, tag, "--iidfile", written, "--network", "host"],
            env={**os.environ, "DOCKER": engine.program},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            tail = "\n".join(done.stdout.strip().splitlines()[-TAIL:])
            raise LabError(f"the image of {source} could not be built:\n{tail}")
        return written.read_text().strip()
