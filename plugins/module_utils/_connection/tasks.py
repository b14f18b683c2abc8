# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The tasks that run with a secret, and which version of it their revisions name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._connection.state import Task
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import (
    COLOURS,
    CONTAINER,
    cluster_name,
    service_name,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.revision import described
from ansible_collections.calstack.aws.plugins.module_utils._ecs.secret_versions import from_labels
from ansible_collections.calstack.aws.plugins.module_utils._ecs.service import NO_CLUSTER
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tasks import of_family

STOPPED = "STOPPED"


def read(ecs: Any, stack: str, secret: str) -> tuple[Task, ...]:
    """All tasks of both colours, one-off ones and those that are stopping too, that were started with `secret`."""
    tasks = [task for colour in COLOURS for task in _of_colour(ecs, stack, colour)]
    revisions = {task["taskDefinitionArn"] for task in tasks}
    versions = {arn: version(described(ecs, arn)["taskDefinition"], secret) for arn in sorted(revisions)}
    found = ((versions[task["taskDefinitionArn"]], task["createdAt"]) for task in tasks)
    return tuple(Task(named, created) for named, created in found if named is not None)


def _of_colour(ecs: Any, stack: str, colour: str) -> Iterator[Mapping[str, Any]]:
    def ask() -> list[Mapping[str, Any]]:
        cluster, family = cluster_name(stack), service_name(stack, colour)
        return [task for status in ("RUNNING", STOPPED) for task in of_family(ecs, cluster, family, status)]

    # One that is to stop may still answer requests for minutes.
    yield from (task for task in unless_absent(ask, NO_CLUSTER) or () if task["lastStatus"] != STOPPED)


def version(definition: Mapping[str, Any], secret: str) -> str | None:
    """The version of `secret` that a revision names; "": it names none; None: it does not use the secret. Pure."""
    containers = definition["containerDefinitions"]
    values = [item["valueFrom"] for container in containers for item in container.get("secrets", ())]
    if not any(value == secret or f":secret:{secret}" in value for value in values):
        return None
    labels = next((item.get("dockerLabels") for item in containers if item["name"] == CONTAINER), None)
    return from_labels(labels).get(secret, "")
