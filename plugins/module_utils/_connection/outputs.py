# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the module returns: never a value. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._connection.plan import Plan
from ansible_collections.calstack.aws.plugins.module_utils._connection.run import Outcome
from ansible_collections.calstack.aws.plugins.module_utils._connection.state import CURRENT, KEY, SOURCE, Version
from ansible_collections.calstack.aws.plugins.module_utils._connection.steps import (
    CreateSecret,
    MoveLabel,
    PutVersion,
    Step,
    changes,
    shown,
)
from ansible_collections.calstack.aws.plugins.module_utils._connection.uri import hosts
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY


def answer(params: Mapping[str, Any], outcome: Outcome, *, check: bool) -> dict[str, Any]:
    """The arguments of exit_json."""
    name = params["secret_name"]
    told = {
        "changed": bool(outcome.steps),
        "changes": changes(outcome.steps, name),
        "diff": {"prepared": shown(outcome.steps, name)},
    }
    if params["state"] == "present":
        told["current_changed"] = any(_changes_current(step) for step in outcome.steps)
    return told | (outputs(outcome.plan, check=check) if params["state"] == "present" else {})


def outputs(plan: Plan, *, check: bool) -> dict[str, Any]:
    """What is there when all steps have been carried out."""
    secret = plan.state.secret
    current, pending = (secret.version(CURRENT), secret.pending) if secret else (None, None)
    connected = plan.is_connected
    return {
        "secret_arn": secret.arn if secret and secret.arn else KNOWN_AFTER_APPLY,
        "version_id": _ident(plan, current, check=check) or KNOWN_AFTER_APPLY,
        "pending_version_id": _ident(plan, pending, check=check),
        "source_version_id": secret.id_of(SOURCE) if secret else "",
        "connected": connected,
        "user": plan.wanted.user_of(current) if connected else "",
        "settled": plan.is_settled,
        "tasks_behind": plan.state.behind,
        "migrating": bool(secret and secret.is_migrating),
        "host": _host(plan, current if connected else pending),
    }


def _changes_current(step: Step) -> bool:
    match step:
        case CreateSecret():
            return True
        case PutVersion() | MoveLabel():
            return step.label == CURRENT
    return False


def _ident(plan: Plan, version: Version | None, *, check: bool) -> str:
    """The id that this run would give a new version is not the one that the next will."""
    if version is None:
        return ""
    return KNOWN_AFTER_APPLY if check and version.id == plan.wanted.fresh.version else version.id


def _host(plan: Plan, version: Version | None) -> str:
    if version is None:
        return ""
    is_planned = version.id == plan.wanted.fresh.version and not plan.wanted.address
    return KNOWN_AFTER_APPLY if is_planned else ",".join(hosts(str(version.value.get(KEY))))
