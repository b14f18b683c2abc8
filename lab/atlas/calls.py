"""The log of calls to the lab's Atlas: a line of `atlas-calls.jsonl` each, without bodies and queries.

{"time", "ms", "method", "path", "operation", "status", "writes"}: when it came (seconds since the epoch), how long it
took, and the HTTP status (0 where there was no answer). A call that a fault has hit has "fault" with its mode, too.
"""

import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class Call:
    time: float
    method: str
    path: str
    operation: str = ""
    """"" for a path the API does not have."""
    writes: bool = False
    status: int = 0
    ms: float = 0.0
    fault: str = ""


class CallLog:
    """Several threads may write."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", buffering=1)
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        line = {name: value for name, value in asdict(call).items() if name != "fault" or value}
        with self._lock:
            self._file.write(json.dumps(line) + "\n")

    def close(self) -> None:
        self._file.close()
