"""AWS Budgets: what the lab mends, against moto as it comes."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[[str], Any]

ACCOUNT = {"AccountId": "123456789012"}
NAMED = {**ACCOUNT, "BudgetName": "contract"}
ARN = "arn:aws:budgets::123456789012:budget/contract"
AT_80 = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
TOPIC = {"SubscriptionType": "SNS", "Address": "arn:aws:sns:eu-west-1:123456789012:alarms"}
ANA = {"SubscriptionType": "EMAIL", "Address": "ana@example.com"}
TAGS = [{"Key": "calstack:stack", "Value": "contract"}]


def budget(amount: str) -> dict[str, Any]:
    limit = {"Amount": amount, "Unit": "USD"}
    return {"BudgetName": "contract", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}


@pytest.fixture
def budgets(mended: Client) -> Any:
    client = mended("budgets")
    client.create_budget(
        **ACCOUNT,
        Budget=budget("150"),
        NotificationsWithSubscribers=[{"Notification": AT_80, "Subscribers": [TOPIC]}],
        ResourceTags=TAGS,
    )
    yield client
    client.delete_budget(**NAMED)


@pytest.mark.parametrize(
    ("call", "given"),
    [
        ("update_budget", {**ACCOUNT, "NewBudget": budget("1")}),
        ("describe_subscribers_for_notification", {**NAMED, "Notification": AT_80}),
        ("create_subscriber", {**NAMED, "Notification": AT_80, "Subscriber": ANA}),
        ("tag_resource", {"ResourceARN": ARN, "ResourceTags": TAGS}),
        ("list_tags_for_resource", {"ResourceARN": ARN}),
    ],
)
def test_moto_lacks_it(plain: Client, call: str, given: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(plain("budgets"), call)(**given)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 400


def test_an_amount_is_a_decimal_number(budgets: Any) -> None:
    assert budgets.describe_budget(**NAMED)["Budget"]["BudgetLimit"] == {"Amount": "150.0", "Unit": "USD"}


def test_it_is_replaced_but_for_who_is_told(budgets: Any) -> None:
    budgets.update_budget(**ACCOUNT, NewBudget=budget("99.5"))
    assert budgets.describe_budget(**NAMED)["Budget"]["BudgetLimit"]["Amount"] == "99.5"
    assert len(budgets.describe_notifications_for_budget(**NAMED)["Notifications"]) == 1
    with pytest.raises(ClientError, match="doesn't exist"):
        budgets.update_budget(**ACCOUNT, NewBudget={**budget("1"), "BudgetName": "nobody"})


def test_subscribers(budgets: Any) -> None:
    which = {**NAMED, "Notification": AT_80}
    assert budgets.describe_subscribers_for_notification(**which)["Subscribers"] == [TOPIC]
    budgets.create_subscriber(**which, Subscriber=ANA)
    assert budgets.describe_subscribers_for_notification(**which)["Subscribers"] == [TOPIC, ANA]
    with pytest.raises(ClientError) as twice:
        budgets.create_subscriber(**which, Subscriber=ANA)
    assert twice.value.response["Error"]["Code"] == "DuplicateRecordException"
    budgets.delete_subscriber(**which, Subscriber=TOPIC)
    assert budgets.describe_subscribers_for_notification(**which)["Subscribers"] == [ANA]
    with pytest.raises(ClientError) as unknown:
        budgets.describe_subscribers_for_notification(**NAMED, Notification={**AT_80, "Threshold": 1.0})
    assert unknown.value.response["Error"]["Code"] == "NotFoundException"


def test_a_notification_there_is_already_is_refused(plain: Client, budgets: Any) -> None:
    given = {**NAMED, "Notification": AT_80, "Subscribers": [ANA]}
    plain("budgets").create_budget(**ACCOUNT, Budget=budget("150"))
    for _ in range(2):
        plain("budgets").create_notification(**given)
    with pytest.raises(ClientError) as caught:
        budgets.create_notification(**given)
    assert caught.value.response["Error"]["Code"] == "DuplicateRecordException"


def test_tags(budgets: Any) -> None:
    assert budgets.list_tags_for_resource(ResourceARN=ARN)["ResourceTags"] == TAGS
    budgets.tag_resource(ResourceARN=ARN, ResourceTags=[{"Key": "more", "Value": "1"}])
    budgets.untag_resource(ResourceARN=ARN, ResourceTagKeys=["calstack:stack"])
    assert budgets.list_tags_for_resource(ResourceARN=ARN)["ResourceTags"] == [{"Key": "more", "Value": "1"}]
