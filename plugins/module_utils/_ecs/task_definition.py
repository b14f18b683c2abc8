# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The task definitions: a family a colour, a revision for every change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Kind
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import patiently
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import COLOURS, check_family, service_name
from ansible_collections.calstack.aws.plugins.module_utils._ecs.revision import (
    described,
    family_of,
    latest,
    normalise,
    render,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import lower_tags, tag_mapping

NEW_ROLE = "Role is not valid"
DELETED_AT_ONCE = 10


class TaskDefinition(Kind):
    """A family by its newest active revision; an update is a new revision."""

    kind = "task definition"
    adopts = True

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        names = {item.name for item in wanted}
        families = [service_name(self.scope.stack, colour) for colour in COLOURS]
        if not names:
            families.append(check_family(self.scope.stack))  # a check that was killed has left it
        found = []
        for family in families:
            answer = latest(self.clients("ecs"), family) if family in names else next(self._ours(family), None)
            if answer:
                arn = answer["taskDefinition"]["taskDefinitionArn"]
                properties = normalise(answer["taskDefinition"], tag_mapping(answer.get("tags")))
                found.append(Found(self.kind, family, arn, properties))
        return found

    def _ours(self, family: str) -> Iterator[dict[str, Any]]:
        """Revisions with our tags, newest active ones first; inactive ones are what a killed deletion has left."""
        for status in ("ACTIVE", "INACTIVE"):
            for arn in reversed(self._revisions(family, status)):
                answer = described(self.clients("ecs"), arn)
                if self.scope.owns(tag_mapping(answer.get("tags"))):
                    yield answer

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        ecs = self.clients("ecs")
        wanted = render(name, properties, ecs.meta.region_name)
        made = patiently(lambda: ecs.register_task_definition(**wanted), NEW_ROLE)
        return Found(self.kind, name, made["taskDefinition"]["taskDefinitionArn"], properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if changed.keys() == {"tags"}:
            self.clients("ecs").tag_resource(resourceArn=found.id, tags=lower_tags(properties["tags"]))
        else:
            self.create(found.name, properties)

    def delete(self, found: Found) -> None:
        """Only revisions that carry our tags: a family is no more than a name."""
        ecs = self.clients("ecs")
        ours = [answer["taskDefinition"] for answer in self._ours(found.name)]
        for revision in ours:
            if revision["status"] == "ACTIVE":
                ecs.deregister_task_definition(taskDefinition=revision["taskDefinitionArn"])
        arns = [revision["taskDefinitionArn"] for revision in ours]
        for start in range(0, len(arns), DELETED_AT_ONCE):
            ecs.delete_task_definitions(taskDefinitions=arns[start : start + DELETED_AT_ONCE])

    def _revisions(self, family: str, status: str) -> list[str]:
        pages = self.clients("ecs").get_paginator("list_task_definitions").paginate(familyPrefix=family, status=status)
        # A familyPrefix: another family may start with our name.
        return [arn for page in pages for arn in page["taskDefinitionArns"] if family_of(arn) == family]
