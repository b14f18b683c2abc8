# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The check's task definition, made from the application's. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._connection_check.model import Place, Question
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import CONTAINER
from ansible_collections.calstack.aws.plugins.module_utils._ecs.revision import REGISTERABLE, STREAM_PREFIX

SERVING = ("portMappings", "healthCheck", "dependsOn", "links", "volumesFrom", "restartPolicy", "dockerLabels")
"""Of a container: what belongs to serving, or to the containers beside it."""

READABLE = "awslogs"

REQUIRED = "REQUIRED_VARIABLES"
"""By which docker/entrypoint.py is told what must be there: the other secrets, which the check is not given."""


def derive(place: Place, family: str, asked: Question) -> dict[str, Any]:
    """RegisterTaskDefinition's arguments but the tags.

    Image, roles, environment, logs and volumes are the application's; of its secrets there is only the one that is
    checked, and of its containers only ours.
    """
    kept = {key: place.base[key] for key in REGISTERABLE if key in place.base and key != "proxyConfiguration"}
    return kept | {"family": family, "containerDefinitions": [_container(ours(place.base), place.image, asked)]}


def ours(revision: Mapping[str, Any]) -> Mapping[str, Any]:
    """The application's container."""
    found: Mapping[str, Any] = next(item for item in revision["containerDefinitions"] if item["name"] == CONTAINER)
    return found


def _container(container: Mapping[str, Any], image: str, asked: Question) -> dict[str, Any]:
    kept = {key: value for key, value in container.items() if key not in SERVING}
    if kept.get("logConfiguration", {}).get("logDriver") != READABLE:
        kept.pop("logConfiguration", None)  # it may need a log router, which is a container of its own
    return kept | {
        "image": image,
        "essential": True,
        "environment": [item for item in container.get("environment", ()) if item["name"] not in (asked.key, REQUIRED)],
        "secrets": [{"name": asked.key, "valueFrom": asked.value_from}],
        "command": list(asked.argv),
    }


def log_stream(revision: Mapping[str, Any], task_arn: str) -> tuple[str, str] | None:
    """Group and stream of the task's output; None where it does not go to CloudWatch Logs.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html (awslogs-stream-prefix)
    """
    logs = ours(revision).get("logConfiguration") or {}
    group = logs.get("options", {}).get("awslogs-group")
    if logs.get("logDriver") != READABLE or not group:
        return None
    prefix = logs["options"].get("awslogs-stream-prefix", STREAM_PREFIX)
    return group, f"{prefix}/{CONTAINER}/{task_arn.rpartition('/')[2]}"
