from types import SimpleNamespace

import boto3
import botocore.stub
import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import AwsError, CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._release.action import (
    KeepImage,
    RegisterRevision,
    RunOneOff,
    SetScaling,
    SetTestRule,
    SetWeights,
    StopOneOff,
    UpdateService,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.api import Look
from ansible_collections.calstack.aws.plugins.module_utils._release.effects import Hands
from ansible_collections.calstack.aws.plugins.module_utils._release.model import OneOff, Scaling
from ecs_account import CLUSTER, catch_up, describe, register, target
from ecs_account import services as records
from release_account import BLUE, GREEN, STACK, hands, image, keeper, serving

from lab.ecs.records import set_rollout
from lab.ecs.scheduler import Rollout

HELD = Scaling(0, scale_in=True, scale_out=True, scheduled=True)


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


def rule(aws, purpose):
    return getattr(Look(aws, STACK).places, purpose)


def described_rule(aws, purpose):
    return aws("elbv2").describe_rules(RuleArns=[rule(aws, purpose)])["Rules"][0]


def test_setting_weights_is_one_call_and_keeps_the_conditions(aws):
    before = described_rule(aws, "production")["Conditions"]
    does = hands(aws)
    assert does.do(SetWeights({"blue": 90, "green": 10}, 60)) == ""
    assert aws.calls == ["ModifyRule"]
    after = described_rule(aws, "production")
    config = after["Actions"][0]["ForwardConfig"]
    assert after["Conditions"] == before
    assert [item["Weight"] for item in config["TargetGroups"]] == [90, 10]
    assert config["TargetGroupStickinessConfig"] == {"Enabled": True, "DurationSeconds": 60}
    world = Look(aws, STACK).world()
    assert (world.weights, world.stickiness) == ({"blue": 90, "green": 10}, 60)


def test_a_colour_that_is_left_out_is_not_named_any_more(aws):
    hands(aws).do(SetWeights({"blue": 100}))
    world = Look(aws, STACK).world()
    assert (world.weights, world.stickiness, world.share("blue")) == ({"blue": 100}, 0, 100)


def test_weights_that_serve_nobody_are_refused(aws):
    does = hands(aws)
    with pytest.raises(CalstackError, match="nothing has been changed"):
        does.do(SetWeights({"blue": 0, "green": 0}))
    assert aws.calls == []


def test_the_test_rule_goes_to_one_colour(aws):
    does = hands(aws)
    does.do(SetTestRule("blue"))
    assert aws.calls == ["ModifyRule"]
    world = Look(aws, STACK).world()
    assert (world.test_colour, world.weights) == ("blue", {"blue": 100, "green": 0})


def test_a_revision_is_the_base_with_image_and_colour(aws):
    new, base = image(aws, "v2"), describe(aws, BLUE)["taskDefinition"]
    does = hands(aws)
    arn = does.do(RegisterRevision("green", base, new))
    assert aws.writes == ["RegisterTaskDefinition"]
    made = aws("ecs").describe_task_definition(taskDefinition=arn, include=["TAGS"])
    app = made["taskDefinition"]["containerDefinitions"][0]
    assert (made["taskDefinition"]["family"], app["image"]) == (GREEN, new)
    assert {"name": "APP_COLOUR", "value": "green"} in app["environment"]
    tags = {tag["key"]: tag["value"] for tag in made["tags"]}
    assert tags["calstack:environment"] == "dev"
    assert (tags["calstack:component"], tags["calstack:stack"], tags["Name"]) == ("ecs", STACK, GREEN)


def test_an_equal_revision_is_taken(aws):
    new, base = image(aws, "v2"), describe(aws, BLUE)["taskDefinition"]
    does = hands(aws)
    arn = does.do(RegisterRevision("green", base, new))
    aws.calls.clear()
    assert does.do(RegisterRevision("green", base, new)) == arn
    assert not aws.writes


def test_a_revision_that_ecs_gave_up_on_is_not_taken_again(aws):
    new, base = image(aws, "v2"), describe(aws, BLUE)["taskDefinition"]
    does = hands(aws)
    first = does.do(RegisterRevision("green", base, new))
    does.do(UpdateService("green", 2, first))
    set_rollout(next(item for item in records() if item.name == GREEN), Rollout.FAILED, "failed")
    second = does.do(RegisterRevision("green", base, new))
    assert second != first
    assert does.do(RegisterRevision("green", base, new)) == second


def test_what_others_have_added_to_the_base_stays(aws):
    arn = register(aws, BLUE, ulimits=[{"name": "nofile", "softLimit": 9, "hardLimit": 9}])
    made = hands(aws).do(RegisterRevision("green", arn, image(aws, "v2")))
    revision = aws("ecs").describe_task_definition(taskDefinition=made)["taskDefinition"]
    assert revision["containerDefinitions"][0]["ulimits"] == [{"name": "nofile", "softLimit": 9, "hardLimit": 9}]


def test_a_service_gets_its_revision_and_its_size_once(aws):
    arn = register(aws, GREEN, image=image(aws, "v2"))
    does = hands(aws)
    for _ in range(2):
        does.do(UpdateService("green", 2, arn))
    assert aws.calls == ["DescribeServices", "DescribeTaskDefinition", "UpdateService", "DescribeServices"]
    green = describe(aws, GREEN)
    assert (green["taskDefinition"], green["desiredCount"]) == (arn, 2)
    assert len(green["loadBalancers"]) == 1


def test_a_size_alone_leaves_the_revision(aws):
    before = describe(aws, BLUE)
    does = hands(aws)
    does.do(UpdateService("blue", 5))
    assert aws.calls == ["DescribeServices", "UpdateService"]
    after = describe(aws, BLUE)
    assert (after["desiredCount"], after["taskDefinition"]) == (5, before["taskDefinition"])


def test_another_container_port_goes_to_the_target_group_too(aws):
    ports = [{"containerPort": 8080, "protocol": "tcp"}]
    arn = register(aws, GREEN, image=image(aws, "v2"), portMappings=ports)
    group = describe(aws, GREEN)["loadBalancers"][0]["targetGroupArn"]
    hands(aws).do(UpdateService("green", 1, arn))
    (balancer,) = describe(aws, GREEN)["loadBalancers"]
    assert (balancer["containerPort"], balancer["targetGroupArn"]) == (8080, group)


class Recording:
    """Clients whose calls are kept with their arguments."""

    def __init__(self, aws):
        self.aws, self.calls = aws, []

    def __call__(self, service):
        client = self.aws(service)

        def attribute(name):
            method = getattr(client, name)
            return lambda **given: (self.calls.append((name, given)), method(**given))[1]

        return type("Client", (), {"__getattr__": lambda _, name: attribute(name) if "_" in name else None})()


def test_a_service_is_never_forced_and_its_size_is_always_said(aws):
    arn = register(aws, GREEN, image=image(aws, "v2"))
    recording = Recording(aws)
    Hands(recording, STACK, Look(aws, STACK)).do(UpdateService("green", 2, arn))
    assert recording.calls == [
        ("update_service", {"cluster": CLUSTER, "service": GREEN, "taskDefinition": arn, "desiredCount": 2})
    ]


def test_scaling_is_held_and_restored_exactly_without_the_maximum(aws):
    recording = Recording(aws)
    does = Hands(recording, STACK, Look(aws, STACK))
    held = Scaling(2, scale_in=True, scale_out=False, scheduled=True)
    does.do(SetScaling("blue", held))
    assert "MaxCapacity" not in recording.calls[0][1]
    assert Look(aws, STACK).world().colours["blue"].scaling == held
    does.do(SetScaling("blue", Scaling(2)))
    assert Look(aws, STACK).world().colours["blue"].scaling == Scaling(2)
    assert target(aws, BLUE)["MaxCapacity"] == 10
    assert describe(aws, BLUE)["desiredCount"] == 2


def test_scaling_that_is_so_already_costs_no_write(aws):
    does = hands(aws)
    does.do(SetScaling("blue", Scaling(2)))
    assert aws.calls == ["DescribeScalableTargets"]


def test_a_least_number_above_the_desired_count_is_refused(aws):
    does = hands(aws)
    with pytest.raises(CalstackError, match=r"green has a desired count of 0, and a least number of 2"):
        does.do(SetScaling("green", Scaling(2)))
    assert not aws.writes


def test_a_least_number_above_the_greatest_is_refused(aws):
    does = hands(aws)
    with pytest.raises(CalstackError, match=r"blue may have at most 10 tasks.*app_tasks_max"):
        does.do(SetScaling("blue", Scaling(11)))
    assert not aws.writes


def test_the_least_number_that_stands_is_put_back_whatever_the_desired_count(aws):
    """Somebody has set the count by hand: that must not keep scale-in suspended for ever."""
    does = hands(aws)
    does.do(SetScaling("blue", Scaling(2, scale_in=True)))
    aws("ecs").update_service(cluster=CLUSTER, service=BLUE, desiredCount=1)
    does.do(SetScaling("blue", Scaling(2)))
    assert Look(aws, STACK).world().colours["blue"].scaling == Scaling(2)


ONE_OFF = OneOff("migrate", ("python", "migrate.py"))


def test_a_one_off_task_runs_with_the_candidates_revision_in_its_network(aws):
    arn = describe(aws, BLUE)["taskDefinition"]
    does = hands(aws)
    made = does.do(RunOneOff("r1", "green", arn, ONE_OFF))
    assert aws.calls == ["DescribeServices", "RunTask"]
    (task,) = aws("ecs").describe_tasks(cluster=CLUSTER, tasks=[made])["tasks"]
    assert (task["startedBy"], task["taskDefinitionArn"]) == ("r1/migrate", arn)
    assert task["overrides"]["containerOverrides"] == [{"name": "app", "command": ["python", "migrate.py"]}]


def test_a_one_off_task_is_asked_for_with_the_same_token_each_time(aws):
    """ECS answers the second with the first's task: moto does not know tokens."""
    arn, recording = describe(aws, BLUE)["taskDefinition"], Recording(aws)
    does = Hands(recording, STACK, Look(aws, STACK))
    for release in ("r1", "r1", "r2"):
        does.do(RunOneOff(release, "green", arn, ONE_OFF))
    first, second, other = (given["clientToken"] for _name, given in recording.calls)
    assert first == second != other
    assert len(first) <= 64
    assert recording.calls[0][1]["networkConfiguration"] == describe(aws, GREEN)["networkConfiguration"]


def test_a_one_off_task_that_ecs_does_not_start_says_why(aws):
    answer = {"tasks": [], "failures": [{"arn": "x", "reason": "RESOURCE:ENI"}]}
    ecs = SimpleNamespace(run_task=lambda **_: answer)
    does = Hands(lambda service: ecs, STACK, Look(aws, STACK))
    with pytest.raises(CalstackError, match=r"run migrate: ECS did not start the task: RESOURCE:ENI\."):
        does.do(RunOneOff("r1", "green", "arn", ONE_OFF))


def test_a_one_off_task_is_stopped_also_when_it_is_gone(aws):
    does = hands(aws)
    made = does.do(RunOneOff("r1", "green", describe(aws, BLUE)["taskDefinition"], ONE_OFF))
    does.do(StopOneOff(made))
    does.do(StopOneOff(made))
    (task,) = aws("ecs").describe_tasks(cluster=CLUSTER, tasks=[made])["tasks"]
    assert task["desiredStatus"] == "STOPPED"
    does.do(StopOneOff(made[:-4] + "0000"))


def test_a_released_image_is_tagged_once(aws):
    new = image(aws, "kept")
    does = hands(aws)
    for _ in range(2):
        does.do(KeepImage(new, "r1"))
    assert aws.writes == ["PutImage", "PutImage"]
    (found,) = aws("ecr").describe_images(repositoryName="calstack", imageIds=[{"imageTag": "kept"}])["imageDetails"]
    assert sorted(found["imageTags"]) == ["kept", "released-r1"]
    assert new.endswith(found["imageDigest"])


def test_an_image_that_is_gone_cannot_be_kept(aws):
    new = image(aws, "gone")
    aws("ecr").batch_delete_image(repositoryName="calstack", imageIds=[{"imageTag": "gone"}])
    with pytest.raises(CalstackError, match="cannot be kept"):
        hands(aws).do(KeepImage(new, "r1"))


def test_a_refusal_says_what_was_being_done_and_what_aws_said(aws):
    does = hands(aws)
    client = boto3.client("elbv2")
    refusing = Hands(lambda service: client, STACK, does._look)
    with botocore.stub.Stubber(client) as stub:
        stub.add_client_error("modify_rule", "AccessDenied", "not allowed", http_status_code=403)
        with pytest.raises(AwsError, match=r"set the production rule to blue 100 %: AWS answered AccessDenied"):
            refusing.do(SetWeights({"blue": 100}))


def test_a_whole_shift_reads_back(aws):
    """From the first image to green serving, as a release does it."""
    does, look = hands(aws), Look(aws, STACK)
    base = describe(aws, BLUE)["taskDefinition"]
    new = image(aws, "v2")
    arn = does.do(RegisterRevision("green", base, new))
    does.do(SetScaling("green", HELD))
    does.do(UpdateService("green", 2, arn))
    catch_up()
    does.do(SetWeights({"blue": 0, "green": 100}))
    world = look.world()
    assert (world.share("green"), world.share("blue")) == (100, 0)
    assert (world.colours["green"].rollout, world.colours["green"].task_definition) == ("steady", arn)
    assert (world.colours["green"].image, world.colours["green"].scaling) == (new, HELD)
