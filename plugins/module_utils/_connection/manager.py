# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The edge to Secrets Manager: the secret as it is, and the steps that change it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._connection.state import (
    ATLAS,
    CURRENT,
    PENDING,
    PREVIOUS,
    SECRETS,
    SOURCE,
    Secret,
    Version,
)
from ansible_collections.calstack.aws.plugins.module_utils._connection.steps import (
    CreateSecret,
    DeleteSecret,
    Mark,
    MoveLabel,
    PutVersion,
    Restore,
    Step,
    Tag,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import is_absent
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import ForeignError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import (
    COMPONENT_TAG,
    ENVIRONMENT_TAG,
    STACK_TAG,
    Scope,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait
from ansible_collections.calstack.aws.plugins.module_utils._secrets import api
from ansible_collections.calstack.aws.plugins.module_utils._secrets.model import parsed

MIGRATION_TAG = "calstack:migration"
UNDER_WAY, OVER = "under way", "over"
"""Set and never removed: AWS asks for another permission for that."""

LABELS = (CURRENT, PENDING, PREVIOUS, SOURCE)
SEEN_SECONDS = 60.0
"""How long Secrets Manager may need until all of it knows of a change."""


@dataclass(frozen=True)
class Manager:
    """`hide` is told every value as soon as it is known."""

    client: Any
    scope: Scope
    name: str
    kms_key_id: str = ""
    hide: Callable[[Iterable[Any]], None] = field(default=lambda _values: None, repr=False)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def read(self) -> Secret | None:
        """None: there is none of this name. Raises ForeignError for one that is somebody else's."""
        answer = self._described()
        if answer is None:
            return None
        tags = {tag["Key"]: tag["Value"] for tag in answer.get("Tags") or ()}
        self._refuse_foreign(answer["ARN"], tags)
        deleted = answer.get("DeletedDate")
        labelled = {} if deleted else self._versions(answer["ARN"], answer.get("VersionIdsToStages") or {})
        return Secret(
            arn=answer["ARN"],
            component=tags[COMPONENT_TAG],
            labelled=labelled,
            changed=answer.get("LastChangedDate") or answer["CreatedDate"],
            deleted=f"{deleted:%Y-%m-%d}" if deleted else "",
            is_migrating=tags.get(MIGRATION_TAG) == UNDER_WAY,
        )

    def _described(self) -> Mapping[str, Any] | None:
        try:
            answer: Mapping[str, Any] = self.client.describe_secret(SecretId=self.name)
        except Exception as error:
            if is_absent(error, api.ABSENT):
                return None
            raise
        return answer

    def _refuse_foreign(self, arn: str, tags: Mapping[str, str]) -> None:
        ours = {ENVIRONMENT_TAG: self.scope.environment, STACK_TAG: self.scope.stack}
        if not ours.items() <= tags.items() or tags.get(COMPONENT_TAG) not in (ATLAS, SECRETS):
            raise ForeignError("secret", self.name, arn, ours)

    def _versions(self, arn: str, stages: Mapping[str, Iterable[str]]) -> dict[str, Version]:
        labels = {label: ident for ident, its in stages.items() for label in its if label in LABELS}
        every = {
            ident: self._version(arn, ident, is_ours=ident == labels.get(CURRENT)) for ident in set(labels.values())
        }
        return {label: every[ident] for label, ident in labels.items()}

    def _version(self, arn: str, ident: str, *, is_ours: bool) -> Version:
        answer = self.client.get_secret_value(SecretId=arn, VersionId=ident)
        try:
            value = parsed(self.name, answer.get("SecretString"))
        except InputError:
            # Only the current value is built upon: what others have left behind may be anything.
            if is_ours:
                raise
            value = {}
        self.hide([*value.values(), answer.get("SecretString")])
        return Version(ident, answer["CreatedDate"], value)

    def carry_out(self, step: Step, arn: str) -> None:
        match step:
            case CreateSecret():
                self._create(step.version)
            case PutVersion():
                self.client.put_secret_value(
                    SecretId=arn,
                    ClientRequestToken=step.version.id,
                    SecretString=json.dumps(step.version.value),
                    VersionStages=[step.label],
                )
            case MoveLabel():
                ends = {"RemoveFromVersionId": step.source, "MoveToVersionId": step.target}
                given = {key: value for key, value in ends.items() if value}
                self.client.update_secret_version_stage(SecretId=arn, VersionStage=step.label, **given)
            case Tag():
                tags = Scope(self.scope.environment, step.component, self.scope.stack).tags(self.name)
                self.client.tag_resource(SecretId=arn, Tags=api.tag_list(tags))
            case Mark():
                mark = {MIGRATION_TAG: UNDER_WAY if step.is_migrating else OVER}
                self.client.tag_resource(SecretId=arn, Tags=api.tag_list(mark))
            case Restore():
                self._restore(arn)
            case DeleteSecret():
                how = {"RecoveryWindowInDays": step.days} if step.days else {"ForceDeleteWithoutRecovery": True}
                self.client.delete_secret(SecretId=arn, **how)

    def _create(self, version: Version) -> None:
        request = {
            "Name": self.name,
            "ClientRequestToken": version.id,
            "SecretString": json.dumps(version.value),
            "Description": f"How {self.scope.stack} connects to its database",
            "Tags": api.tag_list(self.scope.tags(self.name)),
            **({"KmsKeyId": self.kms_key_id} if self.kms_key_id else {}),
        }

        def attempt() -> str:
            return "made" if api.create(self.client, request) else "still being deleted"

        self._wait(Wait(f"the secret {self.name}", attempt, ("made",), seconds=SEEN_SECONDS))

    def _restore(self, arn: str) -> None:
        self.client.restore_secret(SecretId=arn)

        def state() -> str:
            secret = api.describe(self.client, self.name)
            return "restored" if secret and not secret.deleted else "deleted"

        self._wait(Wait(f"the secret {self.name}", state, ("restored",), seconds=SEEN_SECONDS, every=1))

    def read_back(self, planned: Secret) -> Secret:
        """The secret, once AWSCURRENT and AWSPENDING are where they were put."""
        seen: list[Secret] = []
        there = ", ".join(f"{label} on {planned.id_of(label) or 'none'}" for label in (CURRENT, PENDING))

        def state() -> str:
            secret = self.read()
            seen[:] = [secret] if secret else []
            if secret is None:
                return "gone"
            words = (f"{label} on {secret.id_of(label) or 'none'}" for label in (CURRENT, PENDING))
            return ", ".join(words)

        self._wait(Wait(f"the secret {self.name}", state, (there,), seconds=SEEN_SECONDS, every=1))
        return seen[0]

    def _wait(self, task: Wait) -> None:
        wait(task, self.clock, self.sleep)
