# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Small words that progress lines and reports share: bars, verdicts, what to do next. Pure."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import cast

from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import log_group_name
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Outcome, Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release

BAR = 10
PLAYBOOKS = "calstack.aws"
_VERDICT = re.compile(r"(?P<gate>.+?): (?P<outcome>pass|fail|inconclusive)(?:, (?P<words>.*))?", re.DOTALL)


@dataclass(frozen=True)
class Advice:
    """What to do next, and the command for it; `command` is empty where there is none."""

    words: str
    command: str = ""


def bar(weight: int, length: int = BAR) -> str:
    """A weight in per cent; a little is never shown as nothing, nor almost all as all."""
    full = round(weight * length / 100)
    if 0 < weight < 100:
        full = min(max(full, 1), length - 1)
    return "█" * full + "░" * (length - full)


def verdict_words(verdict: Verdict) -> str:
    """What an Event of kind `verdict` says."""
    return f"{verdict.gate}: {verdict.outcome}" + (f", {verdict.words}" if verdict.words else "")


def parse_verdict(words: str) -> Verdict | None:
    """The verdict that `verdict_words` put in words; None for other words."""
    match = _VERDICT.fullmatch(words)
    if not match:
        return None
    return Verdict(match["gate"], cast(Outcome, match["outcome"]), match["words"] or "")


def rollback_seconds(release: Release) -> float | None:
    """From the verdict to nothing on the candidate, as measured; None where there was no rollback."""
    if not release.verdict_at or release.restored_at < release.verdict_at:
        return None
    return release.restored_at - release.verdict_at


def advice(release: Release, inventory: str) -> tuple[Advice, ...]:
    """What to do next. `inventory` as `-i` takes it, for example `inventories/prod`.

    Playbooks go by their names in the collection: those are found in a checkout and where the collection is installed.
    """

    def play(name: str, more: str = "") -> str:
        return f"ansible-playbook {PLAYBOOKS}.{name} -i {inventory}{more}"

    shown = play("status", f" -e release_show={release.id}")
    match release.phase:
        case Phase.PROMOTED:
            # A second rollback is no step further back: it has to be told where to.
            to = f" -e release_to={release.previous}" if release.kind == "rollback" and release.previous else ""
            return (Advice(f"To go back to {release.stable}", f"{play('rollback')}{to}"),)
        case Phase.ROLLED_BACK:
            return (
                Advice("To see each gate's numbers", shown),
                Advice(
                    "To read what its tasks said",
                    f"aws logs tail {log_group_name(release.stack)} --since {_since(release)}",
                ),
                Advice("To release a mended image", play("release", " -e release_image=IMAGE")),
            )
        case Phase.PAUSED:
            return (Advice("To go on", play("promote")), Advice("To go back", play("rollback")))
        case Phase.ROLLBACK_FAILED:
            return (
                Advice("To see who serves users now, and what was tried", shown),
                Advice("To try the rollback again", play("rollback")),
            )
    return (
        Advice("To see how far it is", shown),
        Advice("To go on from here", play("release", f" -e release_image={release.image or 'IMAGE'}")),
        Advice("To go back", play("rollback")),
    )


def _since(release: Release) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(release.started_at))
