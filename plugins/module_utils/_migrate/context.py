# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What every stage is given, and what it gives back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Namespace
from ansible_collections.calstack.aws.plugins.module_utils._migrate.patience import Patience
from ansible_collections.calstack.aws.plugins.module_utils._migrate.progress import Teller
from ansible_collections.calstack.aws.plugins.module_utils._migrate.server import Endpoint, Server, connect
from ansible_collections.calstack.aws.plugins.module_utils._migrate.state import State, Store


@dataclass(frozen=True)
class Settings:
    """What the user asked for. `freeze` is manual or block_writes; the times are in seconds, sizes in bytes."""

    migration: str
    databases: tuple[str, ...]
    engine: str = "builtin"
    freeze: str = "manual"
    lag_seconds: float = 5.0
    quiet_seconds: float = 10.0
    collections_at_once: int = 1
    target_free_bytes: int | None = None
    allow_older_target: bool = False
    forget: bool = False
    report_dir: str = ""
    tools_dir: str = ""
    tools_url: str = ""
    tools_sha256: str = ""
    mongosync_port: int = 27182
    workdir: Path = Path()

    @property
    def follows(self) -> bool:
        """Whether the engine goes on with what is written after it has copied."""
        return self.engine != "mongodump"

    @property
    def repeats(self) -> bool:
        """Whether it is this process that repeats on the target what is written to the source."""
        return self.engine == "builtin"


@dataclass(frozen=True)
class Outcome:
    """`summary` is a line for people; `facts` are the module's further results."""

    changed: bool
    summary: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Context:
    """The two sides, connected when first needed, the state and the teller."""

    def __init__(
        self,
        settings: Settings,
        source: Endpoint,
        target: Endpoint,
        tell: Teller,
        clock: Callable[[], float] = time.monotonic,
        patience: Patience | None = None,
    ) -> None:
        self.settings = settings
        self.endpoints = {"source": source, "target": target}
        self.tell = tell
        self.clock = clock
        self.patience = patience or Patience()
        self._open: list[Server] = []

    @cached_property
    def source(self) -> Server:
        return self._connect("source")

    @cached_property
    def target(self) -> Server:
        return self._connect("target")

    @cached_property
    def store(self) -> Store:
        return Store(self.target, self.settings.migration)

    @property
    def state(self) -> State:
        """The state as it is stored now."""
        return self.store.read() or State(self.settings.migration)

    def save_position(self, aside: Callable[[], Any]) -> Callable[[Mapping[str, Any], int], None]:
        """Stores how far the source was followed, and the keys put aside."""
        applied = self.state.applied

        def save(position: Mapping[str, Any], operations: int) -> None:
            nonlocal applied
            applied += operations
            self.store.save(position=position, aside=stored(aside()), applied=applied)

        return save

    def close(self) -> None:
        for server in self._open:
            server.close()

    def _connect(self, side: str) -> Server:
        server = connect(self.endpoints[side])
        self._open.append(server)
        return server


def stored(aside: Any) -> list[dict[str, Any]]:
    """Keys as the state keeps them."""
    return [{"namespace": namespace, "key": key} for namespace, key in aside]


def names(found: Any) -> list[Namespace]:
    """The namespaces of collections."""
    return [each.namespace for each in found]
