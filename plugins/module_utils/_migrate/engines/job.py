# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the engines that drive another program are given by the stages, and what they raise."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import MigrationError

Copied = Literal["", "begun", "copied"]
"""How far a database has come: not begun, begun, or copied."""


class EngineError(MigrationError):
    """A program that moves the data failed, or its answer was not understood."""


@dataclass(frozen=True)
class Job:
    """What is to be moved. `workdir` is a directory that only this user may read, such as the module's tmpdir."""

    source_uri: str = field(repr=False)
    target_uri: str = field(repr=False)
    databases: tuple[str, ...]
    workdir: Path


class Tell(Protocol):
    """Progress for people; _core.telling.Teller is one."""

    def line(self, text: str) -> None:
        """Something that has happened."""

    def status(self, text: str) -> None:
        """How things are now."""


class Ledger(Protocol):
    """What the migration's state knows of each database. It is asked and told around each copy."""

    def state(self, database: str) -> Copied:
        """How far the database has come."""
        ...

    def record(self, database: str, state: Copied) -> None:
        """Remember it where the next run, perhaps on another machine, finds it. Returns when it is safe there."""
