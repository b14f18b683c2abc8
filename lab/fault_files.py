"""The fault of an image is a file under `settings.run`, which every task of that image looks at."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.runtime import gunicorn_faults
from lab.runtime.gunicorn_faults import Fault
from lab.settings import Settings


@dataclass(frozen=True)
class Faulted:
    """An image with a fault; `label` is how the user named the image."""

    digest: str
    label: str
    fault: Fault


def put(settings: Settings, digest: str, label: str, fault: Fault | None) -> None:
    """Make this the fault of the image; None makes it well."""
    path = _file(settings, digest)
    if fault is None:
        path.unlink(missing_ok=True)
        return
    _make_folder(settings)
    new = path.with_suffix(".new")
    new.write_text(json.dumps({**asdict(fault), "label": label}))
    new.chmod(0o644)
    new.replace(path)


def listed(settings: Settings) -> Iterator[Faulted]:
    for path in sorted(_folder(settings).glob("*.json")):
        text = path.read_text()
        yield Faulted(f"sha256:{path.stem}", json.loads(text)["label"], Fault.parse(text))


def task_environment(settings: Settings, digest: str) -> dict[str, str]:
    """What brings the faults into a task of the image: an environment that gunicorn reads by itself."""
    return {
        "GUNICORN_CMD_ARGS": shlex.join(["--config", gunicorn_faults.__file__]),
        gunicorn_faults.STATE_VARIABLE: str(_file(settings, digest)),
    }


def mounts(settings: Settings) -> list[Path]:
    """The folders that a container must have, at the same paths, for `task_environment` to hold."""
    _make_folder(settings)
    return [Path(gunicorn_faults.__file__).parent, _folder(settings)]


def _make_folder(settings: Settings) -> None:
    """Open to a container's user, who is nobody here; the lab's folder around it is closed to others."""
    _folder(settings).mkdir(parents=True, exist_ok=True)
    _folder(settings).chmod(0o755)


def _folder(settings: Settings) -> Path:
    return settings.run / "faults"


def _file(settings: Settings, digest: str) -> Path:
    return _folder(settings) / f"{digest.removeprefix('sha256:')}.json"
