# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a colour that serves goes on being asked. Pure.

A new path, put to an image that does not know it, makes its tasks unhealthy, and ECS kills all of them at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError


@dataclass(frozen=True)
class HealthCheck:
    """What is asked, and which codes are good."""

    path: str
    matcher: str


def kept(wanted: HealthCheck, serving: Mapping[str, HealthCheck]) -> dict[str, HealthCheck]:
    """The present checks to keep, by colour: of the one that serves, until it is idle.

    `serving` are the checks of the colours that have healthy tasks. Raises InputError when both would keep theirs:
    nothing would come of the change.
    """
    keep = {colour: check for colour, check in serving.items() if check != wanted}
    if len(keep) > 1:
        listed = ", ".join(f"{colour} {check.path} ({check.matcher})" for colour, check in sorted(keep.items()))
        raise InputError(
            f"alb_health_check_path (app_health_path) is {wanted.path}, alb_health_check_matcher {wanted.matcher}, but "
            f"both colours serve and are asked otherwise: {listed}. A running image may not know the new path. "
            f"Put the old values back until the release is over and one colour is idle."
        )
    return keep
