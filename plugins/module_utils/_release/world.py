# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The two colours as AWS shows them now: observed state beats recorded state. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.calstack.aws.plugins.module_utils._release.model import Scaling


@dataclass(frozen=True)
class Colour:
    """An ECS service, its target group and its scalable target."""

    name: str
    task_definition: str
    """The service's, as an ARN."""
    image: str
    desired: int
    running: int
    pending: int
    rollout: str
    """`_ecs.rollout.progress` of `task_definition`: STEADY, FAILED, or words for what is missing."""
    evidence: str
    """`_ecs.rollout.evidence`, why its tasks stopped and what ECS said last, empty while steady; and why targets are
    unhealthy. It begins with a blank."""
    healthy: int
    targets: Mapping[str, int]
    """Number of targets by state, for people."""
    scaling: Scaling
    maximum: int
    group: str
    """The target group's ARN."""
    sticky: bool = False
    """The target group has sticky sessions of its own (`stickiness.enabled`)."""


@dataclass(frozen=True)
class OneOffState:
    """A one-off task: its ARN, its last status, and its exit code once it has stopped."""

    arn: str
    status: str
    exit_code: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class World:
    """`weights`: the production rule's, by colour; a colour that it does not name is missing.

    `others`: the production rule also forwards to target groups that are not the stack's, or does not forward at all.
    `stickiness`: seconds of the rule's target group stickiness, 0 when off.
    """

    at: float
    colours: Mapping[str, Colour]
    weights: Mapping[str, int]
    stickiness: int
    others: bool
    test_colour: str
    """The colour that the test rule forwards to; empty where that is neither or both."""
    one_offs: Mapping[str, OneOffState] = field(default_factory=dict)

    def share(self, colour: str) -> int:
        """Its per cent of the requests, rounded; 0 only when it gets none."""
        total, own = sum(self.weights.values()), self.weights.get(colour, 0)
        if not own or not total:
            return 0
        return max(1, round(100 * own / total))
