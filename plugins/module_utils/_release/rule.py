# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The production rule during a release: what it should say, and whether somebody else has changed it. Pure."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._release.action import SetWeights
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release, other
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World


def normal(stable: str) -> SetWeights:
    """Between releases: both colours named, so that the health of both is checked."""
    return SetWeights({stable: 100, other(stable): 0})


def forward(release: Release, weight: int) -> SetWeights:
    """The candidate at `weight` per cent. Nobody sticks where one colour has all."""
    if weight == 0:
        return normal(release.stable)
    sticky = release.pace.stickiness if weight < 100 else 0
    return SetWeights({release.stable: 100 - weight, release.candidate: weight}, sticky)


def only(stable: str) -> SetWeights:
    """A rollback: a client that sticks to a named target group follows it even at weight 0, so it is not named."""
    return SetWeights({stable: 100})


def drift(release: Release, world: World) -> str:
    """In words, how the rule differs from what the release has set or was about to set; empty where it does not."""
    if world.others:
        return "somebody else changed the production rule: it no longer forwards to the two colours only"
    share = world.share(release.candidate)
    if share in (release.weight, release.weight_before):
        return ""
    return (
        f"somebody else (or the dead-man switch, or a run that had lost its table) changed the production rule: "
        f"{release.candidate} has {share} %, the release had set {release.weight} %"
    )
