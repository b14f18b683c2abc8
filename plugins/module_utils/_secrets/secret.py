# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The secrets of an environment, as Secrets Manager has them."""

from __future__ import annotations

import json
import secrets as randomness
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import (
    COMPONENT_TAG,
    Clients,
    Kind,
    Scope,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait
from ansible_collections.calstack.aws.plugins.module_utils._secrets import api, model
from ansible_collections.calstack.aws.plugins.module_utils._secrets.values import check


def generate(length: int) -> str:
    """`length` random letters and digits: 5.95 bits each."""
    return "".join(randomness.choice(string.ascii_letters + string.digits) for _ in range(length))


@dataclass(frozen=True)
class Given:
    """What the user has given. Values never show in a repr; `fallbacks` count where nothing is stored."""

    secrets: Sequence[model.Secret]
    values: Mapping[str, str] = field(repr=False)
    recovery_days: int
    kms_key_id: str = ""
    fallbacks: Mapping[str, str] = field(default_factory=dict, repr=False)
    generate: Callable[[int], str] = field(default=generate, repr=False)
    hide: Callable[[Iterable[Any], Iterable[str]], None] = field(default=lambda _values, _public: None, repr=False)
    """Told every value that was not given, as soon as it is known, and the names that must stay readable."""

    @property
    def names(self) -> frozenset[str]:
        """The variables that came with a value."""
        return frozenset(self.values) | frozenset(self.fallbacks)

    def offered(self, stored: Mapping[str, Any]) -> dict[str, str]:
        return model.offered(self.values, self.fallbacks, stored)


@dataclass
class Ledger:
    """What to tell besides the changes: the names of the variables that change, by secret, and notes."""

    changed: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Secret(Kind):
    """A secret with its value: a JSON object. Only Secrets Manager's own word that it is not there means absent."""

    kind = model.KIND

    def __init__(self, clients: Clients, scope: Scope, given: Given, ledger: Ledger) -> None:
        super().__init__(clients, scope)
        self._given = given
        self._ledger = ledger
        self._by_name = {secret.name: secret for secret in given.secrets}
        self._deleted: set[str] = set()

    @property
    def _manager(self) -> Any:
        return self.clients("secretsmanager")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        items = list(wanted)
        if not items:
            return self._ours()
        described = {item.name: api.describe(self._manager, item.name) for item in items}
        others = {name for name, secret in described.items() if secret and self._is_anothers(secret.tags)}
        stored = {
            name: self._value(secret)
            for name, secret in described.items()
            if name not in others and not (secret and secret.deleted)
        }
        self._refuse(stored)
        for name in others:
            self._note_others(name, described[name])
        # What another component writes (the connection string) is as wanted, whatever it is.
        return [
            Found(self.kind, item.name, secret.arn, item.properties, {"version_id": secret.version_id})
            if item.name in others
            else self._found(secret, stored.get(item.name))
            for item in items
            if (secret := described[item.name])
        ]

    def _value(self, secret: api.Described | None) -> dict[str, Any]:
        value = api.value(self._manager, secret)
        if secret:
            self._given.hide(value.values(), [secret.name, secret.arn])
        return value

    def _generate(self, length: int) -> str:
        """Hidden before anybody can quote it: an error of AWS may repeat the request."""
        value = self._given.generate(length)
        self._given.hide([value], [])
        return value

    def _ours(self) -> list[Found]:
        """What absent takes down. Those that wait to be deleted may go on waiting, where there is a time to wait."""
        names = {*self._by_name, *api.names(self._manager, self.scope.environment)} - self._deleted
        described = [secret for name in sorted(names) if (secret := api.describe(self._manager, name))]
        return [
            Found(self.kind, secret.name, secret.arn, {"tags": secret.tags})
            for secret in described
            if self.scope.owns(secret.tags) and not (secret.deleted and self._given.recovery_days)
        ]

    def _is_anothers(self, tags: Mapping[str, str]) -> bool:
        component = tags.get(COMPONENT_TAG, self.scope.component)
        return component != self.scope.component and self.scope.owns({**tags, COMPONENT_TAG: self.scope.component})

    def _note_others(self, name: str, secret: api.Described | None) -> None:
        ignored = [variable.name for variable in self._by_name[name].variables if variable.name in self._given.values]
        if ignored and secret:
            self._ledger.notes.append(
                f"{', '.join(ignored)} is given, but the component {secret.tags[COMPONENT_TAG]} writes the secret "
                f"{name}: what is given is not used."
            )

    def _refuse(self, stored: Mapping[str, Mapping[str, Any]]) -> None:
        """Everything that is wrong with what is given, before anything is changed."""
        gaps = {
            name: names
            for name, value in stored.items()
            if (names := model.missing(self._by_name[name], self._given.offered(value), value))
        }
        if gaps:
            raise model.nowhere(gaps, self.scope.environment)
        for name, value in stored.items():
            self._prepare(self._by_name[name], value)

    def _prepare(self, secret: model.Secret, stored: Mapping[str, Any]) -> None:
        offered = self._given.offered(stored)
        new = model.merged(secret, offered, stored, lambda _length: "")
        for variable in secret.variables:
            if variable.name in offered and new[variable.name] != stored.get(variable.name):
                check(variable, new[variable.name], self._manager.meta.endpoint_url)
        if changed := sorted(name for name in new if name not in stored or new[name] != stored[name]):
            self._ledger.changed.setdefault(secret.id, changed)
        for name in model.kept(secret, self._given.values, stored):
            self._ledger.notes.append(
                f"{name} is given, but {secret.name} holds another: the stored one stays, because to replace it "
                f"would log every user out. To replace it all the same, take it out of the secret first."
            )

    def _found(self, secret: api.Described, stored: Mapping[str, Any] | None) -> Found:
        wanted = self._by_name[secret.name]
        unknown = {variable.name: model.UNKNOWN for variable in wanted.variables}
        properties = {
            "variables": unknown if stored is None else self._states(wanted, stored),
            "description": secret.description,
            "kms_key": model.key_name(secret.kms_key_id or model.AWS_KEY),
            "recovery": f"until {secret.deleted}" if secret.deleted else None,
            "tags": secret.tags,
        }
        return Found(self.kind, secret.name, secret.arn, properties, {"version_id": secret.version_id})

    def _states(self, secret: model.Secret, stored: Mapping[str, Any]) -> dict[str, str | None]:
        return model.states(secret, self._given.offered(stored), stored, self._given.names)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        value = model.merged(self._by_name[name], self._given.offered({}), {}, self._generate)
        request = {
            "Name": name,
            "SecretString": json.dumps(value),
            "Description": properties["description"],
            "Tags": api.tag_list(properties["tags"]),
        }
        if self._given.kms_key_id:
            request["KmsKeyId"] = self._given.kms_key_id
        made: list[Mapping[str, Any]] = []

        def attempt() -> str:
            answer = api.create(self._manager, request)
            made.extend([answer] if answer else [])
            return "made" if answer else "still being deleted"

        wait(Wait(f"the secret {name}", attempt, ("made",), seconds=60))
        return Found(self.kind, name, made[0]["ARN"], properties, {"version_id": made[0]["VersionId"]})

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if "recovery" in changed:
            self._restore(found)
        if "tags" in changed:
            self._manager.tag_resource(SecretId=found.id, Tags=api.tag_list(properties["tags"]))
        if changed.keys() & {"kms_key", "description"}:
            key = self._given.kms_key_id or model.AWS_KEY
            self._manager.update_secret(SecretId=found.id, KmsKeyId=key, Description=properties["description"])
        if "variables" in changed:
            self._put(found.name)

    def _restore(self, found: Found) -> None:
        self._manager.restore_secret(SecretId=found.id)
        self._ledger.notes.append(f"the secret {found.name} had been deleted: it is back, with the values it had.")

        def state() -> str:
            secret = api.describe(self._manager, found.name)
            return "restored" if secret and not secret.deleted else "deleted"

        wait(Wait(f"the secret {found.name}", state, ("restored",), seconds=60, every=1))

    def _put(self, name: str) -> None:
        secret = self._by_name[name]
        stored = self._value(api.describe(self._manager, name))
        self._refuse({name: stored})
        new = model.merged(secret, self._given.offered(stored), stored, self._generate)
        if new != stored:
            self._manager.put_secret_value(SecretId=name, SecretString=json.dumps(new))

    def delete(self, found: Found) -> None:
        self._deleted.add(found.name)
        if self._given.recovery_days:
            self._manager.delete_secret(SecretId=found.id, RecoveryWindowInDays=self._given.recovery_days)
        else:
            self._manager.delete_secret(SecretId=found.id, ForceDeleteWithoutRecovery=True)
