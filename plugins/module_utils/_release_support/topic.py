# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The topic that tells people about releases. Whoever wants to know subscribes; subscriptions are not ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Kind
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.ownership import concerning
from ansible_collections.calstack.aws.plugins.module_utils._ecs.survey import account
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import tag_mapping, upper_tags
from ansible_collections.calstack.aws.plugins.module_utils._release_support.model import TOPIC
from ansible_collections.calstack.aws.plugins.module_utils._release_support.names import topic_name

KEY = "KmsMasterKeyId"
ABSENT = ("NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException")
"""SNS has different words for it, by call."""


class Topic(Kind):
    kind = TOPIC

    @property
    def _sns(self) -> Any:
        return self.clients("sns")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        name, where = topic_name(self.scope.stack), account(self.clients)
        # By its ARN: an account may have a hundred thousand topics to list.
        arn = f"arn:{where.partition}:sns:{self._sns.meta.region_name}:{where.id}:{name}"
        found = unless_absent(lambda: self._describe(name, arn), *ABSENT)
        return concerning(self.scope, [found] if found else [], wanted)

    def _describe(self, name: str, arn: str) -> Found:
        attributes = self._sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        tags = tag_mapping(self._sns.list_tags_for_resource(ResourceArn=arn)["Tags"])
        return Found(self.kind, name, arn, {"kms_key": attributes.get(KEY), "tags": tags})

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self._sns.create_topic(
            Name=name, Attributes={KEY: properties["kms_key"]}, Tags=upper_tags(properties["tags"])
        )
        return Found(self.kind, name, answer["TopicArn"], properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if "kms_key" in changed:
            self._sns.set_topic_attributes(TopicArn=found.id, AttributeName=KEY, AttributeValue=properties["kms_key"])
        if "tags" in changed:
            self._sns.tag_resource(ResourceArn=found.id, Tags=upper_tags(properties["tags"]))

    def delete(self, found: Found) -> None:
        """Its subscriptions go with it."""
        unless_absent(lambda: self._sns.delete_topic(TopicArn=found.id), *ABSENT)
