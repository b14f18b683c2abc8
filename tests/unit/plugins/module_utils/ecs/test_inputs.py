"""Bad input: each with one message, in the role's words."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._ecs.capacity import Bounds, check_greatest
from ansible_collections.calstack.aws.plugins.module_utils._ecs.fargate import SIZES, check_size
from ansible_collections.calstack.aws.plugins.module_utils._ecs.inputs import (
    as_text,
    check,
    refuse_unknown,
    value_from,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import role_name
from ansible_collections.calstack.aws.plugins.modules.ecs import OPTIONS
from hypothesis import given
from hypothesis import strategies as st

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/app-AbCdEf"
REGION = "eu-west-1"
GOOD = {name: option["default"] for name, option in OPTIONS.items()} | {
    "subnet_ids": ["subnet-1"],
    "security_group_ids": ["sg-1"],
    "target_group_arns": {"blue": "arn:b", "green": "arn:g"},
    "repository_uri": "registry/app",
    "repository_arn": "arn:repository",
}


def test_the_defaults_are_good():
    check(GOOD, "calstack-dev", REGION)
    refuse_unknown(GOOD)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cpu": 300}, "app_cpu is 300; Fargate offers 256, 512, 1024, 2048, 4096, 8192 or 16384"),
        ({"memory": 4096}, "app_memory is 4096 MiB; with app_cpu 256 Fargate offers 512, 1024 or 2048"),
        ({"cpu": 2048, "memory": 512}, "offers 4096 to 16384 in steps of 1024"),
        ({"log_retention_days": 31}, "one of these: 1, 3, 5, 7, 14, 30, 60"),
        ({"tasks_min": 11}, "app_tasks_min is 11, more than app_tasks_max, 10"),
        ({"tasks_min": 0}, "app_tasks_min is 0; it must be from 1"),
        ({"stop_timeout": 121}, "ecs_stop_timeout is 121; it must be from 1 to 120"),
        ({"port": 70000}, "app_port is 70000"),
        ({"target_group_arns": {"blue": "x"}}, "ecs_target_group_arns has none for green: run the component alb"),
        ({"subnet_ids": []}, "ecs_subnet_ids is empty: run the component vpc first"),
        ({"repository_uri": ""}, "ecs_repository_uri is empty: run the component ecr first"),
        ({"environment": {"A-B": "1"}}, "'A-B' cannot be the name"),
        ({"environment": {"KEY": "1"}, "secrets": {"KEY": ARN}}, "both in app_environment and among the secrets: KEY"),
        ({"environment": {"APP_COLOUR": "red"}}, "APP_COLOUR is the deployment's own"),
        ({"secrets": {"KEY": ""}}, "ecs_secrets: KEY must be a secret's ARN"),
        ({"secrets": {"KEY": {"secret": ARN, "name": "x"}}}, "ecs_secrets: KEY"),
    ],
)
def test_what_cannot_be_is_refused(given, words):
    with pytest.raises(InputError) as refused:
        check(GOOD | given, "calstack-dev", REGION)
    assert words in str(refused.value)


def test_names_over_iams_limit_are_refused():
    with pytest.raises(InputError, match="shorten app_name or env_name"):
        check(GOOD, "x" * 41, REGION)


def test_a_role_is_of_a_region_because_iam_is_of_none():
    """The same stack in two regions."""
    check(GOOD, "x" * 40, REGION)
    assert role_name("calstack-dev", REGION, "task") == "calstack-dev-eu-west-1-ecs-task"
    assert role_name("calstack-dev", "us-east-1", "task") != role_name("calstack-dev", REGION, "task")


@pytest.mark.parametrize(
    "given",
    [{"subnet_ids": [KNOWN_AFTER_APPLY]}, {"target_group_arns": {"blue": "x", "green": KNOWN_AFTER_APPLY}}],
)
def test_what_is_only_planned_is_refused(given):
    with pytest.raises(InputError, match="has only been planned"):
        refuse_unknown(GOOD | given)


@given(st.integers(0, 20000), st.integers(0, 130000))
def test_a_size_is_taken_exactly_when_fargate_offers_it(cpu, memory):
    offered = memory in SIZES.get(cpu, ())
    try:
        check_size(cpu, memory)
    except InputError:
        assert not offered
    else:
        assert offered


def test_a_secret_is_named_by_its_arn_and_key():
    assert value_from("KEY", ARN) == f"{ARN}:KEY::"
    assert value_from("KEY", {"secret": ARN, "key": "other"}) == f"{ARN}:other::"


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (0, "0"), (None, ""), ("x", "x"), (1.5, "1.5")])
def test_values_become_words(value, text):
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("desired", "bounds", "words"),
    [
        (5, Bounds(2, 10), "would stop 2 of them at once"),
        (5, None, "would stop 2 of them at once"),
        (0, Bounds(4, 10), "may not go below 4"),
    ],
)
def test_a_maximum_that_would_stop_tasks_is_refused(desired, bounds, words):
    with pytest.raises(InputError, match=words):
        check_greatest(3, {"blue": desired}, {"blue": bounds} if bounds else {})


def test_a_maximum_that_is_set_already_is_not_discussed():
    check_greatest(3, {"blue": 5}, {"blue": Bounds(2, 3)})
    check_greatest(3, {"blue": 3, "green": 0}, {"blue": Bounds(2, 10), "green": Bounds(0, 10)})
