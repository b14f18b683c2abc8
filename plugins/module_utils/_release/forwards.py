# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a rule's actions forward to, and the actions of a release. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._alb.actions import to_forward
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError

GREATEST_WEIGHT = 999


@dataclass(frozen=True)
class Forward:
    """`weights` by target group; `stickiness` in seconds, 0 when off; `plain`: one forward is all the rule does."""

    weights: Mapping[str, int]
    stickiness: int
    plain: bool


def read(actions: Sequence[Mapping[str, Any]]) -> Forward:
    """A rule's described actions. A single target group's weight means nothing, and may not be said: it counts 100."""
    found = [action for action in actions if action["Type"] == "forward"]
    config: Mapping[str, Any] = found[0].get("ForwardConfig", {}) if found else {}
    groups = config.get("TargetGroups") or [
        {"TargetGroupArn": action["TargetGroupArn"]} for action in found if action.get("TargetGroupArn")
    ]
    sticky = config.get("TargetGroupStickinessConfig", {})
    return Forward(
        weights={item["TargetGroupArn"]: item.get("Weight", 100) for item in groups},
        stickiness=int(sticky.get("DurationSeconds") or 0) if sticky.get("Enabled") else 0,
        plain=len(actions) == len(found) == 1,
    )


def by_colour(forward: Forward, groups: Mapping[str, str]) -> dict[str, int]:
    """The weights of the colours that are named; `groups` are the target groups by colour."""
    return {colour: forward.weights[arn] for colour, arn in groups.items() if arn in forward.weights}


def is_foreign(forward: Forward, groups: Mapping[str, str]) -> bool:
    """Whether the rule does anything besides forwarding to the colours: to set weights would undo it unseen."""
    return not forward.plain or not forward.weights or bool(forward.weights.keys() - set(groups.values()))


def only_colour(forward: Forward, groups: Mapping[str, str]) -> str:
    """The one colour that gets all requests; empty where that is neither or both."""
    got = {arn for arn, weight in forward.weights.items() if weight}
    return next((colour for colour, arn in groups.items() if got == {arn} and forward.plain), "")


def to_actions(weights: Mapping[str, int], groups: Mapping[str, str], stickiness: int = 0) -> list[dict[str, Any]]:
    """ModifyRule's complete actions; `weights` by colour.

    Raises CalstackError where nobody would get the requests: the balancer would answer 503 to all of them.
    """
    if not sum(weights.values()) or any(not 0 <= weight <= GREATEST_WEIGHT for weight in weights.values()):
        raise CalstackError(
            f"the weights {dict(weights)} are not from 0 to {GREATEST_WEIGHT} with one above 0: nothing has been "
            f"changed. This is a bug of the release engine; playbooks/rollback.yml restores what was stable."
        )
    named = [{"target_group": groups[colour], "weight": weight} for colour, weight in weights.items()]
    return [to_forward(named, stickiness)]
