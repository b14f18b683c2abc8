# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The tasks' role, as the component ecs calls it: its user in Atlas is made before the role is."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import role_name


def task_role_arn(clients: Clients, stack: str) -> str:
    """In the caller's account and partition."""
    sts = clients("sts")
    with doing("asking AWS who we are"):
        caller = sts.get_caller_identity()
    return composed(caller["Arn"], role_name(stack, sts.meta.region_name, "task"))


def composed(caller: str, role: str) -> str:
    """The ARN of `role` beside `caller`, another ARN. Pure."""
    arn, partition, _service, _region, account, *_rest = caller.split(":")
    return f"{arn}:{partition}:iam::{account}:role/{role}"
