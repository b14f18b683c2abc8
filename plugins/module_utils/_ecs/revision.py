# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A task definition as RegisterTaskDefinition wants it, and as it is compared. Pure, but for two readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import CONTAINER
from ansible_collections.calstack.aws.plugins.module_utils._ecs.secret_versions import from_labels, to_labels
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import lower_tags

STREAM_PREFIX = "ecs"

SCRATCH = "tmp"
SCRATCH_MOUNT = {"sourceVolume": SCRATCH, "containerPath": "/tmp"}  # noqa: S108  the container's own, see docker/Dockerfile
"""Where a container with a read-only root may write. Fargate has no tmpfs; who may write there the image says (VOLUME).

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
"""

REGISTERABLE = (
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "inferenceAccelerators",
    "ephemeralStorage",
    "runtimePlatform",
    "enableFaultInjection",
    "trustedExecutionConfiguration",
)
"""All that RegisterTaskDefinition takes but the tags; DescribeTaskDefinition adds more of its own.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
"""


def render(family: str, properties: Mapping[str, Any], region: str) -> dict[str, Any]:
    """The arguments of RegisterTaskDefinition."""
    return {
        "family": family,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": str(properties["cpu"]),
        "memory": str(properties["memory"]),
        "runtimePlatform": {"cpuArchitecture": properties["cpu_architecture"], "operatingSystemFamily": "LINUX"},
        "executionRoleArn": properties["execution_role"],
        "taskRoleArn": properties["task_role"],
        "containerDefinitions": [_container(properties, region)],
        **({"volumes": [{"name": SCRATCH}]} if properties["readonly_root_filesystem"] else {}),
        "tags": lower_tags(properties["tags"]),
    }


def _container(properties: Mapping[str, Any], region: str) -> dict[str, Any]:
    logs = {"awslogs-group": properties["log_group"], "awslogs-region": region, "awslogs-stream-prefix": STREAM_PREFIX}
    return {
        "name": CONTAINER,
        "image": properties["image"],
        "essential": True,
        "portMappings": [{"containerPort": properties["port"], "protocol": "tcp"}],
        "environment": [{"name": name, "value": value} for name, value in sorted(properties["environment"].items())],
        "secrets": [{"name": name, "valueFrom": value} for name, value in sorted(properties["secrets"].items())],
        "dockerLabels": to_labels(properties["secret_versions"]),
        "stopTimeout": properties["stop_timeout"],
        "readonlyRootFilesystem": properties["readonly_root_filesystem"],
        **({"mountPoints": [SCRATCH_MOUNT]} if properties["readonly_root_filesystem"] else {}),
        # Process 1 then reaps what the application leaves, and SIGTERM ends a command that has no handler for it.
        "linuxParameters": {"initProcessEnabled": True},
        "logConfiguration": {"logDriver": "awslogs", "options": logs},
    }


def normalise(described: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """The properties of a described revision: only what we set, whatever AWS or others have added."""
    containers = {item["name"]: item for item in described["containerDefinitions"]}
    app = containers.get(CONTAINER, {})
    ports = app.get("portMappings") or [{}]
    return {
        "tags": dict(tags),
        "cpu": int(described.get("cpu") or 0),
        "memory": int(described.get("memory") or 0),
        "cpu_architecture": described.get("runtimePlatform", {}).get("cpuArchitecture"),
        "execution_role": described.get("executionRoleArn"),
        "task_role": described.get("taskRoleArn"),
        "image": app.get("image"),
        "port": ports[0].get("containerPort"),
        "environment": {item["name"]: item["value"] for item in app.get("environment", ())},
        "secrets": {item["name"]: item["valueFrom"] for item in app.get("secrets", ())},
        "secret_versions": from_labels(app.get("dockerLabels")),
        "log_group": app.get("logConfiguration", {}).get("options", {}).get("awslogs-group"),
        "stop_timeout": app.get("stopTimeout"),
        "readonly_root_filesystem": _is_readonly(app),
    }


def _is_readonly(app: Mapping[str, Any]) -> bool:
    """Only with the volume that it takes: without one it would be another setting."""
    mounts = [item.get("containerPath") for item in app.get("mountPoints", ())]
    return bool(app.get("readonlyRootFilesystem")) and SCRATCH_MOUNT["containerPath"] in mounts


def image_of(described: Mapping[str, Any]) -> str:
    return str(next((item["image"] for item in described["containerDefinitions"] if item["name"] == CONTAINER), ""))


def latest(ecs: Any, family: str) -> dict[str, Any] | None:
    """DescribeTaskDefinition's answer for the newest active revision."""
    # Newest first, so that the first page has it, however many revisions there are.
    arns = ecs.list_task_definitions(familyPrefix=family, status="ACTIVE", sort="DESC")["taskDefinitionArns"]
    ours = [arn for arn in arns if family_of(arn) == family]
    return described(ecs, max(ours, key=number_of)) if ours else None


def described(ecs: Any, task_definition: str) -> dict[str, Any]:
    answer: dict[str, Any] = ecs.describe_task_definition(taskDefinition=task_definition, include=["TAGS"])
    return answer


def family_of(arn: str) -> str:
    return arn.rpartition("/")[2].rpartition(":")[0]


def number_of(arn: str) -> int:
    return int(arn.rpartition(":")[2])
