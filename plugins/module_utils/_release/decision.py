# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a controller is told to do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._release.action import Action
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World


@dataclass(frozen=True)
class Decision:
    """Record `release` where it has changed, do `actions` in order, record `then`, wait `wait` seconds, ask again.

    The intent is recorded before a side effect, an end only after its last one: killed in between, all of it is done
    once more. `words` says what is waited for; `note` is worth an entry of the timeline.
    """

    release: Release
    actions: tuple[Action, ...] = ()
    wait: float = 0.0
    words: str = ""
    then: Release | None = None
    note: str = ""


@dataclass(frozen=True)
class Now:
    """All that a decision rests on besides the record."""

    world: World
    verdicts: Sequence[Verdict]
    at: float
