"""The versions of their secrets in the revisions: a new one waits for the next release."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import AwsError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._core.show import show
from ansible_collections.calstack.aws.plugins.module_utils._ecs.secret_versions import current, from_labels, to_labels
from botocore.exceptions import ClientError
from ecs_account import (
    BLUE,
    GREEN,
    definition,
    describe,
    new_version,
    no_change,
    push,
    register,
    released,
    secret,
    site,
    steps,
)
from hypothesis import given
from hypothesis import strategies as st

APP = "calstack/dev/app"
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/app-AbCdEf"


def labels(aws, family):
    newest = aws("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"]
    return newest["containerDefinitions"][0]["dockerLabels"]


def version(aws, name=APP):
    return aws("secretsmanager").list_secret_version_ids(SecretId=name)["Versions"][0]["VersionId"]


class TestInTheTaskDefinition:
    def test_every_secret_is_named_with_its_current_version(self, aws):
        database = secret(aws, "calstack/dev/database")
        push(aws, "v1")
        given = aws.given | {"secrets": aws.given["secrets"] | {"URI": {"secret": database, "key": "KEY"}}}
        site(aws, given)
        wanted = {f"calstack.secret.{name}": version(aws, name) for name in (APP, "calstack/dev/database")}
        assert labels(aws, BLUE) == labels(aws, GREEN) == wanted
        assert all(
            item["valueFrom"].endswith("::") for item in definition(aws, BLUE)["containerDefinitions"][0]["secrets"]
        )
        no_change(aws, **given)
        assert "GetSecretValue" not in aws.calls

    def test_a_new_version_waits_in_a_revision_for_the_release(self, built):
        released(built)
        before = [describe(built, name) for name in (BLUE, GREEN)]
        there = version(built)
        new = new_version(built)
        result, published = site(built, built.given)
        assert steps(result) == [f"update task definition {name}" for name in (BLUE, GREEN)]
        assert f"secret_versions.{APP}: {there} -> {new}" in show(result.changes)
        assert [describe(built, name) for name in (BLUE, GREEN)] == before
        assert labels(built, GREEN) == {f"calstack.secret.{APP}": new}
        assert published["ecs_task_definition_arns"] != published["ecs_running_task_definition_arns"]
        no_change(built)

    def test_a_pending_version_is_not_one_to_release(self, built):
        built("secretsmanager").put_secret_value(
            SecretId=APP, SecretString='{"KEY": "pending"}', VersionStages=["AWSPENDING"]
        )
        no_change(built)

    def test_labels_of_others_are_no_difference(self, built):
        register(built, BLUE, dockerLabels={"somebody's": "label", **labels(built, BLUE)})
        no_change(built)


class TestCheckMode:
    def test_a_version_that_is_still_to_be_made_is_known_after_apply(self, built):
        result, _ = site(built, built.given | {"changing_secrets": [APP]}, check=True)
        assert steps(result) == [f"update task definition {name}" for name in (BLUE, GREEN)]
        assert f"{version(built)} -> {KNOWN_AFTER_APPLY}" in show(result.changes)

    def test_when_it_has_been_made_the_real_one_counts(self, built):
        no_change(built, changing_secrets=[APP])

    def test_a_secret_that_is_only_planned_is_no_obstacle(self, aws):
        result, _ = site(aws, aws.given | {"secrets": {"KEY": KNOWN_AFTER_APPLY}}, check=True)
        assert "secret_versions: (none)" in show(result.changes)


class TestSecretsThatNoTaskCouldStartWith:
    def refused(self, aws, words, **given):
        aws.calls.clear()
        with pytest.raises(InputError, match=words):
            site(aws, aws.given | given)
        assert not aws.writes

    def test_one_that_is_not_there(self, aws):
        arn = aws.given["secrets"]["KEY"].replace("dev/app", "dev/none")
        self.refused(
            aws, "ecs_secrets: KEY is to come from .*dev/none.*, but there is no such secret", secrets={"KEY": arn}
        )

    def test_one_that_has_been_deleted(self, aws):
        aws("secretsmanager").delete_secret(SecretId=APP)
        self.refused(aws, f"the secret {APP}, which has been deleted and goes for good after 20")
        site(aws, aws.given | {"changing_secrets": [APP]}, check=True)

    def test_one_without_a_value(self, aws):
        aws("secretsmanager").create_secret(Name="calstack/dev/empty")
        arn = aws("secretsmanager").describe_secret(SecretId="calstack/dev/empty")["ARN"]
        self.refused(aws, "no version of which is current: put a value into it", secrets={"KEY": arn})

    def test_one_that_nobody_may_look_at_is_not_taken_for_absent(self):
        class Manager:
            def describe_secret(self, **_):
                raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeSecret")

        with pytest.raises(AwsError, match=f"looking at the secret {ARN}: .*see docs/permissions.md"):
            current(Manager(), {"KEY": ARN})


@given(st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(), st.text()))
def test_labels_bring_back_what_they_were_made_of_and_nothing_else(versions, others):
    others = {key: value for key, value in others.items() if not key.startswith("calstack.secret.")}
    assert from_labels(to_labels(versions) | others) == versions
    assert from_labels(None) == {}
