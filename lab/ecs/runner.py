"""What runs a task: an interface, and the runner that plays each task by a process on its own loopback address."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lab.process import Child
from lab.settings import Settings

if TYPE_CHECKING:
    from lab.images import Image

LOOPBACK, PORT = "127.0.0.1", 5000
GUNICORN = "GUNICORN_CMD_ARGS"
"""Options that gunicorn reads by itself, as a shell would."""


@dataclass(frozen=True)
class TaskSpec:
    """One container of one task. `environment` holds secrets: never print it. `port` is None without a mapping."""

    id: str
    image: "Image"
    address: str
    port: int | None
    log: Path
    environment: Mapping[str, str] = field(repr=False, default_factory=dict)
    command: tuple[str, ...] = ()


class Handle(Protocol):
    """A task that was started."""

    def poll(self) -> int | None:
        """None while it runs, else its exit code; nothing of it is left then."""

    def terminate(self) -> None:
        """Ask it to end (SIGTERM)."""

    def kill(self) -> None:
        """End it and all it started, now."""


class Runner(Protocol):
    def start(self, spec: TaskSpec) -> Handle:
        """Start the task; raise OSError when its command cannot be run."""


class ProcessRunner:
    """A process per task, in a folder of its own that links the image's files."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def start(self, spec: TaskSpec) -> Handle:
        directory = self._settings.run / "tasks" / spec.id
        directory.mkdir(parents=True, mode=0o700)
        try:
            for entry in spec.image.directory.iterdir():
                (directory / entry.name).symlink_to(entry)
            child = Child.start(
                self._settings,
                f"task {spec.id}",
                spec.command or spec.image.command,
                log=spec.log,
                environment=container_environment(spec, directory),
                directory=directory,
            )
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        return ProcessHandle(child, directory)


class ProcessHandle:
    def __init__(self, child: Child, directory: Path) -> None:
        self._child = child
        self._directory = directory

    def poll(self) -> int | None:
        code = self._child.died()
        if code is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
        return code

    def terminate(self) -> None:
        self._child.terminate()

    def kill(self) -> None:
        self._child.kill()


def container_environment(spec: TaskSpec, directory: Path) -> dict[str, str]:
    """What the process sees: the image's variables, then the task definition's, then what the lab must have its way in.

    Nothing of the lab's own environment goes in.
    """
    environment = {
        "HOME": str(directory),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # The CPUs that a process sees are the whole lab's, not its own share.
        "WEB_CONCURRENCY": "1",
        **spec.image.environment,
        **spec.environment,
    }
    environment["PATH"] = os.pathsep.join([str(spec.image.python.parent), "/usr/local/bin", "/usr/bin", "/bin"])
    if given := spec.environment.get(GUNICORN, ""):
        # The later option wins, and the lab's is what brings faults in.
        environment[GUNICORN] = f"{given} {spec.image.environment.get(GUNICORN, '')}".strip()
    # Always: without a port mapping or awsvpc, an application left to itself would bind every address.
    environment["BIND"] = f"{spec.address or LOOPBACK}:{spec.port or PORT}"
    return environment
