# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Going back to a colour that was kept warm: how soon it may have all requests. Pure."""

from __future__ import annotations

from math import ceil

from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import STEADY
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World


def is_warm(release: Release, world: World) -> bool:
    """Whether the candidate runs already what the way back leads to: then each of its healthy targets counts."""
    candidate = world.colours[release.candidate]
    runs = candidate.task_definition == release.task_definition and candidate.rollout == STEADY
    return release.kind == "rollback" and runs and candidate.healthy > 0


def suffices(release: Release, world: World) -> bool:
    """Whether a warm candidate may have all requests before it is as large as stable; its other tasks are asked for.

    It has to have as many healthy tasks as autoscaling leaves of a colour that serves, and half of stable's healthy
    ones. How many stable has is no measure of the traffic alone: a slow version is scaled out for its slowness. At
    half of them each task has twice the load at most, for the half minute until the others are there, with the
    version that was good; waiting, users have the one that somebody wants to be rid of. With fewer than half it waits:
    a version that was scaled in meanwhile would be overwhelmed.
    """
    candidate, stable = world.colours[release.candidate], world.colours[release.stable]
    least = max(release.scaling[release.stable].minimum, ceil(stable.healthy / 2), 1)
    return release.warm and candidate.task_definition == release.task_definition and candidate.healthy >= least


def early_words(release: Release, world: World) -> str:
    """The numbers, where a candidate that is smaller than it shall be has all requests; else empty."""
    candidate, stable = world.colours[release.candidate], world.colours[release.stable]
    if candidate.healthy >= release.tasks:
        return ""
    return (
        f"{candidate.healthy} of {release.tasks} targets of {candidate.name} healthy, at least half of {stable.name}'s "
        f"{stable.healthy}: all requests go there now, the other tasks start meanwhile"
    )
