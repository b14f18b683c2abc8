# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Which versions of their secrets the tasks of a revision have at least.

ECS reads a secret when it starts a task, and a task goes on with what it got. So that a new version comes to running
tasks with a release, as every other changed setting does, a revision names the versions in docker labels of our
container, while its valueFrom stays without one: an old revision's new tasks work with the current secret.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._ecs.inputs import value_from
from ansible_collections.calstack.aws.plugins.module_utils._ecs.permissions import secret_of
from ansible_collections.calstack.aws.plugins.module_utils._secrets import api

LABEL = "calstack.secret."
"""What the labels start with; the secret's name follows, as in calstack.secret.calstack/dev/app."""


def to_labels(versions: Mapping[str, str]) -> dict[str, str]:
    """Docker labels for the version ids by the secrets' names."""
    return {f"{LABEL}{name}": version for name, version in sorted(versions.items())}


def from_labels(labels: Mapping[str, str] | None) -> dict[str, str]:
    """The version ids by the secrets' names; labels that somebody else has set are not looked at."""
    return {key.removeprefix(LABEL): value for key, value in (labels or {}).items() if key.startswith(LABEL)}


def current(client: Any, secrets: Mapping[str, Any], changing: Collection[str] = ()) -> dict[str, str]:
    """The current version ids by the secrets' names, for the option `secrets`. Never reads a value.

    `changing` are the names of secrets that another component is only planning to change: their versions are
    known after apply. So are those of secrets that are not there yet, and these not even by name.

    Raises InputError for a secret that a task could not be started with.
    """
    arns = {secret_of(value_from(name, item)): name for name, item in secrets.items()}
    found = {}
    for arn, variable in arns.items():
        if arn is not None:
            with doing(f"looking at the secret {arn}"):
                secret = api.describe(client, arn)
            if secret is None:
                raise InputError(f"ecs_secrets: {variable} is to come from {arn}, but there is no such secret.")
            found[secret.name] = KNOWN_AFTER_APPLY if secret.name in changing else _version(secret, variable)
    return found


def _version(secret: api.Described, variable: str) -> str:
    if secret.deleted:
        raise InputError(
            f"ecs_secrets: {variable} is to come from the secret {secret.name}, which has been deleted and goes for "
            f"good after {secret.deleted}: restore it (aws secretsmanager restore-secret --secret-id {secret.name}), "
            f"then run again."
        )
    if not secret.version_id:
        raise InputError(
            f"ecs_secrets: {variable} is to come from the secret {secret.name}, no version of which is current: put a "
            f"value into it, or move the label {api.CURRENT} to the right version, then run again."
        )
    return secret.version_id
