"""Whether a role's policies allow an action: what a task's execution role is asked before ECS acts for it.

Plays IAM's identity-based evaluation without conditions: an explicit Deny wins, then any Allow, else no. A
statement with a Condition allows (the lab cannot judge the condition) and never denies.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from lab.aws import backends
from lab.settings import Settings

Policy = Mapping[str, Any]


def allowed(policies: Iterable[Policy], action: str, resource: str) -> bool:
    """Whether `policies` (documents as parsed JSON) let `action`, as "service:Action", at the ARN `resource`."""
    effects = {
        statement.get("Effect")
        for policy in policies
        for statement in _list(policy.get("Statement"))
        if _applies(statement, action, resource)
    }
    return "Allow" in effects and "Deny" not in effects


def role_policies(settings: Settings, role_arn: str) -> list[Policy] | None:
    """The inline and managed policies of a role; None if there is no such role. Hold the backends' lock."""
    name = role_arn.rsplit("/", 1)[-1]
    for role in backends.iam(settings).roles.values():
        if role.name == name:
            documents = [*role.policies.values(), *(policy.document for policy in role.managed_policies.values())]
            return [json.loads(item) if isinstance(item, str) else item for item in documents]
    return None


def _applies(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    if statement.get("Condition") and statement.get("Effect") == "Deny":
        return False
    return _matches(statement, "Action", action.lower(), fold=True) and _matches(statement, "Resource", resource)


def _matches(statement: Mapping[str, Any], element: str, value: str, fold: bool = False) -> bool:
    negated = f"Not{element}" in statement
    patterns = _list(statement.get(f"Not{element}" if negated else element))
    hit = any(_wildcard(pattern.lower() if fold else pattern, value) for pattern in patterns)
    return hit != negated


def _wildcard(pattern: str, value: str) -> bool:
    """IAM's wildcards: `*` any run of characters, `?` any one."""
    expression = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
