# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Is an image stable: do all users have it, and is no release under way that could take it away again? Pure.

A release that waits in a pause has not failed, but what comes after it (the next environment) must not go on from it.
"""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._ecs.reference import short_image
from ansible_collections.calstack.aws.plugins.module_utils._release.model import ENDED, Phase, Release
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World


def unsettled(commit: str, image: str, world: World, newest: Release | None) -> str:
    """Why `image` (URI@sha256:…), built from `commit`, is not stable, and what to do; empty where it is.

    `newest` is the newest release on record.
    """
    open_release = newest if newest and newest.phase not in ENDED else None
    serving = [colour for colour in world.colours.values() if world.share(colour.name)]
    everybody = bool(serving) and not world.others and all(colour.image == image for colour in serving)
    if everybody and not open_release:
        return ""
    shown = [f"{colour.name} serves {world.share(colour.name)} % as {short_image(colour.image)}" for colour in serving]
    if world.others or not serving:
        shown.append("the production rule leads elsewhere, too")
    return (
        f"commit {commit} ({short_image(image)}) is not stable here: {', '.join(shown)}. "
        f"{_advice(open_release) if open_release else f'Release it: playbooks/release.yml -e release_commit={commit}.'}"
    )


def _advice(release: Release) -> str:
    told = f"Release {release.id} ({release.label}) is in the phase {release.phase}"
    told += f": {release.reason.rstrip('.')}. " if release.reason else ". "
    match release.phase:
        case Phase.PAUSED:
            what = "Let it go on with playbooks/promote.yml, or put it back with playbooks/rollback.yml"
        case Phase.ROLLBACK_FAILED:
            what = "Put it back with playbooks/rollback.yml"
        case _:
            what = "Wait for its end; where nobody works on it, run playbooks/release.yml again"
    return f"{told}{what}. Then ask again; at GitHub, re-run the failed jobs."
