"""The repository against an emulated ECR."""

import json

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import FixedPropertyError, ForeignError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.show import show
from ansible_collections.calstack.aws.plugins.module_utils._ecr.model import wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecr.repository import Repository
from emulator import account

NAME = "calstack-dev"
MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}
PUSHED = {"repositoryName": NAME, "imageManifest": json.dumps(MANIFEST), "imageTag": "1"}


@pytest.fixture
def aws():
    with account() as made:
        yield made


def site(aws, environment="dev", check=False, app="calstack", **given):
    params = {"repository": NAME, "keep_images": 30, "pull_account_ids": ["210987654321"], **given}
    scope = Scope(environment, "ecr", f"{app}-{environment}")
    return converge(
        [Repository(aws, scope, params["repository"], params["keep_images"])], wanted(params, scope), check=check
    )


def destroy(aws, environment="dev", check=False, repository=NAME):
    scope = Scope(environment, "ecr", f"calstack-{environment}")
    return converge([Repository(aws, scope, repository, 30)], [], check=check)


def names(aws):
    return [one["repositoryName"] for one in aws("ecr").describe_repositories()["repositories"]]


def test_it_is_made_once(aws):
    made = site(aws)
    assert [change.action for change in made.changes] == ["create"]
    assert made.found[0].attributes["uri"] == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack-dev"
    aws.calls.clear()
    assert not site(aws).changes
    assert not aws.writes


def test_another_number_of_images_to_keep_is_one_change(aws):
    site(aws)
    assert [set(change.after) for change in site(aws, keep_images=5).changes] == [{"lifecycle"}]
    text = aws("ecr").get_lifecycle_policy(repositoryName=NAME)["lifecyclePolicyText"]
    assert [rule["selection"]["countNumber"] for rule in json.loads(text)["rules"]] == [7, 5, 5]


def test_what_drifted_is_put_back_and_only_that(aws):
    site(aws)
    ecr, arn = aws("ecr"), site(aws).found[0].id
    ecr.put_image_tag_mutability(repositoryName=NAME, imageTagMutability="MUTABLE")
    ecr.put_image_scanning_configuration(repositoryName=NAME, imageScanningConfiguration={"scanOnPush": False})
    ecr.delete_lifecycle_policy(repositoryName=NAME)
    ecr.delete_repository_policy(repositoryName=NAME)
    ecr.untag_resource(resourceArn=arn, tagKeys=["calstack:component"])
    aws.calls.clear()
    drift = site(aws, check=True)
    assert not aws.writes
    text = show(drift.changes)
    assert "tag_mutability: MUTABLE -> IMMUTABLE" in text
    assert "tags.calstack:component: (none) -> ecr" in text
    assert "pull_accounts: (none) -> 210987654321" in text
    site(aws)
    assert not site(aws, check=True).changes


def test_a_first_push_is_taken_over_with_its_images(aws):
    aws("ecr").create_repository(repositoryName=NAME)
    aws("ecr").put_image(**PUSHED)
    assert [change.action for change in site(aws).changes] == ["update"]
    assert aws("ecr").describe_images(repositoryName=NAME)["imageDetails"]


def test_a_run_killed_after_the_repository_was_made_is_completed(aws):
    tags = [{"Key": key, "Value": value} for key, value in Scope("dev", "ecr", "calstack-dev").tags(NAME).items()]
    aws("ecr").create_repository(repositoryName=NAME, imageTagMutability="IMMUTABLE", tags=tags)
    assert set(site(aws).changes[0].after) == {"scan_on_push", "lifecycle", "pull_accounts"}
    assert not site(aws).changes


def test_another_environments_repository_is_refused(aws):
    site(aws, "prod")
    with pytest.raises(ForeignError):
        site(aws, "dev")


def test_encryption_cannot_be_changed_in_place(aws):
    aws("ecr").create_repository(repositoryName=NAME, encryptionConfiguration={"encryptionType": "KMS"})
    with pytest.raises(FixedPropertyError, match="encryption"):
        site(aws)


def test_a_statement_of_somebody_else_stays_in_the_policy(aws):
    other = {"Sid": "Other", "Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage"]}
    aws("ecr").create_repository(repositoryName=NAME)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [other]})
    aws("ecr").set_repository_policy(repositoryName=NAME, policyText=policy)
    site(aws)
    site(aws, pull_account_ids=[])
    text = aws("ecr").get_repository_policy(repositoryName=NAME)["policyText"]
    assert json.loads(text)["Statement"] == [other]


def test_absent_takes_the_images_too_and_leaves_other_environments_alone(aws):
    site(aws)
    site(aws, "prod", repository="calstack-prod")
    aws("ecr").put_image(**PUSHED)
    aws.calls.clear()
    assert [change.action for change in destroy(aws, check=True).changes] == ["delete"]
    assert not aws.writes
    destroy(aws)
    assert names(aws) == ["calstack-prod"]
    assert not destroy(aws).changes


def test_another_application_of_the_same_environment_name_is_neither_taken_nor_deleted(aws):
    site(aws, app="other", repository="other-dev")
    with pytest.raises(ForeignError):
        site(aws, repository="other-dev")
    site(aws)
    destroy(aws, repository="other-dev")
    destroy(aws)
    assert names(aws) == ["other-dev"]


@pytest.mark.parametrize("tags", [[], [{"Key": "calstack:environment", "Value": "prod"}]])
def test_absent_leaves_what_is_not_the_environments(aws, tags):
    aws("ecr").create_repository(repositoryName=NAME, tags=tags)
    assert not destroy(aws).changes
    assert names(aws) == [NAME]


def test_absent_finds_by_tag_a_repository_that_had_another_name(aws, monkeypatch):
    site(aws, repository="calstack-old")
    monkeypatch.setattr(Repository, "_tagged", lambda _: ["calstack-old", "deleted-a-minute-ago"])
    destroy(aws)
    assert not names(aws)


def test_a_refusal_is_never_read_as_absent(aws):
    def refuse(**_):
        raise aws("ecr").exceptions.ClientError({"Error": {"Code": "AccessDeniedException"}}, "Describe")

    scope = Scope("dev", "ecr", "calstack-dev")
    kind = Repository(aws, scope, NAME, 30)
    aws("ecr").describe_repositories = refuse
    with pytest.raises(aws("ecr").exceptions.ClientError):
        kind.read(wanted({"repository": NAME, "keep_images": 30, "pull_account_ids": []}, scope))


def test_a_first_check_on_an_empty_account_writes_nothing(aws):
    assert "+ repository calstack-dev" in show(site(aws, check=True).changes)
    assert not aws.writes
    assert not names(aws)
