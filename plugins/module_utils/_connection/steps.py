# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The steps a rotation is made of, each one writing call, and what each leaves behind. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from ansible_collections.calstack.aws.plugins.module_utils._connection.state import (
    ATLAS,
    CURRENT,
    PREVIOUS,
    Grants,
    Secret,
    State,
    Version,
)

Action = Literal["create", "update", "delete"]
USER, SECRET = "database user", "secret"


@dataclass(frozen=True)
class PutUser:
    """Make a user, or (`exists`) change it. A password of "" leaves the one it has."""

    name: str
    grants: Grants
    exists: bool
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class DeleteUser:
    name: str


@dataclass(frozen=True)
class CreateSecret:
    version: Version


@dataclass(frozen=True)
class PutVersion:
    version: Version
    label: str


@dataclass(frozen=True)
class MoveLabel:
    """From one version ("": none has it) to another ("": none gets it)."""

    label: str
    source: str
    target: str
    when: datetime


@dataclass(frozen=True)
class Tag:
    """Say whose secret it is."""

    component: str


@dataclass(frozen=True)
class Mark:
    """Say whether the data is being moved."""

    is_migrating: bool


@dataclass(frozen=True)
class Restore:
    """Take a deletion back."""


@dataclass(frozen=True)
class DeleteSecret:
    days: int


Step = PutUser | DeleteUser | CreateSecret | PutVersion | MoveLabel | Tag | Mark | Restore | DeleteSecret


def describe(step: Step, secret: str) -> tuple[Action, str, str, str]:
    """What is done, to what kind of thing, of what name, and more words for a diff."""
    match step:
        case PutUser():
            return ("update" if step.exists else "create", USER, step.name, _user_words(step))
        case DeleteUser():
            return ("delete", USER, step.name, "")
        case CreateSecret():
            return ("create", SECRET, secret, f"a new version is {CURRENT}")
        case PutVersion():
            return ("update", SECRET, secret, f"a new version is {step.label}")
        case MoveLabel():
            words = f"{step.label}: {step.source or '(none)'} -> {step.target or '(none)'}"
            return ("update", SECRET, secret, words)
        case Tag():
            return ("update", SECRET, secret, f"it belongs to the component {step.component}")
        case Mark():
            return ("update", SECRET, secret, f"a migration {'is under way' if step.is_migrating else 'is over'}")
        case Restore():
            return ("update", SECRET, secret, "it is restored, with the values it had")
        case DeleteSecret():
            return ("delete", SECRET, secret, f"it can be restored for {step.days} days" if step.days else "for ever")


def _user_words(step: PutUser) -> str:
    roles = ", ".join(sorted(step.grants.roles))
    where = f" on {', '.join(sorted(step.grants.clusters))}" if step.grants.clusters else ""
    return f"{roles}{where}{'; a new password' if step.password and step.exists else ''}"


def after(state: State, step: Step) -> State:
    """What is there when `step` has been carried out on `state`."""
    secret = state.secret
    match step:
        case PutUser():
            return replace(state, users={**state.users, step.name: step.grants})
        case DeleteUser():
            return replace(state, users={name: there for name, there in state.users.items() if name != step.name})
        case CreateSecret():
            made = Secret("", ATLAS, {CURRENT: step.version}, step.version.created)
            return replace(state, secret=made)
    if secret is None:
        raise ValueError(f"{step} without a secret")
    return replace(state, secret=_secret_after(secret, step))


def _secret_after(secret: Secret, step: Step) -> Secret | None:
    match step:
        case PutVersion():
            labelled = _labelled(secret, step.label, step.version)
            return replace(secret, labelled=labelled, changed=step.version.created)
        case MoveLabel():
            every = {version.id: version for version in secret.labelled.values()}
            labelled = _labelled(secret, step.label, every.get(step.target))
            return replace(secret, labelled=labelled, changed=step.when)
        case Tag():
            return replace(secret, component=step.component)
        case Mark():
            return replace(secret, is_migrating=step.is_migrating)
        case Restore():
            return replace(secret, deleted="")
        case DeleteSecret():
            return replace(secret, deleted="now") if step.days else None
    raise ValueError(f"{step} is no step of a secret")


def _labelled(secret: Secret, label: str, version: Version | None) -> dict[str, Version]:
    """Moving AWSCURRENT moves AWSPREVIOUS to where it was: Secrets Manager does so by itself."""
    labelled = {name: there for name, there in secret.labelled.items() if name != label}
    if label == CURRENT:
        labelled.pop(PREVIOUS, None)
        labelled |= {PREVIOUS: secret.labelled[CURRENT]} if CURRENT in secret.labelled else {}
    return labelled | ({label: version} if version else {})


def shown(steps: tuple[Step, ...], secret: str) -> str:
    """The steps as `--diff` shows them."""
    signs = {"create": "+", "update": "~", "delete": "-"}
    lines = []
    for step in steps:
        action, kind, name, words = describe(step, secret)
        lines.append(f"{signs[action]} {kind} {name}\n" + (f"    {words}\n" if words else ""))
    return "".join(lines)


def changes(steps: tuple[Step, ...], secret: str) -> list[Mapping[str, Any]]:
    """The steps as the module returns them."""
    return [dict(zip(("action", "kind", "name"), describe(step, secret)[:3], strict=True)) for step in steps]
