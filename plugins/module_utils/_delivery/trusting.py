# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Who uses the identity provider: every role of the account whose trust policy names it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def trusting(iam: Any, provider: str) -> Iterator[str]:
    """The names of the roles that trust `provider`, an ARN; of any environment and of anybody."""
    for page in iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1000}):
        for role in page["Roles"]:
            if provider in _principals(role["AssumeRolePolicyDocument"]):
                yield role["RoleName"]


def _principals(document: Any) -> set[str]:
    """The federated principals of a trust policy, which boto3 gives parsed or, where it is odd, as text."""
    policy = json.loads(document) if isinstance(document, str) else document
    given = policy.get("Statement", [])
    found: set[str] = set()
    for statement in [given] if isinstance(given, dict) else given:
        principal = statement.get("Principal")
        names = principal.get("Federated", []) if isinstance(principal, dict) else []
        found |= {names} if isinstance(names, str) else set(names)
    return found
