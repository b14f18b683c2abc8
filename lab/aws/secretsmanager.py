"""Secrets Manager: AWSCURRENT is where its label is, and moving a label is a change of the secret."""

import time
from collections.abc import Callable

from moto.secretsmanager.models import SecretsManagerBackend

from lab.aws.patching import wrap


def apply() -> None:
    current_version()


def current_version() -> None:
    """A read without a version gives the one that AWSCURRENT was moved to, and LastChangedDate says when that was.

    moto gives the former version, and the time before.
    """

    @wrap(SecretsManagerBackend, "update_secret_version_stage")
    def update(
        original: Callable[..., tuple[str, str]],
        backend: SecretsManagerBackend,
        secret_id: str,
        version_stage: str,
        remove_from_version_id: str,
        move_to_version_id: str,
    ) -> tuple[str, str]:
        answer = original(backend, secret_id, version_stage, remove_from_version_id, move_to_version_id)
        backend.secrets[secret_id].last_changed_date = int(time.time())
        if version_stage == "AWSCURRENT" and move_to_version_id:
            backend.secrets[secret_id].set_default_version_id(move_to_version_id)
        return answer
