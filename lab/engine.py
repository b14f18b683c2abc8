"""The container engine of LAB_RUNNER=docker: docker, or another whose command line is docker's, asked through it.

Every container of a lab bears its folder as a label, by which what a crash has left is found; no other is touched.
"""

import shutil
import subprocess
import time

from lab.part import LabError
from lab.settings import Settings

PATIENCE = 20.0
POLL = 0.1
HOME_LABEL, NETWORK_LABEL = "calstack.lab.home", "calstack.lab.network"
GONE = (
    *("no such container", "is not running", "no such object", "no such image", "already in progress"),
    *("image not known", "can only kill running containers"),  # podman
)
"""What engines say of what is not there, or no more, or is being removed."""


class EngineError(LabError):
    """The engine does not answer, or refuses; the message has its words."""


class Engine:
    """The engine as the lab of `settings` uses it. Every method raises EngineError."""

    def __init__(self, settings: Settings, program: str = "") -> None:
        self._settings = settings
        self._program = program or settings.engine

    @property
    def program(self) -> str:
        """The path of its command line."""
        path = shutil.which(self._program)
        if path is None:
            raise EngineError(f"there is no program {self._program}")
        return path

    @property
    def labels(self) -> dict[str, str]:
        return {HOME_LABEL: str(self._settings.home), NETWORK_LABEL: self._settings.network}

    def check(self) -> None:
        """Raise EngineError, which says how to mend it, unless containers can be run."""
        try:
            self.call("ps", "--quiet")
        except EngineError as error:
            raise EngineError(
                f"LAB_RUNNER=docker needs a container engine, and none answers ({error}). "
                "Start it (Docker: `sudo systemctl start docker`, with your user in the group `docker`), name another "
                "by LAB_ENGINE (podman, or a path), or leave LAB_RUNNER out: tasks are then processes"
            ) from error

    def signal(self, name: str, signal: str) -> bool:
        """Send a signal to a container's first process; False when it does not run (yet, or any more)."""
        try:
            self.call("kill", "--signal", signal, name)
        except EngineError as error:
            if is_gone(str(error)):
                return False
            raise
        return True

    def remove(self, *names: str) -> None:
        """End containers, if there are such, and wait until nothing of them is left."""
        try:
            self.call("rm", "--force", *names)
        except EngineError as error:
            if not is_gone(str(error)):
                raise

    def own(self) -> dict[str, str]:
        """This lab's containers, running or not: name to id."""
        rows = self.call(
            "ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Names}}",
            "--filter", f"label={HOME_LABEL}={self._settings.home}",
        )  # fmt: skip
        return {name: key for key, _, name in (row.partition(" ") for row in rows.splitlines())}

    def forget_images(self) -> None:
        """Take this lab's names from the images it has pushed and pulled; what builds have cached stays."""
        rows = self.call("image", "ls", "--digests", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}").splitlines()
        own = [row.split() for row in rows if row.startswith(f"{self._settings.registry_address[0]}:")]
        if own:
            names = [f"{name}@{digest}" if tag == "<none>" else f"{name}:{tag}" for name, tag, digest in own]
            self.call("image", "rm", "--force", *names)

    def call(self, *arguments: str, patience: float = PATIENCE, given: str = "") -> str:
        """What the command prints; `patience` in seconds, `given` is its standard input."""
        try:
            done = subprocess.run(
                [self.program, *arguments],
                input=given,
                capture_output=True,
                text=True,
                timeout=patience,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise EngineError(f"`{self._program} {arguments[0]}` has not answered within {patience:g} s") from None
        except OSError as error:
            raise EngineError(f"{self._program} cannot be run: {error.strerror}") from error
        if done.returncode:
            raise EngineError(done.stderr.strip() or f"`{self._program} {arguments[0]}` ended with {done.returncode}")
        return done.stdout


def is_gone(words: str) -> bool:
    return any(sign in words.lower() for sign in GONE)


def remember(settings: Settings) -> None:
    """Write down, for as long as the lab may have containers, which engine has them."""
    settings.run.mkdir(parents=True, exist_ok=True, mode=0o700)
    (settings.run / "engine").write_text(settings.engine)


def sweep(settings: Settings) -> list[str]:
    """Remove every container with this lab's label, and its images' names; the containers' names. Raises EngineError.

    The engine is the one that the lab was started with, whatever LAB_RUNNER says now.
    """
    try:
        program = (settings.run / "engine").read_text()
    except FileNotFoundError:
        if not settings.containers:
            return []
        program = settings.engine
    engine = Engine(settings, program)
    try:
        left = sorted(engine.own())
        _remove_all(engine)
        engine.forget_images()
    except EngineError as error:
        raise EngineError(
            f"containers of this lab may be left: {error}. See to the engine, and say `python -m lab down` again"
        ) from error
    return left


def _remove_all(engine: Engine) -> None:
    deadline = time.monotonic() + PATIENCE
    while names := engine.own():
        if time.monotonic() > deadline:
            raise EngineError(f"{', '.join(names)} cannot be removed")
        engine.remove(*names.values())
        time.sleep(POLL)
