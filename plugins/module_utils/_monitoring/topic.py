# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The topic that alarms and the budget tell, and who is told by mail."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Kind, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.ownership import concerning
from ansible_collections.calstack.aws.plugins.module_utils._ecs.permissions import Account, document, statements
from ansible_collections.calstack.aws.plugins.module_utils._ecs.survey import account
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import tag_mapping, upper_tags
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.names import topic_arn, topic_name

TOPIC = "topic"
SUBSCRIPTION = "subscription"
PENDING = "PendingConfirmation"
"""What SNS says in place of an ARN, until the link in its mail has been followed."""

KEY, POLICY = "KmsMasterKeyId", "Policy"
ABSENT = ("NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException")
"""SNS has different words for it, by call."""


def arn_of(clients: Clients, scope: Scope) -> str:
    return topic_arn(scope.stack, account(clients))


def publishers(stack: str, where: Account) -> Mapping[str, Any]:
    """Alarms of this region and budgets, both of this account only (the confused deputy), may publish.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
    """
    arn = topic_arn(stack, where)
    alarms = f"arn:{where.partition}:cloudwatch:{where.region}:{where.id}:alarm:*"
    budgets = f"arn:{where.partition}:budgets::{where.id}:*"
    return {
        "Alarms": _publish("cloudwatch.amazonaws.com", arn, alarms, where.id),
        "Budgets": _publish("budgets.amazonaws.com", arn, budgets, where.id),
    }


def _publish(service: str, topic: str, source: str, owner: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": frozenset({service})},
        "Action": frozenset({"sns:Publish"}),
        "Resource": frozenset({topic}),
        "Condition": {
            "StringEquals": {"aws:SourceAccount": frozenset({owner})},
            "ArnLike": {"aws:SourceArn": frozenset({source})},
        },
    }


class Topic(Kind):
    kind = TOPIC

    @property
    def _sns(self) -> Any:
        return self.clients("sns")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        # By its ARN: an account may have a hundred thousand topics to list.
        arn = arn_of(self.clients, self.scope)
        found = unless_absent(lambda: self._describe(arn), *ABSENT)
        return concerning(self.scope, [found] if found else [], wanted)

    def _describe(self, arn: str) -> Found:
        attributes = self._sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        tags = tag_mapping(self._sns.list_tags_for_resource(ResourceArn=arn)["Tags"])
        properties = {
            "kms_key": attributes.get(KEY, ""),
            "publishers": statements(json.loads(attributes[POLICY])),
            "tags": tags,
        }
        return Found(self.kind, topic_name(self.scope.stack), arn, properties)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        attributes = {POLICY: json.dumps(document(properties["publishers"]))}
        if properties["kms_key"]:
            attributes[KEY] = properties["kms_key"]
        answer = self._sns.create_topic(Name=name, Attributes=attributes, Tags=upper_tags(properties["tags"]))
        return Found(self.kind, name, answer["TopicArn"], properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if "kms_key" in changed:
            self._set(found.id, KEY, properties["kms_key"])
        if "publishers" in changed:
            self._set(found.id, POLICY, json.dumps(document(properties["publishers"])))
        if "tags" in changed:
            self._sns.tag_resource(ResourceArn=found.id, Tags=upper_tags(properties["tags"]))

    def _set(self, arn: str, attribute: str, value: str) -> None:
        self._sns.set_topic_attributes(TopicArn=arn, AttributeName=attribute, AttributeValue=value)

    def delete(self, found: Found) -> None:
        """Its subscriptions go with it."""
        unless_absent(lambda: self._sns.delete_topic(TopicArn=found.id), *ABSENT)


class Subscription(Kind):
    """An address that is told. Only those that are wanted are looked at: all others are people's own."""

    kind = SUBSCRIPTION

    @cached_property
    def _topic(self) -> str:
        return arn_of(self.clients, self.scope)

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        names = {item.name for item in wanted}
        if not names:
            return []
        there = unless_absent(lambda: self._by_address(self._topic), *ABSENT) or {}
        return [Found(self.kind, name, there[name]) for name in sorted(names & there.keys())]

    def _by_address(self, topic: str) -> dict[str, str]:
        pages = self.clients("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        listed = (item for page in pages for item in page["Subscriptions"])
        return {item["Endpoint"]: item["SubscriptionArn"] for item in listed if item["Protocol"] == "email"}

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self.clients("sns").subscribe(TopicArn=self._topic, Protocol="email", Endpoint=name)
        return Found(self.kind, name, answer.get("SubscriptionArn", PENDING))

    def delete(self, found: Found) -> None:
        raise NotImplementedError("a subscription goes with its topic only")


def unconfirmed(found: Sequence[Found], scope: Scope) -> list[str]:
    """A warning that names those who have not followed the link in SNS's mail: nothing reaches them until then."""
    pending = [item.name for item in found if item.kind == SUBSCRIPTION and item.id.lower().startswith("pending")]
    if not pending:
        return []
    return [
        f"{', '.join(pending)}: alarms of {scope.stack} do not arrive there until somebody follows the link in the "
        f"mail of AWS Notifications. It is valid for three days; after that the next run sends another."
    ]
