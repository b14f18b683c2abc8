"""The component against an emulated account."""

import json

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import ForeignError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.show import show
from monitoring_account import ALARMS, EVERYTHING, FULL, TOPIC, destroy, ready, site, steps

HURT = "calstack-dev-users-hurt"
BOARD = "calstack-dev-eu-west-1"
BUDGET = {"AccountId": "123456789012", "BudgetName": "calstack-dev"}


@pytest.fixture
def aws():
    with ready() as made:
        yield made


def alarms(aws):
    answer = aws("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return {item["AlarmName"]: item for item in [*answer["MetricAlarms"], *answer["CompositeAlarms"]]}


def test_everything_is_made_once_and_published(aws):
    result, published = site(aws)
    assert steps(result) == [f"create {name}" for name in EVERYTHING]
    console = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
    assert published == {
        "monitoring_topic_arn": TOPIC,
        "monitoring_alarm_names": [*(f"calstack-dev-{name}" for name in ALARMS), HURT],
        "monitoring_dashboard_url": f"{console}#dashboards/dashboard/{BOARD}",
    }
    aws.calls.clear()
    again, same = site(aws)
    assert not again.changes
    assert same == published
    assert not aws.writes


def test_only_what_users_do_not_notice_tells_by_itself(aws):
    """So that an outage is one message, and its end another."""
    site(aws)
    telling = {name for name, item in alarms(aws).items() if item["AlarmActions"] == [TOPIC]}
    silent = {f"calstack-dev-{name}" for name in ("target-errors", "balancer-errors", "latency", "too-few-tasks")}
    assert telling == alarms(aws).keys() - silent
    assert [name for name, item in alarms(aws).items() if item["OKActions"]] == [HURT]
    assert alarms(aws)[HURT]["AlarmRule"].count("ALARM(") == len(silent)
    assert all(f'ALARM("{name}")' in alarms(aws)[HURT]["AlarmRule"] for name in silent)


def test_alarms_and_budgets_of_this_account_may_publish_and_nobody_else(aws):
    site(aws)
    attributes = aws("sns").get_topic_attributes(TopicArn=TOPIC)["Attributes"]
    assert not attributes.get("KmsMasterKeyId")
    found = {item["Principal"]["Service"][0]: item for item in json.loads(attributes["Policy"])["Statement"]}
    assert set(found) == {"cloudwatch.amazonaws.com", "budgets.amazonaws.com"}
    for statement in found.values():
        assert statement["Resource"] == [TOPIC]
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": ["123456789012"]}
    sources = {name: item["Condition"]["ArnLike"]["aws:SourceArn"] for name, item in found.items()}
    assert sources["cloudwatch.amazonaws.com"] == ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*"]
    assert sources["budgets.amazonaws.com"] == ["arn:aws:budgets::123456789012:*"]


def test_the_budget_is_the_stacks_and_tells_in_time(aws):
    site(aws)
    budgets = aws("budgets")
    budget = budgets.describe_budget(**BUDGET)["Budget"]
    assert budget["BudgetLimit"] == {"Amount": "140.0", "Unit": "USD"}
    assert (budget["TimeUnit"], budget["BudgetType"]) == ("MONTHLY", "COST")
    assert budget["CostFilters"] == {"TagKeyValue": ["user:calstack:stack$calstack-dev"]}
    notifications = budgets.describe_notifications_for_budget(**BUDGET)["Notifications"]
    assert sorted((item["NotificationType"], item["Threshold"]) for item in notifications) == [
        ("ACTUAL", 80),
        ("ACTUAL", 100),
        ("FORECASTED", 100),
    ]
    for notification in notifications:
        answer = budgets.describe_subscribers_for_notification(**BUDGET, Notification=notification)
        assert answer["Subscribers"] == [{"SubscriptionType": "SNS", "Address": TOPIC}]


def test_what_drifted_is_put_back(aws):
    site(aws)
    cloudwatch, sns, budgets = aws("cloudwatch"), aws("sns"), aws("budgets")
    arn = alarms(aws)["calstack-dev-latency"]["AlarmArn"]
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["Name"])
    cloudwatch.disable_alarm_actions(AlarmNames=["calstack-dev-log-errors"])
    changed = alarms(aws)["calstack-dev-target-errors"]
    keys = ("AlarmName", "ComparisonOperator", "EvaluationPeriods", "DatapointsToAlarm", "Metrics", "AlarmDescription")
    cloudwatch.put_metric_alarm(
        **{key: changed[key] for key in keys}, Threshold=50.0, TreatMissingData="notBreaching", ActionsEnabled=True
    )
    cloudwatch.put_composite_alarm(AlarmName=HURT, AlarmRule='ALARM("calstack-dev-latency")')
    cloudwatch.put_dashboard(DashboardName=BOARD, DashboardBody='{"widgets": []}')
    aws("logs").put_metric_filter(
        logGroupName="/calstack-dev/app",
        filterName="calstack-dev-errors",
        filterPattern="nothing",
        metricTransformations=[{"metricName": "errors", "metricNamespace": "calstack-dev", "metricValue": "1"}],
    )
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue='{"Statement": []}')
    budgets.update_budget(
        AccountId="123456789012",
        NewBudget={
            "BudgetName": "calstack-dev",
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "999", "Unit": "USD"},
        },
    )
    first = budgets.describe_notifications_for_budget(**BUDGET)["Notifications"][0]
    second = budgets.describe_notifications_for_budget(**BUDGET)["Notifications"][1]
    budgets.delete_notification(**BUDGET, Notification=first)
    subscriber = {"SubscriptionType": "SNS", "Address": TOPIC}
    budgets.delete_subscriber(**BUDGET, Notification=second, Subscriber=subscriber)
    aws.calls.clear()
    drift, _ = site(aws, check=True)
    assert steps(drift) == [
        "update topic calstack-dev-alarms",
        "update metric filter calstack-dev-errors",
        "update alarm calstack-dev-target-errors",
        "update alarm calstack-dev-latency",
        "update alarm calstack-dev-log-errors",
        f"update composite alarm {HURT}",
        f"update dashboard {BOARD}",
        "update budget calstack-dev",
    ]
    assert not aws.writes
    text = show(drift.changes)
    assert "threshold: 50.0 -> 5.0" in text
    assert "limit_usd: 999.0 -> 140.0" in text
    assert "pattern: nothing -> ?ERROR ?CRITICAL ?Traceback" in text
    site(aws)
    assert not site(aws, check=True)[0].changes


def test_one_more_threshold_is_one_alarm_and_one_graph(aws):
    site(aws)
    result, _ = site(aws, check=True, latency_seconds=1.5)
    assert steps(result) == ["update alarm calstack-dev-latency", f"update dashboard {BOARD}"]
    assert [set(change.after) for change in result.changes] == [{"description", "threshold"}, {"widgets"}]
    changed = [line for line in show(result.changes).splitlines() if line.startswith("    widgets")]
    assert len(changed) == 1
    assert "Latency" in changed[0]


def test_what_is_switched_off_goes(aws):
    site(aws)
    less = {"dashboard": False, "budget_usd": 0.0, "certificate_arns": [], "tasks_min": 0, "emails": []}
    result, published = site(aws, **less)
    assert steps(result)[-4:] == [
        "delete budget calstack-dev",
        f"delete dashboard {BOARD}",
        "delete alarm calstack-dev-certificate",
        "delete alarm calstack-dev-too-few-tasks",
    ]
    assert published["monitoring_dashboard_url"] == ""
    assert not site(aws, **less)[0].changes


def test_subscriptions_of_others_stay(aws):
    site(aws)
    aws("sns").subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="ben@example.com")
    result, _ = site(aws, emails=["eva@example.com"])
    assert steps(result) == ["create subscription eva@example.com"]
    listed = aws("sns").list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    assert {item["Endpoint"] for item in listed} == {"ana@example.com", "ben@example.com", "eva@example.com"}


def test_another_kind_of_subscription_of_the_same_address_is_none(aws):
    site(aws, emails=[])
    aws("sns").subscribe(TopicArn=TOPIC, Protocol="email-json", Endpoint="ana@example.com")
    assert steps(site(aws)[0]) == ["create subscription ana@example.com"]


def test_a_budget_of_other_costs_and_lost_tags_are_put_back(aws):
    site(aws)
    other = aws("budgets").describe_budget(**BUDGET)["Budget"] | {"CostFilters": {"TagKeyValue": ["user:a$b"]}}
    keys = ("BudgetName", "BudgetType", "TimeUnit", "BudgetLimit", "CostFilters")
    new = {key: other[key] for key in keys}
    aws("budgets").update_budget(AccountId="123456789012", NewBudget=new)
    arn = "arn:aws:budgets::123456789012:budget/calstack-dev"
    aws("budgets").untag_resource(ResourceARN=arn, ResourceTagKeys=["Name"])
    aws("cloudwatch").untag_resource(
        ResourceARN=f"arn:aws:cloudwatch::123456789012:dashboard/{BOARD}", TagKeys=["Name"]
    )
    aws("sns").untag_resource(ResourceArn=TOPIC, TagKeys=["Name"])
    result, _ = site(aws)
    assert [(change.kind, set(change.after)) for change in result.changes] == [
        ("topic", {"tags"}),
        ("dashboard", {"tags"}),
        ("budget", {"costs_of", "tags"}),
    ]
    assert not site(aws)[0].changes


def test_people_may_be_told_by_the_budget_besides(aws):
    site(aws)
    budgets = aws("budgets")
    early = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 50.0}
    me = {"SubscriptionType": "EMAIL", "Address": "ana@example.com"}
    budgets.create_notification(**BUDGET, Notification=early, Subscribers=[me])
    first = budgets.describe_notifications_for_budget(**BUDGET)["Notifications"][0]
    budgets.create_subscriber(**BUDGET, Notification=first, Subscriber=me)
    assert not site(aws)[0].changes


def test_a_key_of_the_customers_encrypts_the_topic(aws):
    site(aws)
    result, _ = site(aws, kms_key_id="alias/alarms")
    assert steps(result) == ["update topic calstack-dev-alarms"]
    assert aws("sns").get_topic_attributes(TopicArn=TOPIC)["Attributes"]["KmsMasterKeyId"] == "alias/alarms"
    assert not site(aws, kms_key_id="alias/alarms")[0].changes
    assert steps(site(aws)[0]) == ["update topic calstack-dev-alarms"]


@pytest.mark.parametrize("died_after", range(1, len(EVERYTHING)))
def test_a_killed_run_is_completed(aws, died_after):
    from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge
    from ansible_collections.calstack.aws.plugins.module_utils._monitoring.component import monitoring
    from monitoring_account import scope

    component = monitoring()
    params = FULL | component.survey(aws, FULL, scope())
    made = component.wanted(params, scope())[:died_after]
    needed = {item.kind for item in made}
    converge([kind(aws, scope()) for kind in component.kinds if kind.kind in needed], made)
    assert steps(site(aws)[0]) == [f"create {name}" for name in EVERYTHING[died_after:]]


def test_check_mode_on_an_empty_account_writes_nothing(aws):
    aws("logs").delete_log_group(logGroupName="/calstack-dev/app")
    aws.calls.clear()
    unknown = "(known after apply)"
    result, published = site(
        aws, check=True, balancer_arn=unknown, target_group_arns={"blue": unknown, "green": unknown}
    )
    assert steps(result) == [f"create {name}" for name in EVERYTHING]
    assert published["monitoring_topic_arn"] == unknown
    assert not aws.writes


def test_absent_takes_all_down_and_leaves_other_environments_alone(aws):
    site(aws)
    site(aws, "prod")
    aws.calls.clear()
    gone = [f"delete {name}" for name in reversed(EVERYTHING) if not name.startswith("subscription")]
    assert steps(destroy(aws, check=True)) == gone
    assert not aws.writes
    assert steps(destroy(aws)) == gone
    assert not destroy(aws).changes
    assert not [name for name in alarms(aws) if not name.startswith("calstack-prod-")]
    assert not site(aws, "prod")[0].changes


def test_absent_without_a_log_group_is_fine(aws):
    site(aws)
    aws("logs").delete_log_group(logGroupName="/calstack-dev/app")
    destroy(aws)
    assert not destroy(aws).changes


def test_a_strangers_of_our_name_are_neither_taken_nor_deleted(aws):
    cloudwatch = aws("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="calstack-dev-latency",
        Namespace="Theirs",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.put_composite_alarm(AlarmName=HURT, AlarmRule="FALSE")
    cloudwatch.put_dashboard(DashboardName=BOARD, DashboardBody='{"widgets": []}')
    aws("sns").create_topic(Name="calstack-dev-alarms")
    budget = {"BudgetName": "calstack-dev", "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    aws("budgets").create_budget(
        AccountId="123456789012", Budget=budget | {"BudgetLimit": {"Amount": "1", "Unit": "USD"}}
    )
    assert not destroy(aws).changes
    with pytest.raises(ForeignError):
        site(aws)


def test_metric_filters_that_people_have_added_stay(aws):
    site(aws)
    aws("logs").put_metric_filter(
        logGroupName="/calstack-dev/app",
        filterName="calstack-dev-logins",
        filterPattern="login",
        metricTransformations=[{"metricName": "logins", "metricNamespace": "calstack-dev", "metricValue": "1"}],
    )
    assert not site(aws)[0].changes
    destroy(aws)
    left = aws("logs").describe_metric_filters(logGroupName="/calstack-dev/app")["metricFilters"]
    assert [item["filterName"] for item in left] == ["calstack-dev-logins"]


def test_what_is_only_planned_is_not_built_on(aws):
    with pytest.raises(InputError, match=r"monitoring_balancer_arn is .known after apply.: alb has only been planned"):
        site(aws, balancer_arn="(known after apply)")
    assert not aws.writes


def test_without_its_log_group_nothing_is_made(aws):
    aws("logs").delete_log_group(logGroupName="/calstack-dev/app")
    aws.calls.clear()
    with pytest.raises(
        InputError, match=r"there is no log group /calstack-dev/app whose .* run the component ecs first"
    ):
        site(aws)
    assert not aws.writes
