# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""One-off tasks on ECS: found again by `startedBy`, whoever has started them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import CONTAINER, service_name
from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import stop_reason
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release
from ansible_collections.calstack.aws.plugins.module_utils._release.world import OneOffState

STARTED_BY_LENGTH = 128
"""RunTask: letters, numbers, hyphens, slashes and underscores."""


def started_by(release: str, name: str) -> str:
    """What ECS does not take is replaced, and told apart by a checksum."""
    wanted = f"{release}/{name}"
    plain = re.sub(r"[^A-Za-z0-9/_-]", "_", wanted)
    if plain == wanted and len(plain) <= STARTED_BY_LENGTH:
        return plain
    checksum = hashlib.sha256(wanted.encode()).hexdigest()[:12]
    return f"{plain[: STARTED_BY_LENGTH - len(checksum) - 1]}-{checksum}"


def read(ecs: Any, cluster: str, release: Release) -> dict[str, OneOffState]:
    """Those of the release that are not recorded as done, by name: ECS forgets a stopped task after an hour."""
    names = {started_by(release.id, item.name): item.name for item in release.one_offs}
    names = {tag: name for tag, name in names.items() if name not in release.one_offs_done}
    if not names:
        return {}
    family = service_name(release.stack, release.candidate)
    tasks = [task for status in ("RUNNING", "STOPPED") for task in _tasks(ecs, cluster, family, status)]
    # Where there are two of a name, the newest counts: it comes last.
    ours = sorted((task for task in tasks if task.get("startedBy") in names), key=lambda task: str(task["createdAt"]))
    return {names[task["startedBy"]]: state(task) for task in ours}


def _tasks(ecs: Any, cluster: str, family: str, status: str) -> Iterator[Mapping[str, Any]]:
    """By family, as ListTasks takes no other filter beside startedBy, and shows no stopped task without one.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html
    """
    for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster, family=family, desiredStatus=status):
        # A page of ListTasks is as many as DescribeTasks takes.
        if arns := page["taskArns"]:
            yield from ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]


def state(task: Mapping[str, Any]) -> OneOffState:
    """The exit code is our container's: a sidecar's says nothing about the command."""
    codes = [item.get("exitCode") for item in task.get("containers", ()) if item["name"] == CONTAINER]
    stopped = task["lastStatus"] == "STOPPED"
    return OneOffState(
        arn=task["taskArn"],
        status=task["lastStatus"],
        exit_code=next(iter(codes), None) if stopped else None,
        reason=stop_reason(task) if stopped else "",
    )
