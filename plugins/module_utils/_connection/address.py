# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The way to the cluster: Atlas tells of the one by a private endpoint only minutes after that is AVAILABLE."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas import cluster_api
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_model import Cluster
from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import Api
from ansible_collections.calstack.aws.plugins.module_utils._atlas.private_endpoint import AtlasVpcEndpoint
from ansible_collections.calstack.aws.plugins.module_utils._atlas.private_endpoint_model import name as endpoint_name
from ansible_collections.calstack.aws.plugins.module_utils._connection import inputs
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait

PRIVATE_SECONDS = 900.0
"""A choice of this collection's."""

THERE = "there"


def endpoint(params: Mapping[str, Any], clients: Clients, scope: Scope, *, check: bool) -> str:
    """Our VPC endpoint to Atlas, by its tags; "" where another way is asked for.

    Where there is none it is only planned yet. Raises CalstackError where a connection string is to be made now.
    """
    if params["state"] == "absent" or params["access"] != inputs.PRIVATE:
        return ""
    with doing("looking for the VPC endpoint to Atlas"):
        found = AtlasVpcEndpoint(clients, scope).read(())
    ours = [item.id for item in found if item.name == endpoint_name(scope)]
    if ours:
        return ours[0]
    if check or params["goal"] not in inputs.COMPOSING:
        return KNOWN_AFTER_APPLY
    raise CalstackError(
        f"atlas_access is {inputs.PRIVATE}, but there is no VPC endpoint {endpoint_name(scope)} to Atlas: run site.yml "
        "first, which makes it. Nothing has been changed."
    )


def there(api: Api, project: str | None, params: Mapping[str, Any]) -> Cluster | None:
    """The cluster as it is, for goals that put nothing together."""
    return cluster_api.get(api, project, inputs.cluster_name(params)) if project else None


def reachable(
    api: Api,
    project: str | None,
    params: Mapping[str, Any],
    *,
    check: bool,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Cluster | None:
    """The cluster, once Atlas says how to reach it; in check mode as it is, None where it is only planned.

    Raises CalstackError that says why there is no way to it.
    """
    name = inputs.cluster_name(params)
    seen: list[Cluster | None] = []

    def state() -> str:
        seen[:] = [cluster_api.get(api, project, name) if project else None]
        if seen[0] is None:
            return "not there"
        return THERE if inputs.address(params, seen[0]) else f"{seen[0].state}, without a connection string for it"

    now = state()
    if check or now == THERE:
        return seen[0]
    if seen[0] is None:
        raise CalstackError(
            f"there is no cluster {name} in the project {params['project_name']}: create it first "
            "(calstack.aws.atlas_cluster; the role atlas does so)."
        )
    if not params["private_endpoint_id"]:
        raise CalstackError(f"the cluster {name} is {now}: wait until it is IDLE, then run again.")
    what = f"the way from the VPC endpoint {params['private_endpoint_id']} to the cluster {name}"
    wait(Wait(what, state, (THERE,), seconds=PRIVATE_SECONDS, every=10.0), clock, sleep)
    return seen[0]
