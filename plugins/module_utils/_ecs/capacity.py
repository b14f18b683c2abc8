# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""May the bounds of autoscaling be set so? Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError


@dataclass(frozen=True)
class Bounds:
    """A scalable target's least and greatest number of tasks."""

    least: int
    greatest: int


def check_greatest(tasks_max: int, desired: Mapping[str, int], bounds: Mapping[str, Bounds]) -> None:
    """Refuse a maximum that would stop tasks: RegisterScalableTarget clamps the desired count at once.

    `desired` are the counts of the services there are, by colour. Raises InputError.
    """
    for colour, count in desired.items():
        now = bounds.get(colour)
        if now and now.greatest == tasks_max:
            continue
        if count > tasks_max:
            raise InputError(
                f"app_tasks_max is {tasks_max}, but {colour} is at {count} tasks: setting it would stop "
                f"{count - tasks_max} of them at once. Let autoscaling come down first, or choose at least {count}."
            )
        if now and now.least > tasks_max:
            raise InputError(
                f"app_tasks_max is {tasks_max}, but {colour} may not go below {now.least} tasks now. "
                f"The least is the release's to change: choose at least {now.least}, and release with the new "
                f"app_tasks_min."
            )
