# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The repository's policy: our one statement in it, beside those of others. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

SID = "CalstackPull"
CHANGED = "(a statement changed by hand)"
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def pull_accounts(text: str | None) -> frozenset[str]:
    """The accounts that our statement of the policy lets pull; {CHANGED} where it says something else by now."""
    ours = [statement for statement in _statements(text) if statement.get("Sid") == SID]
    if not ours:
        return frozenset()
    statement = ours[0]
    match statement.get("Principal"):
        case {"AWS": names, **others} if not others:
            accounts = frozenset(_account(name) for name in _several(names))
        case _:
            accounts = frozenset()
    as_made = statement.get("Effect") == "Allow" and _several(statement.get("Action")) == frozenset(PULL)
    return accounts if len(ours) == 1 and as_made and accounts else frozenset({CHANGED})


def with_pull_accounts(text: str | None, accounts: Iterable[str], partition: str) -> str | None:
    """The policy with our statement letting `accounts` pull, all other statements kept; None: no policy is left."""
    statements = [statement for statement in _statements(text) if statement.get("Sid") != SID]
    principals = [f"arn:{partition}:iam::{account}:root" for account in sorted(accounts)]
    if principals:
        statements.append({"Sid": SID, "Effect": "Allow", "Principal": {"AWS": principals}, "Action": list(PULL)})
    return json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements else None


def _statements(text: str | None) -> list[dict[str, Any]]:
    if not text:
        return []
    statement = json.loads(text).get("Statement", [])
    return [statement] if isinstance(statement, dict) else list(statement)


def _several(value: Any) -> frozenset[str]:
    """IAM writes a list of one as the one."""
    return frozenset([value] if isinstance(value, str) else value or [])


def _account(principal: str) -> str:
    return principal.split(":")[4] if principal.startswith("arn:") else principal
