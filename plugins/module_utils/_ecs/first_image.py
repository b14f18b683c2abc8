# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Whose is the image? The first one is the site's, every later one the release's. Pure.

Green holds the placeholder until a release puts an image into it: that is how a run knows, without keeping a
record, whether there has been a release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import COLOURS, is_placeholder

FAILED = "FAILED"


@dataclass(frozen=True)
class ServiceNow:
    """A colour's service: the image of its task definition, its counts of tasks, its PRIMARY deployment's rollout."""

    image: str
    desired: int
    running: int
    rollout: str


@dataclass(frozen=True)
class Situation:
    """The services there are, and the image in the latest active revision of each family that has one.

    `images` and `secrets` (valueFrom) are what the services' revisions name: their tasks go on needing them.
    """

    services: Mapping[str, ServiceNow] = field(default_factory=dict)
    latest: Mapping[str, str] = field(default_factory=dict)
    images: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Decision:
    """What this run does with images.

    `images` go into the task definitions. `desired` is for a service that has to be created. `start`: blue takes
    its image and its tasks in this run. `see_through`: blue's rollout is this run's to wait for. `waiting`:
    there is no image to start with.
    """

    images: Mapping[str, str]
    desired: Mapping[str, int]
    start: bool = False
    see_through: bool = False
    waiting: bool = False


def needs_first_image(now: Situation) -> bool:
    """Whether the first image is still to come: no release has been, and blue has none or could not run it."""
    if _released(now):
        return False
    blue = now.services.get("blue")
    if blue is None:
        return not _real(now.latest.get("blue"))
    return is_placeholder(blue.image) or _could_not_run(blue)


def decide(now: Situation, first_image: str | None, placeholder: str, tasks_min: int) -> Decision:
    """What to do, given the resolved first image (None: there is none, or it is not asked for)."""
    images = {colour: _kept(now, colour, placeholder) for colour in COLOURS}
    needed = needs_first_image(now)
    if needed and first_image:
        images["blue"] = first_image
    desired = {colour: _desired(now, colour, images[colour], tasks_min) for colour in COLOURS}
    waiting = needed and not first_image
    firsts = not _released(now) and not waiting and not _half_failed(now.services.get("blue"))
    return Decision(images, desired, start=bool(needed and first_image), see_through=firsts, waiting=waiting)


def _released(now: Situation) -> bool:
    green = now.services.get("green")
    return _real(now.latest.get("green")) or (green is not None and (_real(green.image) or green.desired > 0))


def _real(image: str | None) -> bool:
    return bool(image) and not is_placeholder(image or "")


def _could_not_run(blue: ServiceNow) -> bool:
    """The circuit breaker gave up and nothing serves: starting anew takes nothing away."""
    return blue.rollout == FAILED and blue.running == 0


def _half_failed(blue: ServiceNow | None) -> bool:
    """A later rollout of the site's failed, the tasks before it still serve: for a person to judge."""
    return blue is not None and blue.rollout == FAILED and blue.running > 0


def _kept(now: Situation, colour: str, placeholder: str) -> str:
    service = now.services.get(colour)
    return now.latest.get(colour) or (service.image if service else placeholder)


def _desired(now: Situation, colour: str, image: str, tasks_min: int) -> int:
    """A service that somebody deleted comes back serving, unless the other colour serves."""
    others = [now.services[other] for other in COLOURS if other != colour and other in now.services]
    serves_elsewhere = any(other.desired > 0 for other in others)
    return tasks_min if _real(image) and not serves_elsewhere else 0
