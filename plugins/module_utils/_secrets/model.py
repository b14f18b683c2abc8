# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The secrets as they should be. Values appear here as arguments only, never in what can be shown. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Ref, Wanted

KIND = "secret"
SHORTEST_GENERATED = 32
"""Characters a session key needs at least: https://flask.palletsprojects.com/en/stable/config/#SECRET_KEY"""

SET = "(set)"
GENERATED = "(generated)"
OTHER = "(another value)"
UNKNOWN = "(unknown until restored)"
AWS_KEY = "alias/aws/secretsmanager"


@dataclass(frozen=True)
class Variable:
    """An environment variable of the application; `generate` is its length where this collection makes its value."""

    name: str
    generate: int = 0


@dataclass(frozen=True)
class Secret:
    """One secret in Secrets Manager: a JSON object with a key for each variable. `id` is what outputs call it."""

    id: str
    name: str
    variables: tuple[Variable, ...]


def secrets(params: Mapping[str, Any]) -> list[Secret]:
    """The module's option `secrets`. Raises InputError for a variable that is described wrongly."""
    return [
        Secret(item["id"], item["name"], tuple(_variable(item["id"], *pair) for pair in item["variables"].items()))
        for item in params["secrets"]
    ]


def _variable(ident: str, name: str, description: Any) -> Variable:
    described = description or {}
    if not isinstance(described, Mapping) or described.keys() - {"generate"}:
        raise InputError(f"secrets_{ident}: {name} takes {{}} or {{generate: LENGTH}} and nothing else.")
    length = described.get("generate", 0)
    if length and (not isinstance(length, int) or not SHORTEST_GENERATED <= length <= 1024):
        raise InputError(f"secrets_{ident}: {name}: generate is a length of {SHORTEST_GENERATED} to 1024 characters.")
    return Variable(name, length)


def wanted(params: Mapping[str, Any], scope: Scope, given: Iterable[str]) -> list[Wanted]:
    """What is wanted; `given` are the names of the variables that came with a value. Raises InputError."""
    ours = [secret for secret in secrets(params) if secret.variables]
    known = {variable.name for secret in ours for variable in secret.variables}
    if unknown := sorted(set(given) - known):
        raise InputError(
            f"secrets_values names {', '.join(unknown)}, which neither secrets_app nor secrets_database has: "
            f"add the name there, or mend its spelling."
        )
    return [_wanted(secret, params, scope, frozenset(given)) for secret in ours]


def _wanted(secret: Secret, params: Mapping[str, Any], scope: Scope, given: frozenset[str]) -> Wanted:
    properties = {
        "variables": {variable.name: label(variable, given) for variable in secret.variables},
        "description": f"What {scope.stack} is told in secret ({secret.id})",
        "kms_key": key_name(params["kms_key_id"] or AWS_KEY),
        "recovery": None,
        "tags": scope.tags(secret.name),
    }
    return Wanted(KIND, secret.name, properties)


def outputs(params: Mapping[str, Any]) -> dict[str, Any]:
    ours = [secret for secret in secrets(params) if secret.variables]
    return {
        "secrets_arns": {secret.id: Ref(KIND, secret.name) for secret in ours},
        "version_ids": {secret.id: Ref(KIND, secret.name, "version_id") for secret in ours},
    }


def label(variable: Variable, given: Iterable[str]) -> str:
    """How a diff shows a variable that is as it should be."""
    return GENERATED if variable.generate and variable.name not in given else SET


def offered(given: Mapping[str, str], fallbacks: Mapping[str, str], stored: Mapping[str, Any]) -> dict[str, str]:
    """The values that count beside what is stored: `given`, and of `fallbacks` those for which nothing is stored.

    A shell may still hold another environment's values: they never replace one that is stored.
    """
    return {name: value for name, value in fallbacks.items() if not stored.get(name)} | dict(given)


def states(
    secret: Secret, given: Mapping[str, str], stored: Mapping[str, Any], named: Iterable[str]
) -> dict[str, str | None]:
    """Each variable of `secret` as a diff shows it; none: it has no value yet.

    `named` are the names for which somebody has a value, whether it counts or not: what `wanted` was told.
    What was generated stays, whatever is given: to replace it logs every user out.
    """
    names = frozenset(named)
    return {variable.name: _state(variable, given, stored, names) for variable in secret.variables}


def _state(
    variable: Variable, given: Mapping[str, str], stored: Mapping[str, Any], named: frozenset[str]
) -> str | None:
    value = stored.get(variable.name)
    if value in (None, ""):
        return None
    value_differs = variable.name in given and given[variable.name] != value
    return OTHER if value_differs and not variable.generate else label(variable, named)


def missing(secret: Secret, given: Mapping[str, str], stored: Mapping[str, Any]) -> list[str]:
    """The variables that have no value and that nobody makes one for."""
    return [
        variable.name
        for variable in secret.variables
        if not (variable.generate or variable.name in given or stored.get(variable.name))
    ]


def kept(secret: Secret, given: Mapping[str, str], stored: Mapping[str, Any]) -> list[str]:
    """The variables that keep what was generated, although something else is given."""
    return [
        variable.name
        for variable in secret.variables
        if variable.generate
        and stored.get(variable.name)
        and given.get(variable.name, stored[variable.name]) != stored[variable.name]
    ]


def merged(
    secret: Secret, given: Mapping[str, str], stored: Mapping[str, Any], generate: Callable[[int], str]
) -> dict[str, Any]:
    """The whole new value of `secret`: what is stored, other keys too, with what is given or missing put in."""
    new = dict(stored)
    for variable in secret.variables:
        is_stored = bool(stored.get(variable.name))
        if variable.name in given and not (variable.generate and is_stored):
            new[variable.name] = given[variable.name]
        elif variable.generate and not is_stored:
            new[variable.name] = generate(variable.generate)
    return new


def parsed(name: str, text: str | None) -> dict[str, Any]:
    """The JSON object that the secret `name` holds. Raises InputError for anything else, without showing it."""
    try:
        value = json.loads(text or "")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise InputError(
            f"the secret {name} holds no JSON object, so its variables cannot be told apart. "
            f"Put it right in Secrets Manager, or delete it, then run again."
        )
    return value


def key_name(key_id: str) -> str:
    """A KMS key as id or alias/NAME: Secrets Manager may give back an ARN where it was given the name."""
    return key_id.rpartition(":")[2].removeprefix("key/")


def nowhere(gaps: Mapping[str, Sequence[str]], environment: str) -> InputError:
    """The one message for all that is missing; `gaps` has the names by secret."""
    names = "; ".join(f"{', '.join(names)} (for {secret})" for secret, names in gaps.items())
    return InputError(
        f"these have no value yet, and Secrets Manager of {environment} holds none: {names}. Give each once: as an "
        f"environment variable of the same name in this shell, or in secrets_values in a file made with "
        f"`ansible-vault create`. From then on Secrets Manager keeps it. Nothing has been changed."
    )
