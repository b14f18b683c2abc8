"""LAB_RUNNER=docker: an engine builds and pushes the image that production has, by the script that builds that."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from lab import fault_files
from lab.engine import Engine
from lab.images import manifest
from lab.images.image import ContainerImage, ImageNotFound
from lab.part import LabError
from lab.registry.api import USER
from lab.registry.catalog import Catalog, Refused
from lab.registry.part import blobs_of
from lab.settings import CHECKOUT, Settings

SCRIPT = CHECKOUT / "scripts" / "build-image"
"""SCRIPT DIR NAME:TAG OPTION…: builds by docker/Dockerfile; PYTHON_IMAGE and others of the shell are its settings."""
TAIL = 20


def build_and_push(settings: Settings, engine: Engine, name_tag: str, source: Path, password: str) -> None:
    """Build `source` and push it. What did not change comes from the engine's cache. Raises LabError."""
    engine.call("login", "--username", USER, "--password-stdin", settings.registry, given=password)
    try:
        # The host's network, as the tasks have it: a package index on loopback is to be reached.
        done = subprocess.run(
            [SCRIPT, source, f"{settings.registry}/{name_tag}", "--push", "--network", "host"],
            env={**os.environ, "DOCKER": engine.program},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    finally:
        engine.call("logout", settings.registry)
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-TAIL:])
        raise LabError(f"the image of {source} could not be built and pushed:\n{tail}")


def find(settings: Settings, repository: str, digest: str) -> ContainerImage | None:
    """The image in the lab's registry; None when no engine has pushed its layers. Raises ImageNotFound.

    For the lab's own process.
    """
    blobs = blobs_of(settings)
    catalog = Catalog(settings, blobs)
    try:
        found = catalog.find(repository, digest).document
        if "manifests" in found:
            found = catalog.find(repository, _for_this_machine(found["manifests"])).document
    except Refused as refused:
        raise ImageNotFound(str(refused)) from refused
    described = blobs.document(found["config"]["digest"])
    if described is None:
        return None
    config: dict[str, Any] = described.get("config") or {}
    command, arguments = (tuple(config.get(name) or ()) for name in ("Entrypoint", "Cmd"))
    host, port = settings.pull_address
    return ContainerImage(
        repository=repository,
        digest=digest,
        reference=f"{host}:{port}/{repository}@{digest}",
        environment=fault_files.task_environment(settings, digest),
        command=command,
        arguments=arguments,
    )


def _for_this_machine(manifests: list[dict[str, Any]]) -> str:
    """The digest of the image for this machine's processor, as an engine would choose it."""
    wanted = ("linux", manifest.architecture(platform.machine()))
    for item in manifests:
        offered = item.get("platform") or {}
        if (offered.get("os"), offered.get("architecture")) == wanted:
            return str(item["digest"])
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
    raise ImageNotFound(
        "pull image manifest has been retried 1 time(s): "
        f"image Manifest does not contain descriptor matching platform '{'/'.join(wanted)}'"
    )
