# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The component's kinds and how they are set up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.component import Component
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found
from ansible_collections.calstack.aws.plugins.module_utils._ecs.cluster import Cluster
from ansible_collections.calstack.aws.plugins.module_utils._ecs.log_group import LogGroup
from ansible_collections.calstack.aws.plugins.module_utils._ecs.model import outputs, wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecs.role import Role
from ansible_collections.calstack.aws.plugins.module_utils._ecs.scaling import ScalableTarget, ScalingPolicy
from ansible_collections.calstack.aws.plugins.module_utils._ecs.service import Service
from ansible_collections.calstack.aws.plugins.module_utils._ecs.survey import survey
from ansible_collections.calstack.aws.plugins.module_utils._ecs.task_definition import TaskDefinition


def ecs(params: Mapping[str, Any], *, check: bool = False) -> Component:
    """The component for a module with these parameters, in check mode or not."""
    kinds = (
        partial(LogGroup, keep=params["keep_logs"]),
        Role,
        Cluster,
        TaskDefinition,
        partial(Service, wait_seconds=params["wait_seconds"]),
        ScalableTarget,
        ScalingPolicy,
    )
    return Component("ecs", kinds, wanted, outputs, partial(survey, check=check), notes)


def notes(found: Sequence[Found], _scope: Scope) -> list[str]:
    """Warn of a deployment ECS gave up on: the tasks of the one before it go on serving, and nobody else says so."""
    failed = [item.name for item in found if item.kind == "service" and item.properties["rollout"] == "FAILED"]
    return [
        f"the last deployment of {name} failed; what ran before it runs on. See playbooks/status.yml."
        for name in failed
    ]
