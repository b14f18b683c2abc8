# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Secrets Manager's calls, each in one function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import is_absent
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import ENVIRONMENT_TAG
from ansible_collections.calstack.aws.plugins.module_utils._secrets.model import parsed

ABSENT = "ResourceNotFoundException"
CURRENT = "AWSCURRENT"


@dataclass(frozen=True)
class Described:
    """A secret without its value. `deleted` is when it goes for good, where it has been deleted."""

    name: str
    arn: str
    description: str
    kms_key_id: str
    tags: Mapping[str, str]
    version_id: str
    has_versions: bool
    deleted: str


def describe(client: Any, name: str) -> Described | None:
    """The secret, also one that can still be restored; None: there is none of this name."""
    try:
        answer = client.describe_secret(SecretId=name)
    except Exception as error:
        if is_absent(error, ABSENT):
            return None
        raise
    versions = answer.get("VersionIdsToStages") or {}
    deleted = answer.get("DeletedDate")
    return Described(
        name=answer["Name"],
        arn=answer["ARN"],
        description=answer.get("Description") or "",
        kms_key_id=answer.get("KmsKeyId") or "",
        tags={tag["Key"]: tag["Value"] for tag in answer.get("Tags") or []},
        version_id=next((version for version, stages in versions.items() if CURRENT in stages), ""),
        has_versions=bool(versions),
        deleted=f"{deleted:%Y-%m-%d}" if deleted else "",
    )


def value(client: Any, secret: Described | None) -> dict[str, Any]:
    """What the secret holds; nothing where there is no secret, or one that never got a version.

    Raises CalstackError where there should be a value and none can be had: a key that is not seen must never be
    made a second time.
    """
    if not secret or not secret.has_versions:
        return {}
    if not secret.version_id:
        raise CalstackError(
            f"no version of the secret {secret.name} is current: move the label {CURRENT} to the right one "
            f"(aws secretsmanager update-secret-version-stage), then run again."
        )
    answer = client.get_secret_value(SecretId=secret.arn, VersionStage=CURRENT)
    return parsed(secret.name, answer.get("SecretString"))


def create(client: Any, request: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The new secret; None: one of this name, deleted without recovery, is not quite gone yet."""
    try:
        answer: Mapping[str, Any] = client.create_secret(**request)
    except Exception as error:
        if is_absent(error, "InvalidRequestException") and "scheduled for deletion" in str(error):
            return None
        raise
    return answer


def names(client: Any, environment: str) -> Iterator[str]:
    """All secrets that may carry the environment's tag: the filters look at keys and at values, not at pairs."""
    filters = [{"Key": "tag-key", "Values": [ENVIRONMENT_TAG]}, {"Key": "tag-value", "Values": [environment]}]
    pages = client.get_paginator("list_secrets").paginate(Filters=filters, IncludePlannedDeletion=True)
    for page in pages:
        for secret in page["SecretList"]:
            yield secret["Name"]


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
