# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What mongodump and mongorestore write on stderr, in numbers. Pure.

They write for people, and the format is not documented: a line that is not understood is skipped, and nothing but the
final count of failures is relied on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

_BAR = re.compile(r"\[[#.]+\]\s+(\S.*?)\s+(\d+)/(\d+)\s+\(\d")
_DUMPED = re.compile(r"done dumping (\S.*) \((\d+) documents?\)")
_RESTORED = re.compile(r"finished restoring (\S.*) \((\d+) documents?, (\d+) failures?\)")
_TOTAL = re.compile(r"(\d+) document\(s\) restored successfully\. (\d+) document\(s\) failed to restore")

ADVICE = (
    (
        ("authentication failed", "auth error", "unable to authenticate"),
        "Check the user, the password and the authSource of its connection string",
    ),
    (
        ("not authorized", "(unauthorized)"),
        "Its user lacks a role: read on the source's databases, readWrite on the target's",
    ),
    (
        ("certificate", "x509", "tls:"),
        "Check the certificate authorities that its connection string names (tlsCAFile)",
    ),
    (
        ("server selection", "no reachable servers", "connection refused", "no such host", "i/o timeout"),
        "Check that this machine may reach it: Atlas needs this machine's address in its access list",
    ),
    (
        ("e11000", "duplicate key"),
        "Something else writes to the target. Stop it and run again",
    ),
    (
        ("no space left", "quota", "over your space"),
        "The target is full: give it more disk",
    ),
)
"""Words in what a tool writes (in lower case), and what to try."""


@dataclass(frozen=True)
class Transfer:
    """How far the copy of a database is, in documents."""

    running: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Of each namespace that is being dumped: how many, of how many."""
    dumped: Mapping[str, int] = field(default_factory=dict)
    restored: Mapping[str, int] = field(default_factory=dict)
    succeeded: int | None = None
    """mongorestore's own count at its end."""
    failed: int = 0

    @property
    def documents(self) -> int:
        """How many have been restored."""
        return sum(self.restored.values()) if self.succeeded is None else self.succeeded


def after(transfer: Transfer, line: str) -> Transfer:
    """The transfer as it is once `line`, of either tool, has been read."""
    if found := _BAR.search(line):
        name, done, total = found[1], int(found[2]), int(found[3])
        return replace(transfer, running={**transfer.running, name: (done, total)})
    if found := _DUMPED.search(line):
        running = {name: at for name, at in transfer.running.items() if name != found[1]}
        return replace(transfer, running=running, dumped={**transfer.dumped, found[1]: int(found[2])})
    if found := _RESTORED.search(line):
        return replace(transfer, restored={**transfer.restored, found[1]: int(found[2])})
    if found := _TOTAL.search(line):
        return replace(transfer, succeeded=int(found[1]), failed=int(found[2]))
    return transfer


def status(database: str, transfer: Transfer) -> str:
    """On one line, for people."""
    parts = [f"{database}: {len(transfer.restored)} collections restored, {transfer.documents:,} documents"]
    for name, (done, total) in transfer.running.items():
        share = f" ({100 * done / total:.0f} %)" if total else ""
        parts.append(f"{name.removeprefix(f'{database}.')} {done:,} of {total:,}{share}")
    return " · ".join(parts)


def short(transfer: Transfer) -> int:
    """How many documents were dumped but not restored, as far as both tools said; never less than the failures."""
    missing = sum(transfer.dumped.values()) - transfer.documents if transfer.succeeded is not None else 0
    return max(missing, transfer.failed, 0)


def at_fault(dump: int | None, restore: int | None, dump_lines: Sequence[str]) -> str:
    """Which of the two made the pipe fail, by their exit codes; None is one that was still running.

    The other one's failure is only a consequence: mongodump cannot write on (SIGPIPE, or its own words for it), or
    mongorestore's archive ends too early.
    """
    broken_pipe = dump == -13 or any("broken pipe" in line.lower() for line in dump_lines)
    if dump and not (broken_pipe and restore):
        return "mongodump"
    return "mongorestore"


def advice(lines: Sequence[str]) -> str:
    """What to try, from what a tool wrote last; "" where that says nothing."""
    text = "\n".join(lines).lower()
    return next((f" {words}." for signs, words in ADVICE if any(sign in text for sign in signs)), "")
