"""AWS itself is in trouble: calls are throttled, refused, lost; there is no data, no table, no room."""

import time
from copy import deepcopy

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release.model import other

from lab import api_faults
from tests.chaos.reset import IMAGES
from tests.chaos.settled import assert_settled
from tests.waiting import until


def fault(scene, service, action, mode, times=0):
    api_faults.inject(scene.laboratory.settings, service, action, mode, times)


@pytest.mark.parametrize("mode", ["throttle", "error", "down", "lost"])
def test_modify_rule_in_trouble_for_a_moment(scene, before, image, controllers, crowd, tell, mode):
    """It is tried again; a call that was done although its answer was lost is no change by somebody else."""
    run = controllers.start(image=image)
    run.until("analyse", 10)
    fault(scene, "elbv2", "ModifyRule", mode, times=4)
    run.wait()
    tell(assert_settled(scene, before, run, crowd, outcome="promoted"))


def test_modify_rule_refused(scene, before, image, controllers, crowd, tell):
    """The shift is given up at once; the way back goes on until it gets through."""
    run = controllers.start(image=image)
    run.until("analyse", 10)
    fault(scene, "elbv2", "ModifyRule", "refuse")
    until(lambda: scene.record().phase == "roll back", "the release gives up")
    time.sleep(3)  # refusals of the way back
    fault(scene, "elbv2", "ModifyRule", "none")
    run.wait()
    tell(assert_settled(scene, before, run, crowd, words=["cannot set the production rule", "AccessDenied"]))


def test_the_answer_to_a_rollback_is_lost(scene, before, image, controllers, crowd, tell):
    run = controllers.start(image=image, steps=((50, 60.0), (100, 1.0)))
    run.until("analyse", 50)
    fault(scene, "elbv2", "ModifyRule", "lost", times=1)
    back = controllers.run(state="aborted", host="second-controller")
    run.wait()
    tell(assert_settled(scene, before, back, crowd, words=["asked for it"]))


@pytest.mark.parametrize("end", ["promoted", "rolled back"])
def test_cloudwatch_without_data(scene, before, image, controllers, crowd, tell, end):
    """Silence is no pass: the bake is extended, then somebody is asked."""
    fault(scene, "cloudwatch", "*", "empty")
    run = controllers.start(image=image, steps=((10, 3.0), (100, 3.0)), extensions=1)
    assert run.wait()["outcome"] == "paused"
    print(run.words)
    for word in ("inconclusive at 10 %", "CloudWatch has counted no answer", "promote", "rollback"):
        assert word in run.words
    assert scene.rule().weights == {before.stable: 90, other(before.stable): 10}
    assert scene.lock() == ""
    assert [event for event in scene.timeline() if "goes on for up to 3 s" in event.words]
    if end == "promoted":
        fault(scene, "cloudwatch", "*", "none")
        run = controllers.run(state="promoted", host="second-controller")
        tell(assert_settled(scene, before, run, crowd, outcome="promoted"))
    else:
        run = controllers.run(state="rolled_back", host="second-controller")
        tell(assert_settled(scene, before, run, crowd, words=["asked for it"]))


def test_dynamodb_unavailable_at_the_start(scene, before, image, controllers, crowd):
    fault(scene, "dynamodb", "*", "down")
    run = controllers.start(image=image)
    assert run.wait()["failed"]
    print(run.words)
    for word in ("DynamoDB is not available", "run the same command again"):
        assert word in run.words
    assert run.journal == []
    crowd.stop()
    assert not crowd.failed


def test_dynamodb_unavailable_during_the_shift(scene, before, image, controllers, crowd, tell):
    """Nobody may work on what he cannot record: users are back on stable before somebody else may come."""
    lease = 8.0
    run = controllers.start(image=image, steps=((50, 60.0), (100, 1.0)), lease=lease)
    run.until("analyse", 50)
    fault(scene, "dynamodb", "*", "down")
    away = time.monotonic()
    until(lambda: scene.rule().weights.get(before.stable) == 100, "users are back on stable", 30, every=0.05)
    assert time.monotonic() - away < lease
    assert run.wait()["failed"]
    print(run.words)
    for word in ("DynamoDB is not available", f"All requests go to {before.stable} again", "same command again"):
        assert word in run.words
    fault(scene, "dynamodb", "*", "none")
    again = controllers.run(image=image, steps=((50, 2.0), (100, 1.0)), host="second-controller")
    tell(assert_settled(scene, before, again, crowd, words=["changed the production rule"]))


def test_task_definition_refused(scene, before, image, controllers, crowd, tell):
    fault(scene, "ecs", "RegisterTaskDefinition", "refuse")
    run = controllers.run(image=image)
    words = [f"cannot register {other(before.stable)}'s task definition", "AccessDenied"]
    tell(assert_settled(scene, before, run, crowd, words=words))


def test_wrong_image_digest(scene, before, image, controllers, crowd):
    uri = before.images[before.stable].partition("@")[0]
    run = controllers.start(image=f"{uri}@sha256:{'0' * 64}")
    assert run.wait()["failed"]
    print(run.words)
    for word in ("release_image", "0000", "is not in", "The newest tags there: "):
        assert word in run.words
    # All were pushed within a second, and ECR tells no less: any may be the newest.
    assert set(run.words.rpartition(": ")[2].rstrip(".").split(", ")) == {image.partition(":")[2] for image in IMAGES}
    assert run.journal == []
    assert scene.lock() == ""


@pytest.fixture
def crammed(scene):
    """A subnet of the stack's network with no address left."""
    ec2 = scene.aws("ec2")
    network = scene.service("blue")["networkConfiguration"]
    there = ec2.describe_subnets(SubnetIds=network["awsvpcConfiguration"]["subnets"])["Subnets"][0]
    subnet = ec2.create_subnet(VpcId=there["VpcId"], CidrBlock="10.10.250.0/28")["Subnet"]["SubnetId"]
    taken = []
    while ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"]:
        taken.append(ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"])
    yield subnet
    for colour in ("blue", "green"):
        if scene.service(colour)["networkConfiguration"] != network:
            scene.update(colour, scene.service(colour)["desiredCount"], networkConfiguration=network)
    for interface in taken:
        ec2.delete_network_interface(NetworkInterfaceId=interface)
    until(lambda: scene.healthy(scene.stable) == 2, "stable is healthy again")
    ec2.delete_subnet(SubnetId=subnet)


def move(scene, colour, subnet):
    network = deepcopy(scene.service(colour)["networkConfiguration"])
    network["awsvpcConfiguration"]["subnets"] = [subnet]
    scene.update(colour, scene.service(colour)["desiredCount"], networkConfiguration=network)


def test_no_addresses_left(scene, before, image, controllers, crowd, tell, crammed):
    """The candidate's tasks find no room, though there was some to be seen in all subnets together."""
    move(scene, other(before.stable), crammed)
    run = controllers.run(image=image, start_timeout=20.0)
    tell(assert_settled(scene, before, run, crowd, words=["InsufficientFreeAddressesInSubnet"]))


def test_no_addresses_left_is_seen_before_the_start(scene, before, image, controllers, crowd, crammed):
    for colour in ("blue", "green"):
        move(scene, colour, crammed)
    run = controllers.start(image=image)
    assert run.wait()["failed"]
    print(run.words)
    for word in ("cannot be released now", "needs 2 more addresses", "have 0 left", "widen vpc_cidr"):
        assert word in run.words
    assert run.journal == []
    assert scene.lock() == ""
    crowd.stop()
    assert not crowd.failed
