"""What cannot be built is refused by the variable's name."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.inputs import check, refuse_unknown
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.topic import unconfirmed
from monitoring_account import FULL

UNKNOWN = "(known after apply)"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"balancer_arn": ""}, "monitoring_balancer_arn is empty: run the component alb first"),
        ({"target_group_arns": {"green": "x"}}, "monitoring_target_group_arns has none for blue"),
        ({"target_group_arns": {}}, "has none for blue and green"),
        ({"emails": ["ana@example.com", "ben"]}, "monitoring_emails: 'ben' is no address"),
        ({"emails": ["ana@example.com "]}, "is no address"),
        ({"minimum_requests": 0}, "monitoring_minimum_requests is 0: give at least 1"),
        ({"tasks_min": -1}, "monitoring_tasks_min is -1: give at least 0"),
        ({"tasks_max": 0}, "monitoring_tasks_max is 0: give at least 1"),
        ({"tasks_min": 3, "tasks_max": 2}, "monitoring_tasks_max is 2 and monitoring_tasks_min 3"),
        ({"certificate_days": 0}, "monitoring_certificate_days is 0"),
        ({"log_errors": 0}, "monitoring_log_errors is 0"),
        ({"log_database": 0}, "monitoring_log_database is 0"),
        ({"budget_usd": -5.0}, "monitoring_budget_usd is -5: give at least 0"),
        ({"error_percent": 0.0}, "monitoring_error_percent is 0: give per cent"),
        ({"ceiling_percent": 100.0}, "monitoring_ceiling_percent is 100"),
        ({"latency_seconds": 0.0}, "monitoring_latency_seconds is 0: give more than 0 seconds"),
        ({"period": 45}, "monitoring_period is 45: CloudWatch takes 10, 20, 30, or whole minutes"),
        ({"period": 7200}, "monitoring_period is 7200"),
        ({"period": 0}, "monitoring_period is 0"),
        ({"error_pattern": ""}, "monitoring_error_pattern has 0 characters"),
        ({"database_pattern": "x" * 1025}, "monitoring_database_pattern has 1025 characters"),
    ],
)
def test_it_is_refused(given, words):
    with pytest.raises(InputError) as caught:
        check(FULL | given)
    assert words in str(caught.value)


@pytest.mark.parametrize("given", [{}, {"tasks_min": 0}, {"period": 10}, {"period": 3600}, {"budget_usd": 0.0}])
def test_it_is_taken(given):
    check(FULL | given)


@pytest.mark.parametrize(
    ("given", "component"),
    [
        ({"balancer_arn": UNKNOWN}, "alb"),
        ({"target_group_arns": {"blue": "x", "green": UNKNOWN}}, "alb"),
        ({"certificate_arns": [UNKNOWN]}, "dns"),
        ({"distribution_id": UNKNOWN}, "dns"),
    ],
)
def test_what_is_only_planned_is_refused_when_it_is_to_be_used(given, component):
    refuse_unknown(FULL)
    (option,) = given
    with pytest.raises(
        InputError, match=f"monitoring_{option} is .known after apply.: {component} has only been planned"
    ):
        refuse_unknown(FULL | given)


def test_who_has_not_confirmed_is_named():
    scope = Scope("dev", "monitoring", "calstack-dev")
    arn = "arn:aws:sns:eu-west-1:123456789012:calstack-dev-alarms:4c0e"
    found = [
        Found("subscription", "ana@example.com", arn),
        Found("subscription", "ben@example.com", "PendingConfirmation"),
        Found("topic", "calstack-dev-alarms", "pending"),
    ]
    (warning,) = unconfirmed(found, scope)
    assert warning.startswith("ben@example.com: alarms of calstack-dev do not arrive there until somebody")
    assert unconfirmed(found[:1], scope) == []
