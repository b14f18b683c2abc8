"""LAB_RUNNER=process: each task is a process on its own loopback address."""

import os
import shutil
from pathlib import Path

from lab.ecs.runner import TaskSpec, task_environment
from lab.images import Image
from lab.process import Child
from lab.settings import Settings


class ProcessRunner:
    """A process per task, in a folder of its own that links the image's files."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def start(self, spec: TaskSpec) -> "ProcessHandle":
        assert isinstance(spec.image, Image)  # the store gives each runner its own kind
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
                environment=process_environment(spec, spec.image, directory),
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


def process_environment(spec: TaskSpec, image: Image, directory: Path) -> dict[str, str]:
    """What the process sees; nothing of the lab's own environment goes in."""
    return {
        "HOME": str(directory),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # The CPUs that a process sees are the whole lab's, not its own share.
        "WEB_CONCURRENCY": "1",
        **task_environment(spec),
        "PATH": os.pathsep.join([str(image.python.parent), "/usr/local/bin", "/usr/bin", "/bin"]),
    }
