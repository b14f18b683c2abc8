"""Is a commit stable? What an environment's turn ends with."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release import info
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase
from ansible_collections.calstack.aws.plugins.module_utils._release.settled import unsettled
from ansible_collections.calstack.aws.plugins.modules.ecs_blue_green_info import OPTIONS
from ecs_account import push
from release_account import STACK, serving
from release_job import left, record, table
from release_parts import world

STABLE, NEXT = "1a" * 20, "3f" * 20


class EndedError(Exception):
    pass


class Module:
    """What the module needs of Ansible's."""

    def __init__(self, aws, **params):
        defaults = {name: option.get("default") for name, option in OPTIONS.items()}
        self.params, self._aws = defaults | {"environment_name": "dev", "stack_name": STACK} | params, aws

    def client(self, service, **_):
        return self._aws(service)

    def fail_json(self, msg):
        raise EndedError(msg)

    def exit_json(self, **answer):
        self.answer = answer


@pytest.fixture(scope="module")
def aws():
    """Blue serves v1, which is the commit `STABLE`; `NEXT` is there, and nobody has it."""
    with serving() as made:
        ecr = made("ecr")
        ids = [{"imageTag": "v1"}]
        (there,) = ecr.batch_get_image(repositoryName="calstack", imageIds=ids)["images"]
        ecr.put_image(repositoryName="calstack", imageManifest=there["imageManifest"], imageTag=STABLE)
        push(made, NEXT)
        yield made


@pytest.fixture
def store(aws):
    made = table(aws)
    yield made
    aws("dynamodb").delete_table(TableName=made.table.name)


def asked(aws, commit):
    """What the module says against it; empty where it ends well, having changed nothing."""
    aws.calls.clear()
    try:
        info.run(Module(aws, commit=commit))
    except EndedError as ended:
        return str(ended)
    finally:
        assert not aws.writes
    return ""


def test_a_commit_that_everybody_has_is_stable(aws, store):
    assert asked(aws, STABLE) == ""
    assert asked(aws, STABLE[:7]) == ""


def test_another_commit_is_not(aws, store):
    words = asked(aws, NEXT)
    assert words.startswith(f"commit {NEXT} (")
    assert "is not stable here: blue serves 100 % as " in words
    assert f"playbooks/release.yml -e release_commit={NEXT}" in words


@pytest.mark.parametrize(
    ("phase", "what"),
    [
        (Phase.PAUSED, "promote.yml, or put it back with playbooks/rollback.yml"),
        (Phase.ROLLBACK_FAILED, "Put it back with playbooks/rollback.yml"),
        (Phase.ANALYSE, "Wait for its end"),
    ],
)
def test_while_a_release_is_under_way_or_paused_nothing_is_stable(aws, store, phase, what):
    record(store, left(aws, phase, reason="pause: manual", weight=10))
    words = asked(aws, STABLE)
    assert f"Release 20261122-100000 (v2) is in the phase {phase}: pause: manual. " in words
    assert what in words
    assert "re-run the failed jobs" in words


@pytest.mark.parametrize("phase", [Phase.PROMOTED, Phase.ROLLED_BACK])
def test_a_release_that_is_over_is_no_matter(aws, store, phase):
    record(store, left(aws, phase))
    assert asked(aws, STABLE) == ""


def test_a_commit_without_an_image_says_where_it_looked(aws, store):
    assert "no tag begins with it in the repository calstack" in asked(aws, "0" * 40)


def test_what_is_no_commit_is_refused_by_the_variables_name(aws, store):
    assert asked(aws, "main").startswith("release_commit is 'main': give a commit's SHA")


def test_a_commit_that_some_have_is_not_stable():
    words = unsettled(NEXT, "v2", world(green=10), None)
    assert "blue serves 90 % as v1, green serves 10 % as v2. " in words
    assert unsettled(NEXT, "v2", world(green=100), None) == ""


@pytest.mark.parametrize("more", [{"others": True}, {"weights": {}}])
def test_a_rule_that_leads_elsewhere_is_not_believed(more):
    assert "the production rule leads elsewhere" in unsettled(STABLE, "v1", world(**more), None)
