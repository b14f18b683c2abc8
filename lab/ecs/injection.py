"""What ECS fetches for a container with the task's execution role: secrets, and leave to pull and to log.

Every failure is an `InitializationError` whose message is ECS's stoppedReason; it never holds a secret's value.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import JsonRESTError

from lab.aws import backends
from lab.ecs.permissions import Policy, allowed, role_policies
from lab.settings import Settings

_SECRETS = "ResourceInitializationError: unable to pull secrets or registry auth: "
_RETRIED = "service call has been retried 1 time(s): "


class InitializationError(Exception):
    """Why a task could not start, in ECS's words."""


@dataclass(frozen=True)
class ExecutionRole:
    """The execution role and its policies; `arn` is empty when the task definition names none."""

    arn: str
    policies: Sequence[Policy] = ()

    @classmethod
    def read(cls, settings: Settings, arn: str | None) -> "ExecutionRole":
        """Raises InitializationError when the role is named but is not there."""
        if not arn:
            return cls("")
        policies = role_policies(settings, arn)
        if policies is None:
            raise InitializationError(
                f"ECS was unable to assume the role '{arn}' that was provided for this task. Please verify that the "
                "role being passed has the proper trust relationship and permissions and that your IAM user has "
                "permissions to pass this role."
            )
        return cls(arn, policies)

    def refusal(self, settings: Settings, task_id: str, action: str, resource: str) -> str | None:
        """AWS's words when the role may not, else None."""
        if allowed(self.policies, action, resource):
            return None
        name = self.arn.rsplit("/", 1)[-1] or "none"
        return (
            f"AccessDeniedException: User: arn:aws:sts::{settings.account}:assumed-role/{name}/{task_id} is not "
            f"authorized to perform: {action} on resource: {resource} because no identity-based policy allows "
            f"the {action} action"
        )


@dataclass(frozen=True)
class SecretReference:
    """`valueFrom` of a secret: ARN, or ARN:json-key:version-stage:version-id with empty parts left out."""

    arn: str
    key: str = ""
    stage: str = ""
    version: str = ""

    @classmethod
    def parse(cls, value_from: str) -> "SecretReference":
        parts = value_from.split(":")
        return cls(":".join(parts[:7]), *parts[7:10])


def secrets(
    settings: Settings, role: ExecutionRole, task_id: str, wanted: Sequence[Mapping[str, str]]
) -> dict[str, str]:
    """The values of a container definition's `secrets`, by name. Hold the backends' lock."""
    return {item["name"]: _secret(settings, role, task_id, item["valueFrom"]) for item in wanted}


def _secret(settings: Settings, role: ExecutionRole, task_id: str, value_from: str) -> str:
    reference = SecretReference.parse(value_from)
    if not reference.arn.startswith("arn:") or ":secretsmanager:" not in reference.arn:
        raise InitializationError(f"{_SECRETS}invalid secret ARN {value_from!r}: the lab plays Secrets Manager only")
    prefix = f"{_SECRETS}execution resource retrieval failed: unable to retrieve secret from asm: {_RETRIED}"
    fetching = f"{prefix}failed to fetch secret {reference.arn} from secrets manager: "
    if refusal := role.refusal(settings, task_id, "secretsmanager:GetSecretValue", reference.arn):
        raise InitializationError(fetching + refusal)
    try:
        answer = _read(settings, reference)
    except JsonRESTError as error:
        raise InitializationError(f"{fetching}{error.error_type}: {error.message}") from None
    if not reference.key:
        return str(answer.get("SecretString", ""))
    try:
        value = json.loads(answer["SecretString"])[reference.key]
    except (ValueError, TypeError, KeyError):
        message = f"retrieved secret from Secrets Manager did not contain json key {reference.key}"
        raise InitializationError(prefix + message) from None
    return value if isinstance(value, str) else json.dumps(value)


def _read(settings: Settings, reference: SecretReference) -> dict[str, Any]:
    stage = reference.stage or ("" if reference.version else "AWSCURRENT")
    answer: dict[str, Any] = backends.secretsmanager(settings).get_secret_value(reference.arn, reference.version, stage)
    return answer


def may_pull(settings: Settings, role: ExecutionRole, task_id: str, image: str) -> None:
    """Raise InitializationError unless the role may fetch `image` from the account's ECR."""
    registry, _, name = image.partition("/")
    repository = name.partition("@")[0].partition(":")[0]
    if ".dkr.ecr." not in registry:
        return
    arn = f"arn:aws:ecr:{settings.region}:{settings.account}:repository/{repository}"
    for action, resource in (("ecr:GetAuthorizationToken", "*"), ("ecr:BatchGetImage", arn)):
        if refusal := role.refusal(settings, task_id, action, resource):
            if action == "ecr:BatchGetImage":
                raise InitializationError(f"CannotPullContainerError: pull image manifest has failed: {refusal}")
            raise InitializationError(f"{_SECRETS}pull command failed: unable to get ECR credentials: {refusal}")


def log_stream(
    settings: Settings, role: ExecutionRole, task_id: str, container: Mapping[str, Any]
) -> tuple[str, str] | None:
    """Create the stream of an awslogs container and return (group, stream); None without awslogs.

    The stream is PREFIX/CONTAINER/TASK-ID. Hold the backends' lock.
    """
    configuration = container.get("logConfiguration") or {}
    if configuration.get("logDriver") != "awslogs":
        return None
    options = configuration.get("options", {})
    group = options.get("awslogs-group", "")
    stream = f"{options.get('awslogs-stream-prefix', 'ecs')}/{container['name']}/{task_id}"
    arn = f"arn:aws:logs:{settings.region}:{settings.account}:log-group:{group}:log-stream:{stream}"
    logs = backends.logs(settings)
    actions = ("logs:CreateLogStream", "logs:PutLogEvents")
    refusals = [role.refusal(settings, task_id, action, arn) for action in actions]
    if group not in logs.groups:
        refusals.append("ResourceNotFoundException: The specified log group does not exist.")
    if refusal := next(filter(None, refusals), None):
        raise InitializationError(
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
            f"failed to create Cloudwatch log stream: {refusal} : exit status 1"
        )
    logs.create_log_stream(group, stream)
    return group, stream
