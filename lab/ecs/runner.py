"""What runs a task: the interface that the lab's two runners have, and what their tasks have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lab.images import ContainerImage, Image

LOOPBACK, PORT = "127.0.0.1", "5000"
GUNICORN = "GUNICORN_CMD_ARGS"
"""Options that gunicorn reads by itself, as a shell would."""


@dataclass(frozen=True)
class TaskSpec:
    """One container of one task. `environment` holds secrets: never print it.

    `cpus` (vCPUs) and `memory` (MiB) are limits, None without one; `init` asks for a process 1 that reaps others.
    """

    id: str
    image: "Image | ContainerImage"
    address: str
    log: Path
    environment: Mapping[str, str] = field(repr=False, default_factory=dict)
    command: tuple[str, ...] = ()
    cpus: float | None = None
    memory: int | None = None
    init: bool = False


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


def task_environment(spec: TaskSpec) -> dict[str, str]:
    """The image's variables, then the task definition's, then what the lab must have its way in."""
    environment = {**spec.image.environment, **spec.environment}
    if given := spec.environment.get(GUNICORN, ""):
        # The later option wins, and the lab's is what brings faults in.
        environment[GUNICORN] = f"{given} {spec.image.environment.get(GUNICORN, '')}".strip()
    # The address always: an application left to itself would bind every one. The port is the definition's, or the entry
    # point's own: where that is not the port of the mapping, nobody reaches the task, as on AWS.
    environment["BIND"] = f"{spec.address or LOOPBACK}:{port_of(environment.get('BIND', '')) or PORT}"
    return environment


def port_of(bind: str) -> str:
    """The port of an address for gunicorn, such as `0.0.0.0:8080`; empty where it has none."""
    port = bind.rpartition(":")[2]
    return port if port.isascii() and port.isdigit() else ""
