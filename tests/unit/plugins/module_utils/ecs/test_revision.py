"""A task definition, there and back."""

from ansible_collections.calstack.aws.plugins.module_utils._ecs.revision import (
    family_of,
    image_of,
    latest,
    normalise,
    render,
)
from hypothesis import given
from hypothesis import strategies as st

names = st.text("ABC_", min_size=1, max_size=6)
wanted = st.fixed_dictionaries(
    {
        "tags": st.dictionaries(names, names),
        "cpu": st.sampled_from([256, 512]),
        "memory": st.sampled_from([512, 1024]),
        "cpu_architecture": st.sampled_from(["X86_64", "ARM64"]),
        "execution_role": st.just("arn:execution"),
        "task_role": st.just("arn:task"),
        "image": st.just("registry/app@sha256:aa"),
        "port": st.integers(1, 65535),
        "environment": st.dictionaries(names, st.text(max_size=4)),
        "secrets": st.dictionaries(names, st.just("arn:KEY::")),
        "secret_versions": st.dictionaries(st.sampled_from(["calstack/dev/app", "calstack/dev/database"]), names),
        "log_group": st.just("/calstack-dev/app"),
        "stop_timeout": st.integers(1, 120),
        "readonly_root_filesystem": st.booleans(),
    }
)


def enriched(definition, random):
    """As AWS answers: with its defaults, what others have added, and lists in an order of its own."""
    container = definition["containerDefinitions"][0]
    shuffled = {
        key: random.sample(container[key], len(container[key])) for key in ("environment", "secrets") if container[key]
    }
    ports = [{**container["portMappings"][0], "hostPort": container["portMappings"][0]["containerPort"]}]
    labels = {"somebody's": "label", **container["dockerLabels"]}
    full = {
        **container,
        **shuffled,
        "dockerLabels": labels,
        "portMappings": ports,
        "cpu": 0,
        "mountPoints": container.get("mountPoints", []),
        "volumesFrom": [],
    }
    return {
        **definition,
        "containerDefinitions": [{"name": "sidecar", "image": "x"}, full],
        "status": "ACTIVE",
        "compatibilities": ["EC2", "FARGATE"],
        "placementConstraints": [],
    }


@given(wanted, st.randoms(use_true_random=False))
def test_what_is_read_back_is_what_was_written(properties, random):
    definition = render("calstack-dev-blue", properties, "eu-west-1")
    tags = {tag["key"]: tag["value"] for tag in definition.pop("tags")}
    answer = enriched(definition, random)
    assert normalise(answer, tags) == properties
    assert image_of(answer) == properties["image"]


class Ecs:
    """Families whose names begin alike, and a list that ignores the order asked for."""

    arns = ("arn:aws:ecs:r:1:task-definition/app-blue:9", "arn:aws:ecs:r:1:task-definition/app-blue:10")
    others = ("arn:aws:ecs:r:1:task-definition/app-blue-worker:11",)

    def list_task_definitions(self, **given):
        return {"taskDefinitionArns": [*self.arns, *self.others]}

    def describe_task_definition(self, taskDefinition, **given):  # noqa: N803  boto3's name
        return taskDefinition


def test_the_newest_is_the_highest_number_of_this_family():
    assert latest(Ecs(), "app-blue") == Ecs.arns[1]
    assert family_of(Ecs.arns[1]) == "app-blue"
    assert latest(Ecs(), "app") is None


@given(wanted)
def test_a_read_only_root_has_a_volume_to_write_to_and_a_revision_without_one_is_another(properties):
    registered = render("calstack-dev-blue", properties | {"readonly_root_filesystem": True}, "eu-west-1")
    (app,) = registered["containerDefinitions"]
    assert [item["containerPath"] for item in app["mountPoints"]] == ["/tmp"]
    assert [item["sourceVolume"] for item in app["mountPoints"]] == [item["name"] for item in registered["volumes"]]
    without = registered | {"containerDefinitions": [app | {"mountPoints": []}]}
    assert normalise(registered, {})["readonly_root_filesystem"]
    assert not normalise(without, {})["readonly_root_filesystem"]
