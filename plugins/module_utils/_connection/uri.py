# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A MongoDB connection string, put together and taken apart again. Pure.

https://www.mongodb.com/docs/manual/reference/connection-string/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from ansible_collections.calstack.aws.plugins.module_utils._atlas.user_model import EXTERNAL
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError

AWS_MECHANISM = {"authSource": quote(EXTERNAL, safe=""), "authMechanism": "MONGODB-AWS"}
"""The task's own role is the credential: https://www.mongodb.com/docs/atlas/security/aws-iam-authentication/"""

ATLAS_HOSTS = (".mongodb.net", ".mongodbgov.net")
"""Where the hosts of clusters are: https://www.mongodb.com/docs/atlas/reference/faq/connection-changes/ and, for Atlas
for Government, the default of ALLOWED_HOSTS in the drivers' authentication specification."""

_FORM = re.compile(
    r"(?P<scheme>mongodb(?:\+srv)?)://(?:(?P<user>[^:@/?]*)(?::(?P<password>[^@/?]*))?@)?(?P<hosts>[^@/?]+)"
    r"(?:/(?P<database>[^?]*))?(?:\?(?P<options>.*))?",
    re.DOTALL,
)


@dataclass(frozen=True)
class Login:
    """Who connects: a user with a password, or (`user` empty) the AWS role of the process that connects."""

    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def is_role(self) -> bool:
        return not self.user


@dataclass(frozen=True)
class Parts:
    """A connection string taken apart. `options` are as written, percent-encoded values and all."""

    scheme: str
    hosts: str
    login: Login | None
    database: str
    options: Mapping[str, str]

    @property
    def address(self) -> str:
        """Scheme and hosts: what is safe to show."""
        return f"{self.scheme}://{self.hosts}"


def split(text: Any) -> Parts | None:
    """`text` taken apart; None for what is no connection string."""
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    if not match:
        return None
    pairs = (item.partition("=") for item in (match["options"] or "").split("&") if item)
    options = {name: value for name, _sign, value in pairs}
    return Parts(
        scheme=match["scheme"],
        hosts=match["hosts"],
        login=_login(match["user"], match["password"], options),
        database=unquote(match["database"] or ""),
        options=options,
    )


def _login(user: str | None, password: str | None, options: Mapping[str, str]) -> Login | None:
    if user:
        return Login(unquote(user), unquote(password or ""))
    mechanism = AWS_MECHANISM["authMechanism"]
    return (
        Login() if any(name.lower() == "authmechanism" for name in options) and mechanism in options.values() else None
    )


def compose(address: str, login: Login, options: Mapping[str, str], database: str = "") -> str:
    """The connection string for `login` at `address`, one of Atlas's own connection strings, whose options stay.

    `options` are plain text. Where both have one, the given one counts; names are compared without case.
    """
    parts = split(address)
    if parts is None:
        raise CalstackError(f"{address!r}, which Atlas gave, is no connection string.")
    wanted = {name: quote(str(value), safe="") for name, value in options.items()}
    wanted |= AWS_MECHANISM if login.is_role else {}
    ours = {name.lower() for name in wanted}
    every = {name: value for name, value in parts.options.items() if name.lower() not in ours} | wanted
    credentials = "" if login.is_role else f"{quote(login.user, safe='')}:{quote(login.password, safe='')}@"
    query = "&".join(f"{name}={value}" for name, value in every.items())
    return f"{parts.scheme}://{credentials}{parts.hosts}/{quote(database, safe='')}{'?' if query else ''}{query}"


def address_of(connection_strings: Mapping[str, Any], endpoint: str = "") -> str:
    """The cluster's own connection string, of those that `_atlas.cluster_model.connection_strings` makes out.

    `endpoint` is the VPC endpoint to go through. SRV is preferred: it survives that Atlas replaces a host.
    "": there is none yet.
    """
    if not endpoint:
        return str(connection_strings["standard_srv"] or connection_strings["standard"])
    for item in connection_strings["private_endpoints"]:
        if any(there["endpoint_id"] == endpoint for there in item["endpoints"]):
            return str(item["srv_connection_string"] or item["connection_string"])
    return ""


def hosts(address: str) -> list[str]:
    """The names without ports."""
    parts = split(address)
    return [re.sub(r":\d+$", "", host) for host in parts.hosts.split(",")] if parts else []


def endpoints(address: str) -> frozenset[str]:
    """The names with their ports, as written."""
    parts = split(address)
    return frozenset(parts.hosts.lower().split(",")) if parts else frozenset()


def places(connection_strings: Mapping[str, Any]) -> frozenset[str]:
    """All hosts of a cluster, by whatever way; of what `_atlas.cluster_model.connection_strings` makes out."""
    private = connection_strings["private_endpoints"]
    every = [connection_strings["standard"], connection_strings["standard_srv"]]
    every += [item[name] for item in private for name in ("connection_string", "srv_connection_string")]
    return frozenset().union(*(endpoints(address) for address in every))


def check_hosts(address: str, *, atlas_is_here: bool) -> None:
    """Raises CalstackError where a host is not Atlas's: the password would go to whoever it belongs to.

    `atlas_is_here`: the Atlas that was asked is on this machine, and its clusters may be as well.
    """
    strange = [host for host in hosts(address) if not host.lower().endswith(ATLAS_HOSTS)]
    if strange and not atlas_is_here:
        raise CalstackError(
            f"the cluster's connection string names {', '.join(strange)}, which is not one of Atlas's hosts "
            f"(*{', *'.join(ATLAS_HOSTS)}). Nothing has been changed. Check MONGODB_ATLAS_BASE_URL."
        )


def check_options(options: Mapping[str, Any]) -> None:
    """Raises InputError for options that are the module's own to decide, or that hold a credential."""
    ours = {"authsource", "authmechanism", "authmechanismproperties", "maxpoolsize", "appname"}
    if taken := sorted(name for name in options if name.lower() in ours):
        raise InputError(
            f"atlas_uri_options names {', '.join(taken)}, which this collection sets itself: leave it out."
        )
