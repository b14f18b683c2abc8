from types import SimpleNamespace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.survey import (
    caller,
    choose_repository,
    label_of,
    survey,
)
from ecs_account import register
from release_account import GREEN, STACK, image, keeper, serving

REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack"
DIGEST = "sha256:" + "ab12" * 16


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


def test_what_a_plan_needs_is_read_in_one_go_and_nothing_is_changed(aws):
    new, newest = image(aws, "v2"), register(aws, GREEN, image="next")
    aws.calls.clear()
    found = survey(aws, STACK, "calstack:v2")
    assert (found.image, found.label, found.repository_uri) == (new, "v2", REPOSITORY)
    assert found.newest["green"]["taskDefinitionArn"] == newest
    assert sorted(found.free_addresses.values()) == [251, 251]
    (condition,) = found.test_conditions
    assert condition["HttpHeaderConfig"]["HttpHeaderName"] == "X-Calstack-Test"
    assert (found.environment, found.account, found.partition, found.region) == (
        "dev",
        "123456789012",
        "aws",
        "eu-west-1",
    )
    assert found.dns_name.endswith(".elb.amazonaws.com")
    assert found.log_group == "/calstack-dev/app"
    assert not aws.writes
    assert len(aws.calls) == 14


def test_who_asks_is_known(aws):
    assert caller(aws).startswith("arn:aws:sts::123456789012:")


def test_no_image_is_the_plans_to_choose(aws):
    found = survey(aws, STACK)
    assert (found.image, found.label) == ("", "")
    assert survey(aws, STACK, label="settings").label == "settings"
    assert "DescribeImages" not in aws.calls


def test_an_image_that_is_not_there_names_our_variable_and_the_newest_tags(aws):
    with pytest.raises(InputError, match=r"release_image 'calstack:v9' is not in .*newest tags there: .*v1"):
        survey(aws, STACK, "calstack:v9")
    with pytest.raises(InputError, match=rf"release_image '{REPOSITORY}@{DIGEST}' is not in"):
        survey(aws, STACK, f"{REPOSITORY}@{DIGEST}")


def test_a_commit_is_the_image_with_that_tag_by_its_digest(aws):
    sha = "3f1c9ab" + "0" * 33
    new = image(aws, sha)
    aws.calls.clear()
    found = survey(aws, STACK, commit="3f1c9ab")
    assert (found.image, found.label, found.repository_uri) == (new, "3f1c9ab00000", REPOSITORY)
    assert survey(aws, STACK, label="hotfix", commit=sha).label == "hotfix"
    assert not aws.writes


def test_a_commit_without_an_image_says_where_was_looked(aws):
    words = (
        r"release_commit 'abcdef0' has no image.*calstack of account 123456789012, eu-west-1.*newest tags there: .*v1"
    )
    with pytest.raises(InputError, match=words):
        survey(aws, STACK, commit="abcdef0")


def test_an_image_of_another_repository_is_refused(aws):
    with pytest.raises(InputError, match=r"release_image is in the repository 'other/app'.*may pull from no other"):
        survey(aws, STACK, "other/app:v1")


def test_an_image_without_tag_says_what_to_give(aws):
    with pytest.raises(InputError, match=r"release_image is 'calstack': give .*empty for the one that serves"):
        survey(aws, STACK, "calstack")


def test_the_repository_the_environment_has_made_counts_before_the_one_that_runs(aws):
    """moto's tag look-up does not know repositories: its answer is AWS's here."""
    arn = "arn:aws:ecr:eu-west-1:123456789012:repository/new"
    tags = [{"Key": "calstack:component", "Value": "ecr"}, {"Key": "Name", "Value": "new"}]
    answer = {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": tags}]}
    asked = {}
    tagging = SimpleNamespace(get_resources=lambda **given: asked.update(given) or answer)

    def clients(service):
        return tagging if service == "resourcegroupstaggingapi" else aws(service)

    assert survey(clients, STACK).repository_uri == REPOSITORY.replace("calstack", "new")
    assert {item["Key"]: item["Values"] for item in asked["TagFilters"]} == {
        "calstack:environment": ["dev"],
        "calstack:stack": [STACK],
        "calstack:component": ["ecr"],
    }
    # The image that runs is still there to be released anew.
    assert survey(clients, STACK, "calstack:v1").repository_uri == REPOSITORY


def test_an_environment_that_is_not_built_says_what_to_run(aws):
    with pytest.raises(InputError, match=r"site\.yml"):
        survey(aws, "calstack-prod", "calstack:v1")


@pytest.mark.parametrize(
    ("given", "label"),
    [
        ("calstack:v2", "v2"),
        (f"{REPOSITORY}:v2", "v2"),
        (f"localhost:5000/calstack@{DIGEST}", "ab12ab12ab12"),
        (f"calstack:v2@{DIGEST}", "v2"),
    ],
)
def test_a_label_is_the_tag_or_the_digests_beginning(given, label):
    assert label_of(given, f"{REPOSITORY}@{DIGEST}") == label


@pytest.mark.parametrize(
    ("given", "chosen"),
    [("b/app:v1", "host/b/app"), ("host/b/app:v1", "host/b/app"), ("a/app", "host/a/app"), ("c:v1", "host/a/app")],
)
def test_an_image_names_its_repository(given, chosen):
    assert choose_repository(given, ["host/a/app", "host/b/app"]) == chosen
