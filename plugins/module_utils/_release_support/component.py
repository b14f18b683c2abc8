# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The component's kinds and how they are set up."""

from __future__ import annotations

from functools import partial

from ansible_collections.calstack.aws.plugins.module_utils._core.component import Component
from ansible_collections.calstack.aws.plugins.module_utils._ecs.role import Role
from ansible_collections.calstack.aws.plugins.module_utils._release_support.model import outputs, wanted
from ansible_collections.calstack.aws.plugins.module_utils._release_support.names import role_name
from ansible_collections.calstack.aws.plugins.module_utils._release_support.schedule_group import ScheduleGroup
from ansible_collections.calstack.aws.plugins.module_utils._release_support.survey import survey
from ansible_collections.calstack.aws.plugins.module_utils._release_support.table import Table
from ansible_collections.calstack.aws.plugins.module_utils._release_support.topic import Topic

ScheduleRole = partial(Role, names=lambda stack, region: (role_name(stack, region),), whose="Release schedules")


def release_support(*, check: bool = False) -> Component:
    """The component, in check mode or not."""
    return Component(
        "release", (Table, Topic, ScheduleRole, ScheduleGroup), wanted, outputs, partial(survey, check=check)
    )
