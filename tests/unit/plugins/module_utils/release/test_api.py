import re
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import AwsError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._release import one_offs
from ansible_collections.calstack.aws.plugins.module_utils._release.api import Look
from ansible_collections.calstack.aws.plugins.module_utils._release.model import OneOff, Release, Scaling
from ansible_collections.calstack.aws.plugins.module_utils._release.one_offs import started_by
from ecs_account import CLUSTER, DIMENSION, catch_up, describe, give_up, register, services
from release_account import BLUE, GREEN, STACK, keeper, serving

RELEASE = Release(
    id="20260102-030405",
    kind="release",
    stack=STACK,
    image="x",
    label="x",
    stable="blue",
    candidate="green",
    stable_image="x",
    stable_task_definition="x",
    base_task_definition="x",
    steps=(),
    gates={},
)
EACH_TIME = {
    "DescribeServices": 1,
    "DescribeScalableTargets": 1,
    "DescribeRules": 1,
    "DescribeTargetHealth": 2,
}


@pytest.fixture(scope="module")
def built():
    with serving() as account:
        yield account, keeper()


@pytest.fixture
def aws(built):
    account, restore = built
    restore()
    account.calls.clear()
    return account


def modify(aws, rule, *groups, sticky=None, **more):
    forward = {"TargetGroups": [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]}
    forward["TargetGroupStickinessConfig"] = sticky or {"Enabled": False}
    aws("elbv2").modify_rule(RuleArn=rule, Actions=[{"Type": "forward", "Order": 1, "ForwardConfig": forward}])


def run(aws, name):
    revision = describe(aws, GREEN)["taskDefinition"]
    network = describe(aws, BLUE)["networkConfiguration"]
    made = aws("ecs").run_task(
        cluster=CLUSTER,
        taskDefinition=revision,
        launchType="FARGATE",
        networkConfiguration=network,
        startedBy=started_by(RELEASE.id, name),
    )
    return made["tasks"][0]["taskArn"]


def task(arn):
    return next(item for item in services()[0]._backend.tasks[CLUSTER].values() if item.task_arn == arn)


def test_the_world_as_the_site_has_built_it(aws):
    look = Look(aws, STACK, clock=lambda: 1000.0)
    world = look.world()
    blue, green = world.colours["blue"], world.colours["green"]
    assert world.at == 1000.0
    assert (world.weights, world.stickiness, world.others, world.test_colour) == (
        {"blue": 100, "green": 0},
        0,
        False,
        "green",
    )
    assert (blue.desired, blue.running, blue.rollout, blue.evidence, blue.maximum) == (2, 2, "steady", "", 10)
    assert (blue.scaling, green.scaling) == (Scaling(2), Scaling(0))
    assert blue.task_definition == describe(aws, BLUE)["taskDefinition"]
    assert blue.image.startswith("123456789012.dkr.ecr.")
    assert (green.desired, green.rollout, green.sticky) == (0, "steady", False)
    assert blue.group == look.places.groups["blue"]
    assert (look.places.environment, look.places.region, look.places.account) == ("dev", "eu-west-1", "123456789012")


def test_what_cannot_change_is_read_once(aws):
    look = Look(aws, STACK)
    look.world()
    for _ in range(2):
        aws.calls.clear()
        look.world(RELEASE)
        assert Counter(aws.calls) == EACH_TIME
    assert not aws.writes


def test_a_new_revision_is_read_and_the_old_one_is_not(aws):
    look = Look(aws, STACK)
    look.world()
    aws("ecs").update_service(cluster=CLUSTER, service=GREEN, taskDefinition=register(aws, GREEN, image="new"))
    catch_up()
    aws.calls.clear()
    assert look.world().colours["green"].image == "new"
    assert Counter(aws.calls) == EACH_TIME | {"DescribeTaskDefinition": 1}


def test_targets_are_counted_by_state(aws):
    look = Look(aws, STACK)
    group = look.places.groups["green"]
    aws("elbv2").register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.0.9"}, {"Id": "10.0.0.8"}])
    green = look.world().colours["green"]
    assert (green.healthy, green.targets) == (2, {"healthy": 2})


def test_a_sticky_target_group_is_seen(aws):
    look = Look(aws, STACK)
    attributes = [{"Key": "stickiness.enabled", "Value": "true"}, {"Key": "stickiness.type", "Value": "lb_cookie"}]
    aws("elbv2").modify_target_group_attributes(TargetGroupArn=look.places.groups["green"], Attributes=attributes)
    colours = look.world().colours
    assert (colours["blue"].sticky, colours["green"].sticky) == (False, True)


def test_weights_by_hand_and_stickiness_are_seen(aws):
    look = Look(aws, STACK)
    blue, green = look.places.groups["blue"], look.places.groups["green"]
    modify(aws, look.places.production, (blue, 3), (green, 1), sticky={"Enabled": True, "DurationSeconds": 60})
    modify(aws, look.places.test, (blue, 1), (green, 1))
    world = look.world()
    assert (world.weights, world.stickiness, world.share("green"), world.test_colour) == (
        {"blue": 3, "green": 1},
        60,
        25,
        "",
    )


def test_a_rule_that_goes_elsewhere_too_is_seen(aws):
    look = Look(aws, STACK)
    groups = aws("elbv2").describe_target_groups()["TargetGroups"]
    other = next(item["TargetGroupArn"] for item in groups if not item["TargetGroupName"].startswith(STACK))
    modify(aws, look.places.production, (look.places.groups["blue"], 1), (other, 1))
    world = look.world()
    assert world.others
    assert world.weights == {"blue": 1}


def test_evidence_is_asked_for_only_while_something_is_missing(aws):
    look = Look(aws, STACK)
    look.world()
    aws("ecs").update_service(cluster=CLUSTER, service=BLUE, desiredCount=3)
    give_up()
    aws.calls.clear()
    blue = look.world().colours["blue"]
    assert blue.rollout == "given up by ECS's deployment circuit breaker"
    assert "unable to place a task" in blue.evidence
    assert blue.evidence.startswith(" Last events: "), "it follows a sentence's end"
    assert Counter(aws.calls) == EACH_TIME | {"ListTasks": 1}


def test_why_targets_are_unhealthy_is_told_in_the_balancers_words(aws, monkeypatch):
    words = "Health checks failed with these codes: [503]"
    sick = {"State": "unhealthy", "Reason": "Target.ResponseCodeMismatch", "Description": words}
    answer = {"TargetHealthDescriptions": [{"TargetHealth": one} for one in (sick, sick, {"State": "healthy"})]}
    monkeypatch.setattr(aws("elbv2"), "describe_target_health", lambda **_: answer)
    blue = Look(aws, STACK).world().colours["blue"]
    assert blue.evidence == f" Targets are unhealthy: {words}."
    assert (blue.healthy, blue.targets) == (1, {"unhealthy": 2, "healthy": 1})


def test_one_off_tasks_are_found_by_name_until_they_are_recorded_as_done(aws):
    release = replace(RELEASE, one_offs=tuple(OneOff(name, ("true",)) for name in ("migrate", "seed", "later")))
    look = Look(aws, STACK)
    look.world()
    arns = {name: run(aws, name) for name in ("migrate", "seed")}
    stopped = task(arns["migrate"])
    stopped.status, stopped.desired_status, stopped.stopped_reason = "STOPPED", "STOPPED", "Essential container exited"
    stopped.containers[0].exitCode = 3
    aws.calls.clear()
    seen = look.world(release).one_offs
    assert Counter(aws.calls) == EACH_TIME | {"ListTasks": 2, "DescribeTasks": 2}
    assert {name: (item.arn, item.status, item.exit_code) for name, item in seen.items()} == {
        "migrate": (arns["migrate"], "STOPPED", 3),
        "seed": (arns["seed"], "PROVISIONING", None),
    }
    assert seen["migrate"].reason == "Essential container exited, container app: exit code 3"
    aws.calls.clear()
    assert look.world(replace(release, one_offs_done=("migrate", "seed", "later"))).one_offs == {}
    assert Counter(aws.calls) == EACH_TIME


def test_one_off_tasks_are_listed_as_ecs_takes_it(aws, monkeypatch):
    """ECS refuses `startedBy` beside another filter (moto does not), and lists a page of a hundred."""
    release, ecs = replace(RELEASE, one_offs=(OneOff("migrate", ("true",)),)), aws("ecs")
    pages = {"RUNNING": [["task/1"], ["task/2"]], "STOPPED": [[]]}
    asked = []

    def paginate(**given):
        asked.append(given)
        return [{"taskArns": arns} for arns in pages[given["desiredStatus"]]]

    def described(cluster, tasks):
        starter = {"task/1": "ecs-svc/7", "task/2": started_by(RELEASE.id, "migrate")}
        state = {"lastStatus": "RUNNING", "createdAt": "2026"}
        return {"tasks": [{"taskArn": arn, "startedBy": starter[arn], **state} for arn in tasks]}

    monkeypatch.setattr(ecs, "get_paginator", lambda _: SimpleNamespace(paginate=paginate))
    monkeypatch.setattr(ecs, "describe_tasks", described)
    found = one_offs.read(ecs, CLUSTER, release)
    assert {name: item.arn for name, item in found.items()} == {"migrate": "task/2"}
    assert asked == [{"cluster": CLUSTER, "family": GREEN, "desiredStatus": item} for item in ("RUNNING", "STOPPED")]


def test_an_environment_that_is_not_built_says_what_to_run(aws):
    with pytest.raises(InputError, match=r"calstack-prod-alb is not there.*site\.yml --limit alb"):
        Look(aws, "calstack-prod").world()


def test_without_a_scalable_target_it_says_so(aws):
    aws("application-autoscaling").deregister_scalable_target(**DIMENSION, ResourceId=f"service/{CLUSTER}/{GREEN}")
    with pytest.raises(InputError, match=rf"scalable target service/{CLUSTER}/{GREEN} is not there"):
        Look(aws, STACK).world()


def test_a_rule_without_its_tags_is_not_guessed(aws):
    rule = Look(aws, STACK).places.production
    aws("elbv2").remove_tags(ResourceArns=[rule], TagKeys=["Name"])
    with pytest.raises(InputError, match=r"rule calstack-dev-production .*--limit alb"):
        Look(aws, STACK).world()


def test_two_rules_of_one_name_are_not_chosen_from(aws):
    places = Look(aws, STACK).places
    aws("elbv2").add_tags(ResourceArns=[places.test], Tags=[{"Key": "Name", "Value": "calstack-dev-production"}])
    with pytest.raises(InputError, match="two rules are tagged calstack-dev-production"):
        Look(aws, STACK).world()


def test_what_aws_refuses_says_what_was_being_done(aws):
    look = Look(aws, STACK)
    look.world()
    aws("elbv2").delete_rule(RuleArn=look.places.test)
    with pytest.raises(AwsError, match=r"reading the rules of calstack-dev: AWS answered RuleNotFound"):
        look.world()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("migrate", "r1/migrate"), ("seed data", r"r1/seed_data-[0-9a-f]{12}"), ("x" * 200, r"r1/x{112}-[0-9a-f]{12}")],
)
def test_started_by_is_what_ecs_takes(name, expected):
    assert re.fullmatch(expected, started_by("r1", name))
    assert len(started_by("r1", name)) <= 128


def test_names_that_ecs_does_not_take_stay_apart():
    assert started_by("r1", "a b") != started_by("r1", "a_b") != started_by("r1", "a.b")
