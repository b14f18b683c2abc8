"""What AWS is asked, of environments that are whole, half-built or just gone."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._status.api import colours
from botocore.exceptions import ClientError

PUBLISHED = {
    "ecs_cluster_arn": "cluster",
    "ecs_service_arns": {"blue": "service-blue", "green": "service-green"},
    "alb_rule_arns": {"production": "rule"},
    "alb_target_group_arns": {"blue": "group-blue", "green": "group-green"},
}


def service(colour, **more):
    return {
        "serviceArn": f"service-{colour}",
        "status": "ACTIVE",
        "taskDefinition": f"arn:task-definition/{colour}:7",
        "desiredCount": 2,
        "runningCount": 1,
        "pendingCount": 1,
        "deployments": [{"status": "ACTIVE"}, {"status": "PRIMARY", "rolloutState": "IN_PROGRESS"}],
        "events": [{"message": "has started 1 task"}],
    } | more


def forward(**weights):
    groups = [{"TargetGroupArn": f"group-{colour}", "Weight": weight} for colour, weight in weights.items()]
    return {"Rules": [{"Actions": [{"ForwardConfig": {"TargetGroups": groups}}]}]}


def answers(**replaced):
    container = {"name": "app", "image": "app:1"}
    return {
        "describe_rules": forward(blue=90, green=10),
        "describe_services": {"services": [service("blue"), service("green")]},
        "describe_task_definition": {"taskDefinition": {"containerDefinitions": [container]}},
        "describe_target_health": {"TargetHealthDescriptions": [{"TargetHealth": {"State": "healthy"}}]},
    } | replaced


def aws(**replaced):
    """All services in one client, which answers each call with the same, or with an error of that code."""
    given = answers(**replaced)

    class Client:
        def __getattr__(self, call):
            def answer(**_):
                if isinstance(given[call], str):
                    raise ClientError({"Error": {"Code": given[call], "Message": "no"}}, call)
                return given[call]

            return answer

    return lambda _service: Client()


def test_a_whole_environment():
    blue, green = colours(aws(), PUBLISHED)
    assert (blue.name, blue.weight, blue.desired, blue.running, blue.pending) == ("blue", 90, 2, 1, 1)
    assert (blue.image, blue.revision, blue.rollout) == ("app:1", "7", "in progress")
    assert (blue.health, blue.last_event) == ({"healthy": 1}, "has started 1 task")
    assert (green.name, green.weight) == ("green", 10)


@pytest.mark.parametrize("rules", [{}, {"alb_rule_arns": {}}, {"alb_rule_arns": {"test": "rule"}}])
def test_without_a_production_rule_no_colour_has_weight(rules):
    published = {key: value for key, value in PUBLISHED.items() if key != "alb_rule_arns"} | rules
    assert [item.weight for item in colours(aws(), published)] == [0, 0]


def test_a_rule_that_has_just_gone():
    assert [item.weight for item in colours(aws(describe_rules="RuleNotFound"), PUBLISHED)] == [0, 0]


def test_a_cluster_that_has_gone_or_is_not_published():
    assert colours(aws(describe_services="ClusterNotFoundException"), PUBLISHED) == []
    assert colours(aws(), PUBLISHED | {"ecs_cluster_arn": ""}) == []
    assert colours(aws(), {key: value for key, value in PUBLISHED.items() if key != "ecs_cluster_arn"}) == []


def test_a_target_group_that_has_just_gone():
    assert colours(aws(describe_target_health="TargetGroupNotFound"), PUBLISHED)[0].health == {}


def test_one_colour_only():
    services = {"services": [service("blue", status="INACTIVE"), service("green")]}
    assert [item.name for item in colours(aws(describe_services=services), PUBLISHED)] == ["green"]
    groups = {"alb_target_group_arns": {"blue": "group-blue"}}
    assert [item.name for item in colours(aws(), PUBLISHED | groups)] == ["blue"]


def test_a_service_without_a_primary_deployment():
    services = {"services": [service("blue", deployments=[], events=[])]}
    (blue,) = colours(aws(describe_services=services), PUBLISHED)
    assert (blue.rollout, blue.last_event) == ("no deployment", "")


@pytest.mark.parametrize("call", answers())
def test_a_refusal_is_not_read_as_absent(call):
    with pytest.raises(ClientError):
        colours(aws(**{call: "AccessDeniedException"}), PUBLISHED)
