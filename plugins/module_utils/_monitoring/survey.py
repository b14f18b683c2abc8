# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the component must know of the account before it can say what it wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import log_group_name
from ansible_collections.calstack.aws.plugins.module_utils._ecs.survey import account
from ansible_collections.calstack.aws.plugins.module_utils._monitoring import inputs


def survey(clients: Clients, params: Mapping[str, Any], scope: Scope, *, check: bool = False) -> dict[str, Any]:
    """The account. What is only known after apply is accepted in check mode (`check`). Raises InputError."""
    inputs.check(params)
    if not check:
        inputs.refuse_unknown(params)
        _require_logs(clients, scope)
    with doing("asking AWS who we are"):
        return {"account": account(clients)}


def _require_logs(clients: Clients, scope: Scope) -> None:
    """A metric filter needs its log group: said before anything has been made."""
    name = log_group_name(scope.stack)
    with doing(f"looking for the log group {name}"):
        groups = clients("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    if name not in {group["logGroupName"] for group in groups}:
        raise InputError(f"there is no log group {name} whose lines could be counted: run the component ecs first.")
