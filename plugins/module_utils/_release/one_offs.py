# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""One-off tasks on ECS: found again by `startedBy`, whoever has started them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import service_name
from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import stop_reason
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tasks import exit_code, of_family
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
    tasks = [task for status in ("RUNNING", "STOPPED") for task in of_family(ecs, cluster, family, status)]
    # Where there are two of a name, the newest counts: it comes last.
    ours = sorted((task for task in tasks if task.get("startedBy") in names), key=lambda task: str(task["createdAt"]))
    return {names[task["startedBy"]]: state(task) for task in ours}


def state(task: Mapping[str, Any]) -> OneOffState:
    stopped = task["lastStatus"] == "STOPPED"
    return OneOffState(
        arn=task["taskArn"],
        status=task["lastStatus"],
        exit_code=exit_code(task) if stopped else None,
        reason=stop_reason(task) if stopped else "",
    )
