# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The stages, and which may follow which. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

STAGES = ("preflight", "copy", "catch_up", "freeze", "verify", "mark", "finish", "back", "unfreeze", "discard")

# Each with the stage that must be done. An engine that does not follow copies what is frozen already.
_FOLLOWING = {
    "catch_up": "copy",
    "freeze": "catch_up",
    "verify": "freeze",
    "mark": "verify",
    "finish": "mark",
    "back": "mark",
}
_STANDING = {"copy": "freeze", "verify": "copy", "mark": "verify", "finish": "mark", "back": "mark"}
_IN_ONE_RUN = ("copy", "catch_up", "freeze", "verify", "mark")
# What the switch has made final: the target is written by the application now.
_BEFORE_MARK = ("copy", "catch_up", "freeze", "verify", "discard")


@dataclass(frozen=True)
class Decision:
    """Whether the stage has something to do, and why not."""

    run: bool
    reason: str = ""


def decide(stage: str, done: Mapping[str, str], *, follows: bool = True, check: bool = False) -> Decision:
    """What a run of `stage` does; `done` has the finished stages, each with when.

    `follows`: whether the engine applies what is written after the copy. `check`: nothing is done, so the stages that
    a run does one after the other need not be done. Raises InputError for a stage out of turn.
    """
    if stage == "catch_up" and not follows:
        return Decision(False, "this engine does not follow the source: writes stop before it copies")
    needed = (_FOLLOWING if follows else _STANDING).get(stage)
    if needed and needed not in done and not (check and stage in _IN_ONE_RUN):
        raise InputError(f"migrate_stage {stage} comes after {needed}, which is not done yet: run {needed} first.")
    if "back" in done and stage not in ("preflight", "back", "discard", "unfreeze"):
        raise InputError(
            f"migrate_stage {stage}: this migration was taken back at {done['back']}. To migrate again, run the stage "
            f"discard (migrate_goal=discarded) and start with preflight."
        )
    if stage in _BEFORE_MARK and "mark" in done and "back" not in done:
        if stage == "discard":
            raise InputError(
                f"migrate_stage discard: the target was marked for the switch at {done['mark']}, so the application "
                f"may have written to it. Run the stage back first, which takes those writes along."
            )
        return Decision(False, f"the target was marked for the switch at {done['mark']}")
    if stage == "finish" and "finish" in done:
        return Decision(False, f"it was finished at {done['finish']}")
    if stage in ("mark", "copy") and stage in done:
        return Decision(False, f"it was done at {done[stage]}")
    return Decision(True)
