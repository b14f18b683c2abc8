# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the component must know of the account before it can say what it wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._delivery import model
from ansible_collections.calstack.aws.plugins.module_utils._delivery.names import provider_arn
from ansible_collections.calstack.aws.plugins.module_utils._ecs.survey import account


def survey(clients: Clients, params: Mapping[str, Any], scope: Scope, *, check: bool = False) -> dict[str, Any]:
    """The account, and the provider's ARN in it; nothing where no repository is given.

    What is only known after apply is accepted in check mode (`check`). Raises InputError.
    """
    if not params["repository"]:
        return {}
    model.check(params, scope.stack, clients("ecs").meta.region_name)
    if not check:
        model.refuse_unknown(params)
    with doing("asking AWS who we are"):
        where = account(clients)
    return {"account": where, "provider": provider_arn(where.partition, where.id)}
