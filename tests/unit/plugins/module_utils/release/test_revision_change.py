from copy import deepcopy

import botocore.session
from ansible_collections.calstack.aws.plugins.module_utils._release.revision_change import (
    REGISTERABLE,
    changes,
    derive,
    equal,
    same,
)
from hypothesis import given
from hypothesis import strategies as st

OLD = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack@sha256:" + "621c" * 16
NEW = OLD.replace("621c", "9f00")
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/app-AbCdEf"


def revision(**container):
    """As DescribeTaskDefinition answers it."""
    app = {
        "name": "app",
        "image": OLD,
        "cpu": 0,
        "portMappings": [{"containerPort": 5000, "hostPort": 5000, "protocol": "tcp"}],
        "essential": True,
        "environment": [{"name": "APP_COLOUR", "value": "blue"}, {"name": "DOMAIN", "value": "dev.example.com"}],
        "mountPoints": [],
        "volumesFrom": [],
        "secrets": [{"name": "KEY", "valueFrom": f"{SECRET}:KEY::"}],
        "systemControls": [],
    }
    return {
        "taskDefinitionArn": "arn:aws:ecs:eu-west-1:123456789012:task-definition/calstack-dev-blue:3",
        "family": "calstack-dev-blue",
        "revision": 3,
        "status": "ACTIVE",
        "cpu": "256",
        "memory": "512",
        "networkMode": "awsvpc",
        "volumes": [],
        "compatibilities": ["EC2", "FARGATE"],
        "requiresAttributes": [{"name": "x"}],
        "registeredAt": "today",
        "registeredBy": "arn:aws:iam::123456789012:user/me",
        "containerDefinitions": [app | container],
    }


def variables(**values):
    return [{"name": name, "value": value} for name, value in values.items()]


def test_all_that_can_be_registered_is_known():
    """When botocore learns a new field, so must we: it would be lost."""
    model = botocore.session.get_session().get_service_model("ecs")
    taken = model.operation_model("RegisterTaskDefinition").input_shape.members.keys()
    assert set(REGISTERABLE) == taken - {"tags"}


def test_the_candidates_revision_has_its_image_and_colour_and_all_else():
    base = revision() | {"ephemeralStorage": {"sizeInGiB": 40}}
    base["containerDefinitions"].append({"name": "sidecar", "image": "sidecar:1", "environment": variables(A="b")})
    made = derive(base, "calstack-dev-green", "green", NEW)
    app, sidecar = made["containerDefinitions"]
    assert (made["family"], app["image"]) == ("calstack-dev-green", NEW)
    assert app["environment"] == variables(APP_COLOUR="green", DOMAIN="dev.example.com")
    assert sidecar == base["containerDefinitions"][1]
    assert made["ephemeralStorage"] == {"sizeInGiB": 40}
    assert made.keys() <= set(REGISTERABLE)
    assert base["containerDefinitions"][0]["image"] == OLD


def test_a_derived_revision_differs_from_its_base_by_the_image_only():
    made = derive(revision(), "calstack-dev-green", "green", NEW)
    assert changes(revision(), made) == ["image calstack@621c621c621c → calstack@9f009f009f00"]
    assert same(revision(), derive(revision(), "calstack-dev-green", "green", OLD))
    assert not equal(revision(), derive(revision(), "calstack-dev-green", "green", OLD))
    assert not same(revision(), made)


def test_what_aws_adds_and_reorders_is_no_difference():
    plain = {
        "family": "other",
        "cpu": "256",
        "memory": "512",
        "networkMode": "awsvpc",
        "containerDefinitions": [
            {
                "name": "app",
                "image": OLD,
                "portMappings": [{"containerPort": 5000}],
                "environment": variables(DOMAIN="dev.example.com", APP_COLOUR="blue"),
                "secrets": [{"name": "KEY", "valueFrom": f"{SECRET}:KEY::"}],
            }
        ],
    }
    assert equal(revision(), plain)
    assert changes(revision(), plain) == []


def test_each_difference_is_a_line():
    after = revision(
        image=NEW,
        environment=variables(APP_COLOUR="green", LOG_LEVEL="debug", EMPTY=""),
        secrets=[
            {"name": "KEY", "valueFrom": f"{SECRET}:OTHER::"},
            {"name": "TOKEN", "valueFrom": f"{SECRET}:TOKEN::"},
        ],
        stopTimeout=30,
    ) | {"cpu": "512", "memory": "1024"}
    after["containerDefinitions"].append({"name": "sidecar", "image": "sidecar:1"})
    assert changes(revision(), after) == [
        "image calstack@621c621c621c → calstack@9f009f009f00",
        "stopTimeout: (none) → 30",
        "environment DOMAIN: dev.example.com → (none)",
        'environment EMPTY: (none) → ""',
        "environment LOG_LEVEL: (none) → debug",
        f"secret KEY: {SECRET}:KEY:: → {SECRET}:OTHER::",
        f"secret TOKEN: (none) → {SECRET}:TOKEN::",
        "container sidecar: added",
        "cpu: 256 → 512",
        "memory: 512 → 1024",
    ]


def test_another_containers_differences_carry_its_name():
    before, after = revision(), revision()
    before["containerDefinitions"].append({"name": "sidecar", "image": "sidecar:1"})
    after["containerDefinitions"].append({"name": "sidecar", "image": "sidecar:2"})
    assert changes(before, after) == ["container sidecar: image sidecar:1 → sidecar:2"]
    assert changes(after, revision()) == ["container sidecar: removed"]


def test_what_may_hold_a_secret_is_named_without_its_values():
    def made(word, **more):
        found = revision(
            environment=variables(APP_COLOUR="blue", API_KEY=word, db_password=word, URL=f"postgres://app:{word}@db"),
            logConfiguration={"logDriver": "splunk", "options": {"splunk-token": word}},
            command=["serve", f"--token={word}"],
        )
        sidecar = {"name": "sidecar", "image": "sidecar:1", "environment": variables(PLAIN=word), "command": [word]}
        found["containerDefinitions"] += [{**sidecar, **more}]
        return found

    after = made("hunter2")
    after["containerDefinitions"][0]["environment"] += variables(NEW_TOKEN="hunter2")
    lines = changes(made("hunter1"), after)
    assert lines == [
        "command: changed",
        "logConfiguration: changed",
        "environment API_KEY: changed",
        "environment NEW_TOKEN: added",
        "environment URL: changed",
        "environment db_password: changed",
        "container sidecar: command: changed",
        "container sidecar: environment PLAIN: changed",
    ]
    assert "environment NEW_TOKEN: removed" in changes(after, made("hunter1"))


def test_a_secrets_new_version_is_named_without_its_id():
    def versions(**names):
        labels = {f"calstack.secret.calstack/dev/{name}": version for name, version in names.items()}
        return revision(dockerLabels={"somebody's": "label", **labels})

    assert changes(versions(app="id-1", database="id-2"), versions(app="id-3", database="id-2")) == [
        "secret calstack/dev/app: new version"
    ]
    assert changes(versions(app="id-1"), versions(database="id-2")) == [
        "secret calstack/dev/app: version no longer noted",
        "secret calstack/dev/database: version noted",
    ]
    assert not same(versions(app="id-1"), versions(app="id-2"))
    assert changes(versions(), revision(dockerLabels={"somebody's": "other"})) == ["dockerLabels: changed"]


def test_an_image_of_another_registry_is_shown_in_full():
    assert changes(revision(image="a/x:1"), revision(image="b/x:1")) == ["image a/x:1 → b/x:1"]


TEXT = st.text("abcXYZ_", min_size=1, max_size=4)
LABELS = st.dictionaries(st.sampled_from(["calstack.secret.calstack/dev/app", "calstack.secret", "other"]), TEXT)
REVISIONS = st.builds(
    lambda image, environment, memory, labels: (
        revision(image=image, environment=variables(**environment), dockerLabels=labels) | {"memory": memory}
    ),
    TEXT,
    st.dictionaries(TEXT, TEXT, max_size=3),
    st.sampled_from(["512", "1024"]),
    LABELS,
)


@given(REVISIONS, REVISIONS)
def test_no_line_means_the_same_and_the_other_way_round(one, another):
    assert (not changes(one, another)) == same(one, another) == same(another, one)


@given(REVISIONS, st.sampled_from(["blue", "green"]))
def test_deriving_is_idempotent_and_leaves_the_base_alone(base, colour):
    before = deepcopy(base)
    made = derive(base, "f", colour, "i")
    assert base == before
    assert equal(derive(made, "f", colour, "i"), made)
