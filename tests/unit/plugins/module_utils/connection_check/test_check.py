"""A check from beginning to end, against an emulated account."""

import json
from contextlib import suppress

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.model import ConnectionCheckError
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from botocore.exceptions import ClientError
from connection_check_account import URI, one_offs
from ecs_account import BLUE, CLUSTER, GREEN, catch_up, definition, describe, destroy, push, register, released, site

GOOD = json.dumps({"calstack_check": 1, "ok": True, "host": "db:27017", "version": "8.0.1", "ms": 12})
FAMILY = "calstack-dev-check"


def failed(error, words, code=None):
    return json.dumps({"calstack_check": 1, "ok": False, "error": error, "words": words, "code": code})


def revisions(aws):
    return [
        arn
        for status in ("ACTIVE", "INACTIVE")
        for arn in aws("ecs").list_task_definitions(familyPrefix=FAMILY, status=status)["taskDefinitionArns"]
    ]


@pytest.fixture
def registered(world, monkeypatch):
    """What is registered for the check: it is gone at its end."""
    kept = []
    client = world.aws("ecs")
    register = client.register_task_definition
    monkeypatch.setattr(client, "register_task_definition", lambda **given: (kept.append(given), register(**given))[1])
    return kept


class TestADatabaseThatAnswers:
    def test_it_says_who_answered_and_leaves_nothing(self, world):
        world.ends(0, GOOD)
        answer = world.check()
        assert answer.checked
        assert (answer.host, answer.server_version, answer.milliseconds) == ("db:27017", "8.0.1", 12)
        assert answer.image == definition(world.aws, BLUE)["containerDefinitions"][0]["image"]
        assert answer.task_arn == one_offs()[0].task_arn
        assert answer.version_id
        assert answer.notes == ()
        assert revisions(world.aws) == []

    def test_the_task_is_the_applications_with_the_one_secret(self, world, registered):
        world.ends(0, GOOD)
        world.check(stage="AWSCURRENT")
        (given,) = registered
        (container,) = given["containerDefinitions"]
        app = definition(world.aws, BLUE)
        assert given["family"] == FAMILY
        assert {given[key] for key in ("executionRoleArn", "taskRoleArn")} == {
            app[key] for key in ("executionRoleArn", "taskRoleArn")
        }
        assert container["image"] == app["containerDefinitions"][0]["image"]
        assert container["secrets"] == [{"name": "MONGO_URI", "valueFrom": f"{world.secret_arn}:MONGO_URI:AWSCURRENT:"}]
        assert container["command"][:2] == ["python", "-c"]
        assert container["command"][3:5] == ["MONGO_URI", "calstack"]
        assert container["logConfiguration"] == app["containerDefinitions"][0]["logConfiguration"]
        (task,) = one_offs()
        network = describe(world.aws, BLUE)["networkConfiguration"]["awsvpcConfiguration"]
        assert task.network_configuration["awsvpcConfiguration"]["subnets"] == network["subnets"]
        assert task.started_by.startswith("connection-check/")

    def test_the_colour_that_serves_is_asked_with_its_image_and_newest_settings(self, world, registered):
        released(world.aws)
        world.aws("ecs").update_service(cluster=CLUSTER, service=BLUE, desiredCount=0)
        catch_up()
        register(world.aws, GREEN, image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack:next", stopTimeout=7)
        world.ends(0, GOOD)
        assert world.check().image.endswith("@sha256:released")
        assert registered[-1]["containerDefinitions"][0]["stopTimeout"] == 7

    def test_the_secret_goes_into_the_task_only(self, world):
        world.ends(0, GOOD)
        world.check()
        assert "GetSecretValue" not in world.aws.calls

    def test_lines_that_come_late_are_waited_for(self, world):
        world.ends(0)
        in_time = world.sleep

        def late(seconds):
            before = world.now
            in_time(seconds)
            if before < 5 <= world.now:
                world.says(one_offs()[0], "Starting", GOOD)

        world.sleep = late
        assert world.check().host == "db:27017"
        assert world.now < 8

    def test_without_a_word_it_is_good_all_the_same(self, world):
        world.ends(0)
        answer = world.check()
        assert (answer.checked, answer.host) == (True, "")
        assert world.now < 30

    def test_a_command_of_ones_own_is_believed_at_once(self, world, registered):
        world.ends(0)
        assert world.check(command=("node", "check.js")).checked
        assert registered[0]["containerDefinitions"][0]["command"] == ["node", "check.js"]
        assert "GetLogEvents" not in world.aws.calls


class TestADatabaseThatDoesNot:
    def fails(self, world, words, **asked):
        with pytest.raises(ConnectionCheckError, match=words) as error:
            world.check(**asked)
        assert revisions(world.aws) == []
        return str(error.value)

    def test_what_the_driver_says_and_what_to_try(self, world):
        world.ends(1, failed("OperationFailure", "Authentication failed.", 18))
        said = self.fails(
            world, "OperationFailure: Authentication failed. The server is there but does not let this user"
        )
        assert said.startswith("MONGO_URI of the secret calstack/dev/database (AWSCURRENT) does not work from where")
        assert "GetSecretValue" not in world.aws.calls

    def test_a_task_that_could_not_start_in_ecss_words(self, world):
        world.ends(None, reason="CannotPullContainerError: not found")
        said = self.fails(
            world, "the task could not start: CannotPullContainerError: not found. The image is not there"
        )
        assert "could not be checked from where" in said

    def test_other_output_is_masked(self, world):
        world.ends(3, f"cannot use {URI}", "tried s3cr/t-pass and s3cr%2Ft-pass")
        said = self.fails(world, "the command ended with 3", command=("check",))
        assert "tried *** and ***" in said
        assert "s3cr" not in said

    def test_and_kept_back_where_nobody_knows_what_to_mask(self, world, monkeypatch):
        def refuse(**_):
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetSecretValue")

        monkeypatch.setattr(world.aws("secretsmanager"), "get_secret_value", refuse)
        world.ends(3, "tried s3cr/t-pass")
        said = self.fails(world, "kept back, as masking it takes secretsmanager:GetSecretValue", command=("check",))
        assert "s3cr" not in said

    def test_one_that_does_not_end_is_stopped(self, world):
        said = self.fails(world, "was not ready after 60 s; last seen: PROVISIONING. It has been stopped", timeout=60)
        assert "atlas_check_timeout" in said
        assert one_offs()[0].desired_status == "STOPPED"

    def test_ecs_without_room_says_so(self, world, monkeypatch):
        answer = {"tasks": [], "failures": [{"reason": "RESOURCE:ENI"}]}
        monkeypatch.setattr(world.aws("ecs"), "run_task", lambda **_: answer)
        with pytest.raises(CalstackError, match="check the connection: ECS did not start the task: RESOURCE:ENI"):
            world.check()
        assert revisions(world.aws) == []


class TestNothingToCheck:
    def test_before_there_is_a_service(self, empty):
        answer = empty.check()
        assert not answer.checked
        assert "there is no service yet" in answer.reason
        assert not [call for call in empty.aws.writes if "Task" in call]

    def test_before_there_is_an_image(self, empty):
        site(empty.aws, empty.aws.given)
        empty.aws.calls.clear()
        answer = empty.check()
        assert (answer.checked, answer.reason) == (
            False,
            "the service still waits for its first image: push one, then run again.",
        )
        assert not empty.aws.writes

    def test_but_one_can_be_given(self, empty):
        site(empty.aws, empty.aws.given)
        digest = push(empty.aws, "v2")
        empty.ends(0, GOOD)
        assert empty.check(image="calstack:v2").image.endswith("/calstack:v2")
        assert empty.check(image=f"calstack@{digest}").image.endswith(f"/calstack@{digest}")
        with pytest.raises(InputError, match="atlas_check_image is in the repository 'other'"):
            empty.check(image="other:v2")

    def test_a_secret_that_is_not_there(self, world):
        with pytest.raises(InputError, match=r"atlas_check_secret: there is no secret arn:.*none-AbCdEf"):
            world.check(secret_arn=world.secret_arn[:-6].replace("database", "none") + "AbCdEf")
        with pytest.raises(InputError, match="no version of the secret calstack/dev/database is AWSPENDING"):
            world.check(stage="AWSPENDING")
        assert not world.aws.writes

    def test_check_mode_runs_nothing(self, world):
        answer = world.check(only_plan=True)
        assert not answer.checked
        assert "would be checked from blue's subnets, with calstack@" in answer.reason
        assert not world.aws.writes
        assert not world.check(only_plan=True, secret_arn=KNOWN_AFTER_APPLY).checked
        assert "only been planned" in world.check(secret_arn=KNOWN_AFTER_APPLY).reason


class TestAKilledRun:
    @pytest.fixture
    def killed(self, world):
        world.aws.dies_after = 2  # a task definition, a task
        with pytest.raises(KeyboardInterrupt):
            world.check(timeout=1)
        world.aws.dies_after = None
        assert len(one_offs()) == len(revisions(world.aws)) == 1
        return world

    def test_the_next_takes_up_its_task_and_takes_away_what_it_left(self, killed):
        killed.ends(0, GOOD)
        assert killed.check().checked
        assert len(one_offs()) == 1
        assert revisions(killed.aws) == []

    @pytest.mark.parametrize("writes", range(5))
    def test_a_run_killed_at_any_write_is_completed_by_the_next(self, world, writes):
        world.ends(0, GOOD)
        world.aws.dies_after = writes
        with suppress(KeyboardInterrupt):
            world.check()
        world.aws.dies_after = None
        assert world.check().checked
        assert revisions(world.aws) == []

    def test_not_that_of_another_question(self, killed):
        killed.ends(0, GOOD)
        killed.check(database="other")
        assert len(one_offs()) == 2
        assert revisions(killed.aws) == []

    def test_nor_that_of_another_version_of_the_secret(self, killed):
        killed.aws("secretsmanager").put_secret_value(SecretId="calstack/dev/database", SecretString="{}")
        killed.ends(0, GOOD)
        killed.check()
        assert len(one_offs()) == 2

    def test_what_it_left_goes_with_the_services_too(self, killed):
        destroy(killed.aws)
        assert revisions(killed.aws) == []

    def test_anothers_revisions_of_our_family_stay(self, killed):
        (arn,) = revisions(killed.aws)
        killed.aws("ecs").untag_resource(resourceArn=arn, tagKeys=["calstack:stack"])
        killed.ends(0, GOOD)
        killed.check()
        assert revisions(killed.aws) == [arn]


def test_what_cannot_be_taken_away_is_a_note(world, monkeypatch):
    def refuse(**_):
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DeregisterTaskDefinition")

    monkeypatch.setattr(world.aws("ecs"), "deregister_task_definition", refuse)
    world.ends(0, GOOD)
    answer = world.check()
    assert answer.checked
    assert "taking away the task definitions of calstack-dev-check" in answer.notes[0]
