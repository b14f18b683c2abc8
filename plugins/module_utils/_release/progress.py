# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a controller tells while it works, for whoever watches. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Verdict


@dataclass(frozen=True)
class Event:
    """One entry of a release's timeline. `kind`:

    `phase` it came to another phase; `intent` a side effect is about to happen; `done` it has; `verdict` a gate's
    outcome has changed; `note` anything else worth keeping; `trouble` something went wrong and is tried again.
    """

    at: float
    kind: str
    words: str
    phase: str
    candidate_weight: int


@dataclass(frozen=True)
class Tick:
    """The state of things now, told about once a second; nothing of it is kept.

    `left`: seconds until the release can be through, if nothing is extended or paused. `step` counts from 1, 0 before
    the first shift.
    """

    at: float
    release: str
    phase: str
    stable: str
    candidate: str
    weight: int
    step: int
    steps: int
    left: float
    words: str
    verdicts: tuple[Verdict, ...] = ()
