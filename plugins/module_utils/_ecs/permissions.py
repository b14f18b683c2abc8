# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the tasks may do, as IAM policies. Pure.

Statements are kept by their Sid and with sets for lists, because IAM's order means nothing; `document` and
`statements` translate.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

Statements = Mapping[str, Mapping[str, Any]]

_ECR_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<name>[^:@]+)(:[^:@]+)?(@[^@]+)?"
)
_LISTS = ("Action", "NotAction", "Resource", "NotResource")


@dataclass(frozen=True)
class Account:
    """Where we are, for ARNs."""

    id: str
    partition: str
    region: str


def document(policy: Statements) -> dict[str, Any]:
    """The policy as IAM wants it; a key that is a number is no Sid."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {**({} if sid.isdigit() else {"Sid": sid}), **{key: _plain(value) for key, value in statement.items()}}
            for sid, statement in policy.items()
        ],
    }


def statements(policy: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """An IAM policy document by Sid, without order."""
    given = policy.get("Statement", ())
    listed = [given] if isinstance(given, Mapping) else list(given)
    return {
        str(item.get("Sid") or number): {key: _free(key, value) for key, value in item.items() if key != "Sid"}
        for number, item in enumerate(listed)
    }


def trust(account: Account) -> Statements:
    """ECS may take the role, on behalf of this account only (the confused deputy)."""
    source = f"arn:{account.partition}:ecs:{account.region}:{account.id}:*"
    return {
        "Tasks": {
            "Effect": "Allow",
            "Principal": {"Service": frozenset({"ecs-tasks.amazonaws.com"})},
            "Action": frozenset({"sts:AssumeRole"}),
            "Condition": {
                "StringEquals": {"aws:SourceAccount": frozenset({account.id})},
                "ArnLike": {"aws:SourceArn": frozenset({source})},
            },
        }
    }


def repository_of(image: str, account: Account) -> str | None:
    """The ARN of the ECR repository that `image` is in; None for any other registry's."""
    match = _ECR_IMAGE.fullmatch(image)
    if match is None:
        return None
    return f"arn:{account.partition}:ecr:{match['region']}:{match['account']}:repository/{match['name']}"


def secret_of(value_from: str) -> str | None:
    """The ARN of the secret in ECS's valueFrom, without key, stage and version; None for what is no secret's."""
    parts = value_from.split(":")
    return ":".join(parts[:7]) if parts[2:3] == ["secretsmanager"] else None


def execution_policy(
    account: Account, repositories: Collection[str], log_group: str, secrets: Collection[str]
) -> Statements:
    """What ECS itself needs to start a task: its image, its log stream, its secrets, all but the log group by ARN."""
    logs = f"arn:{account.partition}:logs:{account.region}:{account.id}:log-group:{log_group}:*"
    pull = {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
    policy = {
        "RegistryLogin": _allow({"ecr:GetAuthorizationToken"}, {"*"}),
        "PullImage": _allow(pull, set(repositories)),
        "WriteLogs": _allow({"logs:CreateLogStream", "logs:PutLogEvents"}, {logs}),
    }
    if secrets:
        policy["ReadSecrets"] = _allow({"secretsmanager:GetSecretValue"}, set(secrets))
    return policy


def task_policy(given: Sequence[Mapping[str, Any]], execute_command: bool) -> Statements:
    """What the application may do: what was given, and with ECS Exec what its agent needs. Raises InputError."""
    for item in given:
        if not isinstance(item, Mapping) or not {"Effect", "Action", "Resource"} <= item.keys():
            raise InputError(
                f"ecs_task_policy_statements: each has Effect, Action and Resource, but this one has not: {item!r}."
            )
    policy = statements({"Statement": list(given)})
    if len(policy) < len(given):
        raise InputError("ecs_task_policy_statements: two statements have the same Sid.")
    if execute_command:
        channels = {"Control", "Data"}
        actions = {f"ssmmessages:{verb}{channel}Channel" for verb in ("Create", "Open") for channel in channels}
        policy["EcsExec"] = _allow(actions, {"*"})
    return policy


def _allow(actions: set[str], resources: set[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": frozenset(actions), "Resource": frozenset(resources)}


def _free(key: str, value: Any) -> Any:
    if key in _LISTS:
        return frozenset({value} if isinstance(value, str) else value)
    if isinstance(value, Mapping):
        return {inner: _free(inner, item) for inner, item in value.items()}
    if key == "Effect" or value == "*":
        return value
    return frozenset(_word(item) for item in (value if isinstance(value, list | tuple | frozenset) else [value]))


def _word(value: Any) -> str:
    """Conditions are compared as words: true, not Python's True."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return sorted(value) if isinstance(value, frozenset) else value
