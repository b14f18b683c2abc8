# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The budget: what the environment may cost a month, and when people are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Kind
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.ownership import concerning
from ansible_collections.calstack.aws.plugins.module_utils._ecs.permissions import Account
from ansible_collections.calstack.aws.plugins.module_utils._ecs.survey import account
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import tag_mapping, upper_tags
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.names import budget_name, topic_arn

BUDGET = "budget"
ABSENT = "NotFoundException"

NOTIFICATIONS: Mapping[str, dict[str, Any]] = {
    f"{kind.lower()} {percent} %": {
        "NotificationType": kind,
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": float(percent),
        "ThresholdType": "PERCENTAGE",
    }
    for kind, percent in (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
}
"""A forecast needs about five weeks of costs: until then only the actual ones tell.
https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html"""


class Budget(Kind):
    """Budgets are the account's, wherever one asks; the SDK knows the one place that answers."""

    kind = BUDGET

    @property
    def _budgets(self) -> Any:
        return self.clients("budgets")

    @cached_property
    def _where(self) -> Account:
        return account(self.clients)

    @property
    def _account(self) -> dict[str, str]:
        return {"AccountId": self._where.id}

    @property
    def _topic(self) -> str:
        return topic_arn(self.scope.stack, self._where)

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        name = budget_name(self.scope.stack)
        found = unless_absent(lambda: self._describe(name), ABSENT)
        return concerning(self.scope, [found] if found else [], wanted)

    def _describe(self, name: str) -> Found:
        which = {**self._account, "BudgetName": name}
        item = self._budgets.describe_budget(**which)["Budget"]
        arn = f"arn:{self._where.partition}:budgets::{self._where.id}:budget/{name}"
        tags = tag_mapping(self._budgets.list_tags_for_resource(ResourceARN=arn).get("ResourceTags"))
        properties = {
            "limit_usd": float(item["BudgetLimit"]["Amount"]),
            "costs_of": frozenset(item.get("CostFilters", {}).get("TagKeyValue", ())),
            "tells_at": self._told(which),
            "tags": tags,
        }
        return Found(self.kind, name, arn, properties)

    def _told(self, which: Mapping[str, str]) -> frozenset[str]:
        """At which of our percentages our topic is told; what people have added besides is theirs."""
        found = set()
        pages = self._budgets.get_paginator("describe_notifications_for_budget").paginate(**which)
        there = [item for page in pages for item in page.get("Notifications", ())]
        for name, notification in NOTIFICATIONS.items():
            if any(_same(item, notification) for item in there):
                answer = self._budgets.describe_subscribers_for_notification(**which, Notification=notification)
                if any(subscriber["Address"] == self._topic for subscriber in answer["Subscribers"]):
                    found.add(name)
        return frozenset(found)

    def _subscriber(self) -> dict[str, str]:
        return {"SubscriptionType": "SNS", "Address": self._topic}

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        to = [self._subscriber()]
        self._budgets.create_budget(
            **self._account,
            Budget=_budget(name, properties),
            NotificationsWithSubscribers=[
                {"Notification": NOTIFICATIONS[at], "Subscribers": to} for at in sorted(properties["tells_at"])
            ],
            ResourceTags=upper_tags(properties["tags"]),
        )
        return Found(self.kind, name, name, properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if changed.keys() & {"limit_usd", "costs_of"}:
            self._budgets.update_budget(**self._account, NewBudget=_budget(found.name, properties))
        for at in sorted(properties["tells_at"] - found.properties["tells_at"]):
            self._tell(found.name, NOTIFICATIONS[at])
        if "tags" in changed:
            self._budgets.tag_resource(ResourceARN=found.id, ResourceTags=upper_tags(properties["tags"]))

    def _tell(self, name: str, notification: Mapping[str, Any]) -> None:
        which = {**self._account, "BudgetName": name, "Notification": notification}
        made = unless_absent(
            lambda: self._budgets.create_notification(**which, Subscribers=[self._subscriber()]),
            "DuplicateRecordException",
        )
        if made is None:  # somebody has taken our topic out of it
            self._budgets.create_subscriber(**which, Subscriber=self._subscriber())

    def delete(self, found: Found) -> None:
        unless_absent(lambda: self._budgets.delete_budget(**self._account, BudgetName=found.name), ABSENT)


def _same(item: Mapping[str, Any], notification: Mapping[str, Any]) -> bool:
    return {"ThresholdType": "PERCENTAGE", **item}.items() >= notification.items()


def _budget(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "BudgetName": name,
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": f"{properties['limit_usd']:g}", "Unit": "USD"},
        "CostFilters": {"TagKeyValue": sorted(properties["costs_of"])},
    }
