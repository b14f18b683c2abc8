"""What the tasks may do."""

import json

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._ecs.permissions import (
    Account,
    document,
    execution_policy,
    repository_of,
    secret_of,
    statements,
    task_policy,
    trust,
)
from hypothesis import given
from hypothesis import strategies as st

ACCOUNT = Account("123456789012", "aws", "eu-west-1")
ARN = "arn:aws:ecr:eu-west-1:123456789012:repository/calstack"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/app-AbCdEf"

words = st.text("abcXYZ:*/-", min_size=1, max_size=8)
one_or_more = words | st.lists(words, min_size=1, max_size=4, unique=True)
given_statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": one_or_more, "Resource": one_or_more},
    optional={"Condition": st.dictionaries(words, st.dictionaries(words, one_or_more, max_size=2), max_size=2)},
)


def allowed(policy):
    return {
        (action, resource)
        for statement in policy.values()
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def test_the_execution_role_reaches_its_repository_its_logs_and_its_secrets_only():
    policy = execution_policy(ACCOUNT, [ARN], "/calstack-dev/app", [SECRET])
    logs = "arn:aws:logs:eu-west-1:123456789012:log-group:/calstack-dev/app:*"
    assert allowed(policy) == {
        ("ecr:GetAuthorizationToken", "*"),
        ("ecr:BatchCheckLayerAvailability", ARN),
        ("ecr:BatchGetImage", ARN),
        ("ecr:GetDownloadUrlForLayer", ARN),
        ("logs:CreateLogStream", logs),
        ("logs:PutLogEvents", logs),
        ("secretsmanager:GetSecretValue", SECRET),
    }


def test_without_secrets_it_reads_none():
    assert "ReadSecrets" not in execution_policy(ACCOUNT, [ARN], "/x/app", [])


@pytest.mark.parametrize("end", ["", ":1.0", "@sha256:ab", ":1.0@sha256:ab"])
@pytest.mark.parametrize("name", ["calstack", "team/calstack"])
def test_an_images_repository_is_known_by_its_uri(name, end):
    image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{name}{end}"
    assert repository_of(image, ACCOUNT) == f"arn:aws:ecr:us-east-1:123456789012:repository/{name}"
    china = Account("123456789012", "aws-cn", "cn-north-1")
    image = f"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/{name}{end}"
    assert repository_of(image, china) == f"arn:aws-cn:ecr:cn-north-1:123456789012:repository/{name}"


@pytest.mark.parametrize("image", ["", "nginx", "docker.io/library/nginx:1", "public.ecr.aws/x/y@sha256:ab"])
def test_other_registries_need_no_grant(image):
    assert repository_of(image, ACCOUNT) is None


@pytest.mark.parametrize("end", ["", ":KEY::", ":KEY:AWSCURRENT:", ":::version"])
def test_a_secret_is_known_by_what_its_value_comes_from(end):
    assert secret_of(f"{SECRET}{end}") == SECRET


@pytest.mark.parametrize("other", ["name", "arn:aws:ssm:eu-west-1:123456789012:parameter/name"])
def test_a_parameter_is_no_secret(other):
    assert secret_of(other) is None


def test_a_role_is_taken_for_this_account_only():
    condition = document(trust(ACCOUNT))["Statement"][0]["Condition"]
    assert condition["StringEquals"] == {"aws:SourceAccount": ["123456789012"]}
    assert condition["ArnLike"] == {"aws:SourceArn": ["arn:aws:ecs:eu-west-1:123456789012:*"]}


def test_the_application_may_do_nothing_unless_told():
    assert task_policy([], False) == {}
    assert all(action.startswith("ssmmessages:") for action, _ in allowed(task_policy([], True)))
    assert len(allowed(task_policy([], True))) == 4


@pytest.mark.parametrize("wrong", [{"Effect": "Allow", "Action": "s3:GetObject"}, "s3:*"])
def test_a_statement_that_is_none_is_refused(wrong):
    with pytest.raises(InputError, match="ecs_task_policy_statements"):
        task_policy([wrong], False)


def test_one_sid_twice_is_refused():
    statement = {"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    with pytest.raises(InputError, match="same Sid"):
        task_policy([statement, statement], False)


@given(st.lists(given_statements, max_size=4))
def test_a_policy_read_back_is_the_policy_written(listed):
    policy = task_policy(listed, False)
    assert statements(json.loads(json.dumps(document(policy)))) == policy


@given(given_statements, st.randoms(use_true_random=False))
def test_order_means_nothing(statement, random):
    shuffled = {
        key: random.sample(value, len(value)) if isinstance(value, list) else value for key, value in statement.items()
    }
    assert task_policy([shuffled], False) == task_policy([statement], False)


def test_conditions_are_words():
    statement = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": False}},
    }
    assert document(task_policy([statement], False))["Statement"][0]["Condition"] == {
        "Bool": {"aws:SecureTransport": ["false"]}
    }
