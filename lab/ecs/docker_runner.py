"""LAB_RUNNER=docker: each task is a container on the host's network, bound to its own loopback address.

`docker run`, attached, is a process of the lab like any other: it writes the task's log and ends with its exit code.
The container itself is the engine's, so it is signalled and removed by its name, whatever became of that process.
"""

import errno
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lab.ca import certificate_file
from lab.ecs.runner import TaskSpec, task_environment
from lab.engine import Engine
from lab.fault_files import mounts
from lab.images import ContainerImage
from lab.process import Child
from lab.settings import Settings

PREFIX = "calstack-lab-"
USER = "10001:10001"
# What the engine's own command line reads, so that a task's value must not stand in its environment.
STEERING = re.compile(r"(PATH|HOME|TMPDIR|(DOCKER|BUILDKIT|CONTAINERS?|PODMAN|XDG)_.*)", re.ASCII)


class DockerRunner:
    """A container per task, read-only, without privileges, as a user that is nobody on this machine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = Engine(settings)

    def start(self, spec: TaskSpec) -> "DockerHandle":
        assert isinstance(spec.image, ContainerImage)  # the store gives each runner its own kind
        inherited, filed = split(task_environment(spec))
        arguments = [*options(spec, self._engine.labels), *self._mounts(), *environment_options(inherited, filed)]
        arguments += pull_options(self._engine.program)
        with tempfile.TemporaryFile(dir="/dev/shm") as file:
            file.write("".join(f"{name}={value}\n" for name, value in filed.items()).encode())
            file.seek(0)
            child = Child.start(
                self._settings,
                f"task {spec.id}",
                [self._engine.program, "run", *arguments, *command(spec, spec.image)],
                log=spec.log,
                environment={**os.environ, **inherited},
                stdin=file,
            )
        return DockerHandle(self._engine, child, container_name(spec.id))

    def _mounts(self) -> list[str]:
        """What the lab gives every task to read, where the task's variables say it is."""
        files = [*mounts(self._settings), certificate_file(self._settings)]
        return [f"--volume={path}:{path}:ro" for path in files]


class DockerHandle:
    def __init__(self, engine: Engine, child: Child, name: str) -> None:
        self._engine = engine
        self._child = child
        self._name = name
        self._told = True
        self._code: int | None = None

    def poll(self) -> int | None:
        """The code is 125 when the engine has refused, in words that are in the task's log."""
        if self._code is None:
            code = self._child.died()
            if code is not None:
                self._engine.remove(self._name)  # `docker run` may have been killed, and its container not
                self._code = code
            elif not self._told:
                self._tell()
        return self._code

    def terminate(self) -> None:
        """It may be on its way yet: then `poll` tells it."""
        self._told = False
        self._tell()

    def kill(self) -> None:
        self._child.kill()  # first, or it might yet start what is removed
        self._engine.remove(self._name)

    def _tell(self) -> None:
        self._told = self._engine.signal(self._name, "TERM")


def container_name(task: str) -> str:
    return f"{PREFIX}{task}"


def options(spec: TaskSpec, labels: Mapping[str, str]) -> list[str]:
    """The options of `docker run` but for mounts and environment."""
    words = ["--rm", "--quiet", f"--name={container_name(spec.id)}"]
    words += [f"--label={name}={value}" for name, value in labels.items()]
    words += ["--network=host", "--read-only", "--tmpfs=/tmp", f"--user={USER}"]
    words += ["--cap-drop=ALL", "--security-opt=no-new-privileges"]
    # The attached process writes the log; the engine would keep a second one, without limit.
    words.append("--log-driver=none")
    if spec.cpus:
        # An engine refuses more than there are.
        words.append(f"--cpus={min(spec.cpus, os.cpu_count() or 1):g}")
    if spec.memory:
        words.append(f"--memory={spec.memory}m")
    if spec.init:
        words.append("--init")
    return words


def pull_options(program: str) -> list[str]:
    """The lab's registry speaks HTTP: docker takes that from loopback addresses, podman has to be told."""
    return ["--tls-verify=false"] if Path(program).name.startswith("podman") else []


def split(environment: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What the container takes from the environment of `docker run`, and what from a file.

    Only the first way knows line breaks, and only the second leaves the engine's own variables alone. Raises OSError
    for a value that would need both.
    """
    filed = {name: value for name, value in environment.items() if STEERING.fullmatch(name)}
    for name, value in filed.items():
        if "\n" in value:
            raise OSError(errno.EINVAL, "line break in a variable that the container engine reads itself", name)
    return {name: value for name, value in environment.items() if name not in filed}, filed


def environment_options(inherited: Mapping[str, str], filed: Mapping[str, str]) -> list[str]:
    """Names only."""
    return [*(f"--env={name}" for name in sorted(inherited)), *(["--env-file=/dev/stdin"] if filed else [])]


def command(spec: TaskSpec, image: ContainerImage) -> list[str]:
    """The image and what to run in it; without a command, what the image says."""
    if not spec.command:
        return [image.reference]
    return [f"--entrypoint={spec.command[0]}", image.reference, *spec.command[1:]]
