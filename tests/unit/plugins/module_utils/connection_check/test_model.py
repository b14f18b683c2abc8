"""What is checked, and from where."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.model import (
    Place,
    Question,
    image_for,
    question,
    serving,
    started_by,
)
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.revision import derive, log_stream
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/database-AbCdEf"
URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack"
WAITING = f"{URI}:waiting-for-the-first-image"
GIVEN = {"secret_arn": ARN, "key": "MONGO_URI", "version_stage": "AWSCURRENT", "database": "", "image": ""}
GIVEN |= {"command": [], "timeout": 300}
LOGS = {"logDriver": "awslogs", "options": {"awslogs-group": "/x/app", "awslogs-stream-prefix": "ecs"}}


def app(**container):
    return {"name": "app", "image": f"{URI}@sha256:aa", "essential": True, "logConfiguration": LOGS, **container}


def place(*containers, **definition):
    base = {"taskDefinitionArn": "arn:x:1", "family": "calstack-dev-blue", "revision": 1, "cpu": "256"}
    return Place("blue", {**base, "containerDefinitions": list(containers), **definition}, {}, "image")


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("key", "MONGO-URI", "atlas_check_key is 'MONGO-URI': it must be the name of an environment variable"),
        ("key", "", "atlas_check_key is ''"),
        ("timeout", 0, "atlas_check_timeout is 0; it must be from 1 to 3600 seconds"),
        ("timeout", 3601, "atlas_check_timeout is 3601"),
    ],
)
def test_what_cannot_be_is_refused_by_the_roles_names(option, value, words):
    with pytest.raises(InputError, match=words):
        question(GIVEN | {option: value})


def service(running, desired):
    return {"runningCount": running, "desiredCount": desired}


@pytest.mark.parametrize(
    ("blue", "green", "colour"),
    [
        ((2, 2, "a"), (0, 0, WAITING), "blue"),
        ((0, 0, "a"), (2, 2, "b"), "green"),
        ((3, 3, "a"), (1, 1, "b"), "blue"),
        ((0, 2, "a"), (0, 0, "b"), "blue"),
        ((0, 0, WAITING), (0, 2, "b"), "green"),
        ((0, 0, WAITING), (0, 0, WAITING), "blue"),
    ],
)
def test_the_colour_that_serves_is_the_place(blue, green, colour):
    services = {"blue": service(*blue[:2]), "green": service(*green[:2])}
    assert serving(services, {"blue": blue[2], "green": green[2]}) == colour


def test_without_services_there_is_no_place():
    assert serving({}, {}) == ""
    assert serving({"green": service(0, 0)}, {"green": "a"}) == "green"


def test_the_image_is_the_one_that_serves_unless_another_is_given():
    assert image_for("", f"{URI}@sha256:aa") == f"{URI}@sha256:aa"
    assert image_for("", WAITING) == ""
    assert image_for("calstack:2", WAITING) == image_for(f"{URI}:2", f"{URI}@sha256:aa") == f"{URI}:2"
    with pytest.raises(InputError, match="atlas_check_image is 'calstack': give NAME:TAG"):
        image_for("calstack", WAITING)


class TestTheRevision:
    def test_what_belongs_to_serving_and_to_others_stays_behind(self):
        serves = app(
            portMappings=[{"containerPort": 5000}],
            dependsOn=[{"containerName": "router", "condition": "START"}],
            healthCheck={"command": ["x"]},
            dockerLabels={"calstack.secret.x": "1"},
            secrets=[{"name": "KEY", "valueFrom": "x"}],
            environment=[
                {"name": "MONGO_URI", "value": "old"},
                {"name": "DOMAIN", "value": "x"},
                {"name": "REQUIRED_VARIABLES", "value": "KEY MONGO_URI"},
            ],
            mountPoints=[{"sourceVolume": "tmp"}],
            entryPoint=["/init"],
        )
        base = place(serves, {"name": "router", "image": "x"}, proxyConfiguration={}, volumes=[{"name": "tmp"}])
        made = derive(base, "calstack-dev-check", Question(ARN, stage="AWSPENDING", command=("check",)))
        assert made == {
            "family": "calstack-dev-check",
            "cpu": "256",
            "volumes": [{"name": "tmp"}],
            "containerDefinitions": [
                app(
                    image="image",
                    secrets=[{"name": "MONGO_URI", "valueFrom": f"{ARN}:MONGO_URI:AWSPENDING:"}],
                    environment=[{"name": "DOMAIN", "value": "x"}],
                    mountPoints=[{"sourceVolume": "tmp"}],
                    entryPoint=["/init"],
                    command=["check"],
                )
            ],
        }

    def test_a_log_router_is_not_there_to_take_its_lines(self):
        base = place(app(logConfiguration={"logDriver": "awsfirelens"}))
        assert "logConfiguration" not in derive(base, "f", Question(ARN))["containerDefinitions"][0]
        assert log_stream(base.base, "arn:task/c/1") is None

    def test_its_lines_are_where_awslogs_puts_them(self):
        assert log_stream(place(app()).base, "arn:aws:ecs:r:1:task/calstack-dev/1dc5") == ("/x/app", "ecs/app/1dc5")


def test_the_same_question_is_found_again_and_no_other():
    asked, where = Question(ARN), place(app())
    tag = started_by(asked, "v1", where)
    assert len(tag) <= 128
    assert tag == started_by(Question(ARN, timeout=5), "v1", place(app()))
    others = [Question(ARN, stage="AWSPENDING"), Question(ARN, key="X"), Question(ARN, database="x")]
    tags = {started_by(item, "v1", where) for item in others} | {started_by(asked, "v2", where), tag}
    assert len(tags | {started_by(asked, "v1", place(app(), taskDefinitionArn="arn:x:2"))}) == 6
