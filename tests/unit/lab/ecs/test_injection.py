import json
from types import SimpleNamespace
from typing import Any

import pytest
from moto.core.exceptions import JsonRESTError

from lab.aws import backends
from lab.ecs import injection
from lab.ecs.injection import ExecutionRole, InitializationError, SecretReference, log_stream, may_pull, secrets
from lab.settings import Settings

SETTINGS = Settings.from_environment({})
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf"
VALUE = "s3cr3t-value"
ALL = ExecutionRole(
    "arn:aws:iam::123456789012:role/start", [{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}]
)
NONE = ExecutionRole("arn:aws:iam::123456789012:role/start", [])


class Manager:
    """Secrets Manager with one secret, whose versions are known by label or id."""

    def __init__(self, **versions: str) -> None:
        self.versions = versions

    def get_secret_value(self, secret_id: str, version_id: str, version_stage: str) -> dict[str, Any]:
        if secret_id != ARN:
            raise JsonRESTError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        return {"SecretString": self.versions[version_id or version_stage]}


@pytest.fixture(autouse=True)
def manager(monkeypatch: pytest.MonkeyPatch) -> None:
    current = json.dumps({"KEY": VALUE, "NUMBER": 7, "NESTED": {"a": 1}})
    made = Manager(AWSCURRENT=current, AWSPREVIOUS='{"KEY": "before"}', v1='{"KEY": "first"}')
    monkeypatch.setattr(backends, "secretsmanager", lambda _: made)


def read(value_from: str, role: ExecutionRole = ALL) -> str:
    return secrets(SETTINGS, role, "task1", [{"name": "X", "valueFrom": value_from}])["X"]


@pytest.mark.parametrize(
    ("value_from", "expected"),
    [
        (f"{ARN}:KEY::", VALUE),
        (f"{ARN}:KEY:AWSPREVIOUS:", "before"),
        (f"{ARN}:KEY::v1", "first"),
        (f"{ARN}:NUMBER::", "7"),
        (f"{ARN}:NESTED::", '{"a": 1}'),
        (f"{ARN}::AWSPREVIOUS:", '{"KEY": "before"}'),
    ],
)
def test_a_secret_is_injected_by_key_stage_and_version(value_from: str, expected: str) -> None:
    assert read(value_from) == expected


def test_without_a_key_it_is_the_whole_secret() -> None:
    assert json.loads(read(ARN))["KEY"] == VALUE


@pytest.mark.parametrize(
    ("value_from", "role", "words"),
    [
        (
            f"{ARN}:KEY::",
            NONE,
            "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/start/task1 is not",
        ),
        (f"{ARN}:MISSING::", ALL, "retrieved secret from Secrets Manager did not contain json key MISSING"),
        (f"{ARN}x:KEY::", ALL, "ResourceNotFoundException: Secrets Manager can't find the specified secret"),
        ("/some/parameter", ALL, "the lab plays Secrets Manager only"),
    ],
)
def test_a_failure_says_what_ecs_says_and_never_the_value(value_from: str, role: ExecutionRole, words: str) -> None:
    with pytest.raises(InitializationError) as failure:
        read(value_from, role)
    assert str(failure.value).startswith("ResourceInitializationError: unable to pull secrets or registry auth: ")
    assert words in str(failure.value)
    assert VALUE not in str(failure.value)
    assert failure.value.__cause__ is None


def test_a_secret_that_is_no_json_has_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "secretsmanager", lambda _: Manager(AWSCURRENT=VALUE))
    with pytest.raises(InitializationError) as failure:
        read(f"{ARN}:KEY::")
    assert "did not contain json key KEY" in str(failure.value)
    assert VALUE not in str(failure.value)


def test_a_reference_has_four_parts() -> None:
    assert SecretReference.parse(ARN) == SecretReference(ARN)
    assert SecretReference.parse(f"{ARN}:key:stage:version") == SecretReference(ARN, "key", "stage", "version")


def test_a_role_that_is_not_there_cannot_be_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(injection, "role_policies", lambda *_: None)
    with pytest.raises(InitializationError, match="unable to assume the role"):
        ExecutionRole.read(SETTINGS, "arn:aws:iam::123456789012:role/none")
    assert ExecutionRole.read(SETTINGS, None) == ExecutionRole("")


IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack/app@sha256:0"


def role(*statements: tuple[str, str]) -> ExecutionRole:
    found = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements]
    return ExecutionRole("arn:aws:iam::123456789012:role/start", [{"Statement": found}])


def test_an_image_is_pulled_with_the_execution_role() -> None:
    token, repository = (
        ("ecr:GetAuthorizationToken", "*"),
        ("ecr:BatchGetImage", "arn:aws:ecr:*:*:repository/calstack/app"),
    )
    may_pull(SETTINGS, role(token, repository), "task1", IMAGE)
    may_pull(SETTINGS, NONE, "task1", "docker.io/library/python:3.12")
    with pytest.raises(InitializationError, match=r"^CannotPullContainerError: .*ecr:BatchGetImage"):
        may_pull(SETTINGS, role(token), "task1", IMAGE)
    with pytest.raises(InitializationError, match=r"^ResourceInitializationError: .*ecr:GetAuthorizationToken"):
        may_pull(SETTINGS, role(repository), "task1", IMAGE)


def container(group: str) -> dict[str, Any]:
    options = {"awslogs-group": group, "awslogs-stream-prefix": "web"}
    return {"name": "app", "logConfiguration": {"logDriver": "awslogs", "options": options}}


def test_the_log_stream_is_made_with_the_execution_role(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, str]] = []
    logs = SimpleNamespace(groups={"there": None}, create_log_stream=lambda *stream: made.append(stream))
    monkeypatch.setattr(backends, "logs", lambda _: logs)
    assert log_stream(SETTINGS, ALL, "task1", container("there")) == ("there", "web/app/task1")
    assert made == [("there", "web/app/task1")]
    with pytest.raises(InitializationError, match="The specified log group does not exist"):
        log_stream(SETTINGS, ALL, "task1", container("missing"))
    with pytest.raises(InitializationError, match="logs:CreateLogStream"):
        log_stream(SETTINGS, NONE, "task1", container("there"))
    assert log_stream(SETTINGS, NONE, "task1", {"name": "app"}) is None
