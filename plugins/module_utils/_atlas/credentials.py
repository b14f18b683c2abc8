# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Who asks Atlas: a service account or an API key, never both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

ACCOUNT_VARIABLES = ("MONGODB_ATLAS_CLIENT_ID", "MONGODB_ATLAS_CLIENT_SECRET")
KEY_VARIABLES = ("MONGODB_ATLAS_PUBLIC_KEY", "MONGODB_ATLAS_PRIVATE_KEY")


@dataclass(frozen=True)
class ServiceAccount:
    """OAuth 2.0 client credentials: what Atlas recommends."""

    client_id: str
    client_secret: str = field(repr=False)

    variables = ACCOUNT_VARIABLES
    name = "service account"

    @property
    def secret(self) -> str:
        return self.client_secret


@dataclass(frozen=True)
class ApiKey:
    """HTTP digest: the older way."""

    public_key: str
    private_key: str = field(repr=False)

    variables = KEY_VARIABLES
    name = "API key"

    @property
    def secret(self) -> str:
        return self.private_key


Credentials = ServiceAccount | ApiKey


def credentials(params: Mapping[str, Any]) -> Credentials:
    """The credentials among a module's options; an empty one counts as not given.

    Raises InputError where both kinds are given, neither, or half of one.
    """
    account = [params.get(name) or "" for name in ("client_id", "client_secret")]
    key = [params.get(name) or "" for name in ("public_key", "private_key")]
    if any(account) and any(key):
        raise InputError(
            f"credentials of a service account ({' / '.join(ACCOUNT_VARIABLES)}) and of an API key "
            f"({' / '.join(KEY_VARIABLES)}) are given: unset one of the two. Each has an option of the module, too."
        )
    if all(account):
        return ServiceAccount(*account)
    if all(key):
        return ApiKey(*key)
    for pair, values in ((ACCOUNT_VARIABLES, account), (KEY_VARIABLES, key)):
        if any(values):
            given, missing = pair if values[0] else pair[::-1]
            raise InputError(f"{given} is set, but {missing} is not: Atlas needs both.")
    raise InputError(
        f"there are no credentials for Atlas. Set {' and '.join(ACCOUNT_VARIABLES)} to a service account's "
        f"(in Atlas: Organization, Applications, Service Accounts), or {' and '.join(KEY_VARIABLES)} to an API key's."
    )
