"""`lab logs [PART|TASK] [-f]`: the logs of the lab, of a part or of a task."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from lab.part import LabError
from lab.settings import Settings

TAIL_BYTES = 16 * 1024
POLL = 0.2


def logs(
    settings: Settings,
    name: str | None,
    *,
    follow: bool,
    output: BinaryIO | None = None,
    going_on: Callable[[], bool] = lambda: True,
) -> int:
    """Write the end of the log to `output`; with `follow`, what is added to it, too, until interrupted."""
    output = output or sys.stdout.buffer
    path = find(settings, name)
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        if file.tell():
            file.readline()  # half a line
        try:
            while True:
                output.write(file.read())
                output.flush()
                if not follow or not going_on():
                    return 0
                time.sleep(POLL)
        except KeyboardInterrupt:
            return 0


def find(settings: Settings, name: str | None) -> Path:
    """The log of a part (`lab` by default) or of a task, named by the start of its id. Raises LabError."""
    known = {path.stem: path for path in sorted(settings.logs.glob("*.*"))}
    if (name or "lab") in known:
        return known[name or "lab"]
    tasks = sorted((settings.logs / "tasks").glob(f"{name}*.log")) if name else []
    if len(tasks) == 1:
        return tasks[0]
    if tasks:
        raise LabError(f"{name} may be any of {', '.join(path.stem for path in tasks)}")
    raise LabError(f"there is no log {name or 'lab'}: there are {', '.join(known) or 'none'}, and tasks by their ids")
