# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""One-off tasks on ECS, those of releases and those of checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import CONTAINER


def of_family(ecs: Any, cluster: str, family: str, status: str) -> Iterator[Mapping[str, Any]]:
    """Described tasks; `status` is the desired one.

    By family, as ListTasks takes no other filter beside startedBy, and shows no stopped task without one.
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html
    """
    for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster, family=family, desiredStatus=status):
        # A page of ListTasks is as many as DescribeTasks takes.
        if arns := page["taskArns"]:
            yield from ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]


def started(answer: Mapping[str, Any], what: str) -> str:
    """The ARN of the one task that RunTask has started; CalstackError, with ECS's words for `what`, if it has not."""
    if answer["tasks"]:
        return str(answer["tasks"][0]["taskArn"])
    reasons = [item.get("reason") or item.get("detail") or "no reason given" for item in answer.get("failures", ())]
    raise CalstackError(
        f"{what}: ECS did not start the task: {'; '.join(dict.fromkeys(reasons)) or 'no reason given'}. Look at free "
        f"addresses in its subnets and at the Fargate quota, then run the same command again."
    )


def exit_code(task: Mapping[str, Any]) -> int | None:
    """Of our container: a sidecar's says nothing about the command. None as long as it has none."""
    codes = [item.get("exitCode") for item in task.get("containers", ()) if item["name"] == CONTAINER]
    return next(iter(codes), None)
