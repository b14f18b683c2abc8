# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The AWS calls of a check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._connection_check.model import (
    Place,
    Question,
    image_for,
    serving,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._ecs import service
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import check_family, cluster_name, service_name
from ansible_collections.calstack.aws.plugins.module_utils._ecs.revision import described, family_of, image_of, latest
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import lower_tags, tag_mapping
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tasks import of_family, started

LINES_READ = 50
ABSENT = "ResourceNotFoundException"


class Calls:
    """Of the check of one environment; `scope` is the component ecs's, whose tasks these are."""

    def __init__(self, clients: Clients, scope: Scope) -> None:
        self._clients, self._scope = clients, scope
        self._ecs = clients("ecs")
        self._cluster = cluster_name(scope.stack)
        self.family = check_family(scope.stack)

    def place(self, asked: Question) -> Place | None:
        """Where the tasks are; None as long as there is no service. Its image is empty while there is none."""
        services = service.describe(self._clients, self._scope.stack)
        running = {
            colour: described(self._ecs, item["taskDefinition"])["taskDefinition"] for colour, item in services.items()
        }
        colour = serving(services, {key: image_of(revision) for key, revision in running.items()})
        if not colour:
            return None
        newest = latest(self._ecs, service_name(self._scope.stack, colour))
        base = newest["taskDefinition"] if newest else running[colour]
        image = image_for(asked.image, image_of(running[colour]))
        return Place(colour, base, services[colour]["networkConfiguration"], image)

    def version_id(self, asked: Question) -> str:
        """The version of the secret that has the stage. Raises InputError where there is none."""
        manager = self._clients("secretsmanager")
        found = unless_absent(lambda: manager.describe_secret(SecretId=asked.secret_arn), ABSENT)
        if found is None:
            raise InputError(f"atlas_check_secret: there is no secret {asked.secret_arn}.")
        versions = found.get("VersionIdsToStages") or {}
        version = next((key for key, stages in versions.items() if asked.stage in stages), None)
        if version is None:
            raise InputError(
                f"no version of the secret {found['Name']} is {asked.stage}: there is no connection string to check."
            )
        return str(version)

    def secret_value(self, asked: Question, version_id: str) -> str:
        """Only ever to mask it in somebody's output."""
        manager = self._clients("secretsmanager")
        return str(manager.get_secret_value(SecretId=asked.secret_arn, VersionId=version_id).get("SecretString", ""))

    def running(self, started_by: str) -> str | None:
        """The task of the same check that a killed run has left."""
        tasks = of_family(self._ecs, self._cluster, self.family, "RUNNING")
        return next((str(task["taskArn"]) for task in tasks if task.get("startedBy") == started_by), None)

    def register(self, definition: Mapping[str, Any]) -> str:
        made = self._ecs.register_task_definition(**definition, tags=self._tags)
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def run(self, revision: str, network: Mapping[str, Any], started_by: str) -> str:
        """The ARN of the started task."""
        answer = self._ecs.run_task(
            cluster=self._cluster,
            taskDefinition=revision,
            count=1,
            launchType="FARGATE",
            networkConfiguration=network,
            startedBy=started_by,
            enableECSManagedTags=True,
            tags=self._tags,
        )
        return started(answer, "check the connection")

    @property
    def _tags(self) -> list[dict[str, str]]:
        return lower_tags(self._scope.tags(self.family))

    def task(self, arn: str) -> Mapping[str, Any] | None:
        """None: DescribeTasks lags a little behind RunTask."""
        found = self._ecs.describe_tasks(cluster=self._cluster, tasks=[arn])["tasks"]
        return dict(found[0]) if found else None

    def stop(self, arn: str) -> None:
        self._ecs.stop_task(cluster=self._cluster, task=arn, reason="The check of the connection has taken too long")

    def lines(self, stream: tuple[str, str]) -> tuple[str, ...]:
        """The last lines of output; none where there is no stream (yet)."""
        group, name = stream
        logs = self._clients("logs")
        answer = unless_absent(
            lambda: logs.get_log_events(logGroupName=group, logStreamName=name, limit=LINES_READ, startFromHead=False),
            ABSENT,
        )
        return tuple(event["message"] for event in answer["events"]) if answer else ()

    def tidy(self) -> None:
        """Take away the family's revisions, also those that killed runs have left. What runs is not disturbed."""
        listed = self._ecs.list_task_definitions(familyPrefix=self.family, status="ACTIVE")["taskDefinitionArns"]
        for arn in (arn for arn in listed if family_of(arn) == self.family):
            if self._scope.owns(tag_mapping(described(self._ecs, arn).get("tags"))):
                self._ecs.deregister_task_definition(taskDefinition=arn)
                self._ecs.delete_task_definitions(taskDefinitions=[arn])
