# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""From what a stopped task has left: did it work, and if not, what is the matter. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._connection_check.advice import CONNECTION, START, advice
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.script import MARK

LINES_SHOWN = 5
LINE_LENGTH = 300
URI = re.compile(r"mongodb(\+srv)?://[^\s'\"<>]*", re.IGNORECASE)
WITHHELD = "what it printed is kept back, as masking it takes secretsmanager:GetSecretValue"

Hide = Callable[[str], str]
"""Masks what may be secret in a line."""


@dataclass(frozen=True)
class Ended:
    """A stopped task: its container's exit code (None: it never ran), ECS's reason, its last lines of output."""

    exit_code: int | None
    reason: str
    lines: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.exit_code == 0


def told(lines: Iterable[str]) -> Mapping[str, Any] | None:
    """What the check's own script has printed; None where it has not."""
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and MARK in found:
            return found
    return None


def wrong(ended: Ended, hide: Hide | None) -> str:
    """What is the matter and what to try.

    The script's own line holds nothing secret. Other output may: `hide` masks it, and without it is not shown.
    """
    if ended.exit_code is None:
        words = f"the task could not start: {ended.reason or 'ECS gives no reason'}"
        return _sentences(words, advice(words, START))
    if found := told(ended.lines):
        words = f"{found.get('error')}: {str(found.get('words', '')).strip().rstrip('.')}"
        return _sentences(words, advice(f"{words} code {found.get('code')}", CONNECTION))
    words = f"the command ended with {ended.exit_code}"
    if ended.lines:
        words += f"; it said: {shown}" if (shown := _shown(ended.lines, hide)) else f"; {WITHHELD}"
    return _sentences(words, advice(words, CONNECTION))


def _sentences(words: str, what_to_try: str) -> str:
    return f"{words.rstrip('.')}. {what_to_try}".rstrip()


def _shown(lines: tuple[str, ...], hide: Hide | None) -> str:
    return " | ".join(cut(hide(line.strip())) for line in lines[-LINES_SHOWN:]) if hide else ""


def masked(text: str, pieces: Iterable[str]) -> str:
    """`text` without connection strings and without any of `pieces`."""
    for piece in sorted(pieces, key=len, reverse=True):
        text = text.replace(piece, "***")
    return URI.sub("mongodb://***", text)


def cut(text: str) -> str:
    return text if len(text) <= LINE_LENGTH else f"{text[: LINE_LENGTH - 1]}…"
