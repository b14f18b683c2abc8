"""AWS Budgets: UpdateBudget, subscribers, tags; moto only creates and deletes."""

import json
from collections.abc import Callable
from typing import Any

from moto.budgets.exceptions import DuplicateRecordException, NotFoundException
from moto.budgets.models import Budget, BudgetsBackend, Notification
from moto.budgets.responses import BudgetsResponse
from moto.core.utils import unix_time

from lab.aws.patching import wrap
from lab.settings import Settings

KEY = ("NotificationType", "ComparisonOperator", "Threshold")


def apply(_: Settings) -> None:
    amounts()
    update()
    subscribers()
    tags()


def amounts() -> None:
    """An amount is given back as a decimal number, as Budgets does: 150 becomes 150.0."""

    @wrap(Budget, "to_dict")
    def to_dict(original: Callable[..., dict[str, Any]], budget: Budget) -> dict[str, Any]:
        found = original(budget)
        if "BudgetLimit" in found:
            limit = found["BudgetLimit"]
            found["BudgetLimit"] = {**limit, "Amount": str(float(limit["Amount"]))}
        return found


def update() -> None:
    """UpdateBudget replaces all but the name."""

    def update_budget(self: BudgetsResponse) -> str:
        new = self._get_param("NewBudget")
        budget = _budget(self.backend, self._get_param("AccountId"), new["BudgetName"])
        period = budget.budget["TimePeriod"]
        budget.budget = {"TimePeriod": period, **new, "LastUpdatedTime": unix_time()}
        return "{}"

    BudgetsResponse.update_budget = update_budget


def subscribers() -> None:
    """Who is told, by notification; a second notification of the same kind is refused."""

    @wrap(BudgetsBackend, "create_notification")
    def create(
        original: Callable[..., None],
        backend: BudgetsBackend,
        account_id: str,
        budget_name: str,
        notification: dict[str, Any],
        subscribers: list[dict[str, str]],
    ) -> None:
        there = _budget(backend, account_id, budget_name).notifications
        if any(_same(item.details, notification) for item in there):
            raise DuplicateRecordException(record_type="notification", record_name=budget_name)
        original(backend, account_id, budget_name, notification, subscribers)

    def describe_subscribers_for_notification(self: BudgetsResponse) -> str:
        return json.dumps({"Subscribers": _notification(self).subscribers})

    def create_subscriber(self: BudgetsResponse) -> str:
        found: Any = _notification(self).subscribers
        new = self._get_param("Subscriber")
        if new in found:
            raise DuplicateRecordException(record_type="subscriber", record_name=new["Address"])
        found.append(new)
        return "{}"

    def delete_subscriber(self: BudgetsResponse) -> str:
        found: Any = _notification(self).subscribers
        found.remove(self._get_param("Subscriber"))
        return "{}"

    BudgetsResponse.describe_subscribers_for_notification = describe_subscribers_for_notification
    BudgetsResponse.create_subscriber = create_subscriber
    BudgetsResponse.delete_subscriber = delete_subscriber


def tags() -> None:
    """CreateBudget's ResourceTags, TagResource, UntagResource and ListTagsForResource."""

    @wrap(BudgetsResponse, "create_budget")
    def create(original: Callable[..., str], response: BudgetsResponse) -> str:
        answer = original(response)
        budget = _budget(
            response.backend, response._get_param("AccountId"), response._get_param("Budget")["BudgetName"]
        )
        _tags(budget).update(_mapping(response._get_param("ResourceTags", [])))
        return answer

    def tag_resource(self: BudgetsResponse) -> str:
        _tags(_by_arn(self)).update(_mapping(self._get_param("ResourceTags")))
        return "{}"

    def untag_resource(self: BudgetsResponse) -> str:
        for key in self._get_param("ResourceTagKeys"):
            _tags(_by_arn(self)).pop(key, None)
        return "{}"

    def list_tags_for_resource(self: BudgetsResponse) -> str:
        pairs = [{"Key": key, "Value": value} for key, value in _tags(_by_arn(self)).items()]
        return json.dumps({"ResourceTags": pairs})

    BudgetsResponse.tag_resource = tag_resource
    BudgetsResponse.untag_resource = untag_resource
    BudgetsResponse.list_tags_for_resource = list_tags_for_resource


def _budget(backend: BudgetsBackend, account: str, name: str) -> Budget:
    found = backend.budgets[account].get(name)
    if found is None:
        raise NotFoundException(f"Unable to get budget: {name} - the budget doesn't exist.")
    return found


def _by_arn(response: BudgetsResponse) -> Budget:
    """arn:PARTITION:budgets::ACCOUNT:budget/NAME."""
    arn = response._get_param("ResourceARN")
    return _budget(response.backend, arn.split(":")[4], arn.partition(":budget/")[2])


def _notification(response: BudgetsResponse) -> Notification:
    budget = _budget(response.backend, response._get_param("AccountId"), response._get_param("BudgetName"))
    asked = response._get_param("Notification")
    for item in budget.notifications:
        if _same(item.details, asked):
            return item
    raise NotFoundException("Unable to find the notification.")


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one.get(key) == other.get(key) for key in KEY)


def _tags(budget: Budget) -> dict[str, str]:
    found: dict[str, str] = vars(budget).setdefault("lab_tags", {})
    return found


def _mapping(pairs: list[dict[str, str]]) -> dict[str, str]:
    return {pair["Key"]: pair["Value"] for pair in pairs}
