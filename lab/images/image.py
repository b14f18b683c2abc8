"""What a task needs to run an image, in either runner."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class ImageNotFound(Exception):  # noqa: N818  as in ECR's ImageNotFoundException
    """The image cannot be pulled; the message says why, in the words that follow CannotPullContainerError."""


@dataclass(frozen=True)
class Image:
    """For a process.

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
    """For a container engine, which pulls `reference`; `command` is the image's entry point, `arguments` its command.

    `environment` is only what comes on top of the image's own ENV.
    """

    repository: str
    digest: str
    reference: str
    environment: Mapping[str, str]
    command: tuple[str, ...]
    arguments: tuple[str, ...] = ()
