# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The module's options, checked, as what is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.calstack.aws.plugins.module_utils._atlas import sizes, user_model
from ansible_collections.calstack.aws.plugins.module_utils._atlas.base_url import is_loopback
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_model import Cluster, connection_strings
from ansible_collections.calstack.aws.plugins.module_utils._connection.pool import Load, pool_size
from ansible_collections.calstack.aws.plugins.module_utils._connection.state import Fresh, Grants, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._connection.uri import (
    Login,
    address_of,
    check_hosts,
    check_options,
    places,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._secrets.values import is_understood

Params = Mapping[str, Any]

BY_ROLE = "aws_iam"
NAT, PRIVATE = "nat", "private_endpoint"
"""The ways to the cluster: through its public addresses, or by PrivateLink."""

COMPOSING = ("present", "prepared")
"""The goals that put a connection string together, and so need the way to the cluster."""

RECOVERY_DAYS = range(7, 31)
"""RecoveryWindowInDays: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html"""


def check(params: Params) -> None:
    """Raises InputError for what cannot be, whatever is there."""
    days = params["recovery_days"]
    if days and days not in RECOVERY_DAYS:
        raise InputError(
            f"atlas_recovery_days is {days}: AWS keeps a deleted secret 7 to 30 days, or 0 for not at all."
        )
    if params["state"] == "absent":
        return
    if not (params["roles"] or params["database"]):
        raise InputError("atlas_database is empty: say which database the application uses, or give atlas_roles.")
    if params["database_in_uri"] and not params["database"]:
        raise InputError("atlas_database_in_uri is true, but atlas_database is empty.")
    check_options(params["uri_options"])
    if params["goal"] in COMPOSING:
        # A pool that does not fit is said before a cluster is waited for.
        options(params, None)


def users(params: Params) -> tuple[str, str]:
    return f"{params['stack_name']}-a", f"{params['stack_name']}-b"


def names(params: Params) -> tuple[str, ...]:
    """All users in Atlas that are ours."""
    return (*users(params), params["role_arn"])


def wanted(params: Params, cluster: Cluster | None, fresh: Fresh) -> Wanted:
    """`cluster` is None where it is only planned, or not asked for."""
    there = address(params, cluster)
    composes = bool(there) and params["goal"] in COMPOSING
    return Wanted(
        stack=params["stack_name"],
        secret=params["secret_name"],
        users=users(params),
        grants=grants(params),
        fresh=fresh,
        address=there,
        options=options(params, cluster) if composes else {},
        database=params["database"] if params["database_in_uri"] else "",
        role=params["role_arn"],
        by_role=params["mode"] == BY_ROLE,
        take_over=params["take_over"],
        places=places(connection_strings(cluster.answer)) if cluster else frozenset(),
        is_moved=params["is_moved"],
        migration=params["migration"],
    )


def grants(params: Params) -> Grants:
    """The roles that are asked for, or to read and write the application's database."""
    given = params["roles"] or [{"role_name": "readWrite", "database_name": params["database"]}]
    return Grants(user_model.roles(given), frozenset({cluster_name(params)}))


def cluster_name(params: Params) -> str:
    return str(params["cluster_name"] or params["stack_name"])


def address(params: Params, cluster: Cluster | None) -> str:
    endpoint = params["private_endpoint_id"]
    if cluster is None or endpoint == KNOWN_AFTER_APPLY:
        return ""
    return address_of(connection_strings(cluster.answer), endpoint)


def options(params: Params, cluster: Cluster | None) -> dict[str, str]:
    """retryWrites and w are said, though drivers do so by themselves: other tools read this string too."""
    size = sizes.size(params["instance_size"]) or _smallest(cluster)
    load = Load(params["tasks_max"], params["workers"])
    limit = sizes.connection_limit(size)
    usable = None if limit is None else limit - sizes.RESERVED_CONNECTIONS
    pool = pool_size(load, size, usable, params["max_pool_size"])
    ours = {"appName": params["stack_name"], "maxPoolSize": str(pool)}
    return {"retryWrites": "true", "w": "majority", **params["uri_options"], **ours}


def _smallest(cluster: Cluster | None) -> str:
    """The size that Atlas may scale down to, so that a pool does not change with the hour."""
    if cluster is None:
        return ""
    return str((cluster.properties.get("compute_autoscaling") or {}).get("min") or cluster.size)


def check_composed(params: Params, asked: Wanted) -> None:
    """Raises InputError or CalstackError where what is put together could not be used. No password is shown to it."""
    if not asked.address:
        return
    host = urlsplit(params["base_url"]).hostname or ""
    check_hosts(asked.address, atlas_is_here=is_loopback(host))
    login = Login() if asked.by_role else Login(asked.users[0], "stands for the password")
    try:
        is_good = is_understood(asked.uri(login))
    except ImportError as error:
        raise CalstackError(
            "PyMongo, which checks the connection string, is not installed where this module runs: install it with "
            "`pip install pymongo` for the interpreter that Ansible uses there."
        ) from error
    if not is_good:
        raise InputError(
            f"PyMongo does not understand the connection string for {', '.join(asked.options)}: check "
            "atlas_uri_options. Nothing has been changed."
        )
