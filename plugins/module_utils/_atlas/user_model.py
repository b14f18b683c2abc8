# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A database user as it should be. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Wanted

KIND = "database user"
ADMIN, EXTERNAL = "admin", "$external"
AS_GIVEN, UNKNOWN = "the given one", "unknown"
"""Stand for the password in plans: Atlas never returns one, so it cannot be compared, and it is never shown."""

SHORTEST = 8
"""Characters: Atlas's own rule."""


class Login(NamedTuple):
    """What names a user: Atlas keeps users of AWS IAM apart, in $external."""

    database: str
    username: str


def login(params: Mapping[str, Any]) -> Login:
    passwordless = params["aws_iam_type"] != "NONE"
    return Login(params["database_name"] or (EXTERNAL if passwordless else ADMIN), params["username"])


def wanted(params: Mapping[str, Any], _scope: object = None) -> list[Wanted]:
    """The user. Raises InputError."""
    who = login(params)
    _refuse(params, who)
    properties: dict[str, Any] = {"aws_iam_type": params["aws_iam_type"], "roles": roles(params["roles"] or ())}
    initial: dict[str, Any] = {}
    if params["scopes"] is not None:
        properties["scopes"] = frozenset(params["scopes"])
    if params["description"] is not None:
        properties["description"] = params["description"]
    if params["delete_after"]:
        properties["delete_after"] = moment(params["delete_after"])
    if params["password"]:
        (properties if _every_run(params) else initial)["password"] = AS_GIVEN
    return [Wanted(KIND, who.username, properties, initial)]


def _refuse(params: Mapping[str, Any], who: Login) -> None:
    passwordless = params["aws_iam_type"] != "NONE"
    if passwordless != (who.database == EXTERNAL):
        raise InputError(
            f"database user {who.username}: users of AWS IAM are in {EXTERNAL}, those with a password in {ADMIN}: "
            f"database_name is {who.database} and aws_iam_type {params['aws_iam_type']}. Leave database_name out."
        )
    if passwordless and params["password"]:
        raise InputError(f"database user {who.username} logs in with AWS IAM: it has no password. Leave password out.")
    if passwordless and not who.username.startswith("arn:"):
        raise InputError(f"database user {who.username}: with aws_iam_type, username is the ARN of the role or user.")
    if params["password"] and len(params["password"]) < SHORTEST:
        raise InputError(f"database user {who.username}: Atlas takes passwords of {SHORTEST} characters and more.")
    if _every_run(params) and not passwordless and not params["password"]:
        raise InputError(f"database user {who.username}: update_password is always, but there is no password.")
    if not params["roles"]:
        raise InputError(f"database user {who.username}: give it at least one role.")


def _every_run(params: Mapping[str, Any]) -> bool:
    when = params["update_password"]
    return bool(when == "always")


def roles(given: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Each as ROLE@DATABASE or ROLE@DATABASE.COLLECTION: no database's name has a dot, no role's an @."""
    return frozenset(
        f"{role['role_name']}@{role.get('database_name') or ADMIN}"
        + (f".{role['collection_name']}" if role.get("collection_name") else "")
        for role in given
    )


def moment(text: str) -> str:
    """An ISO 8601 time in UTC, to the second. Raises InputError."""
    try:
        then = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"delete_after is {text!r}, not a time in ISO 8601: for example 2026-12-31T12:00:00Z."
        ) from None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return f"{then.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def properties_of(user: Mapping[str, Any]) -> dict[str, Any]:
    """A user as Atlas describes it, in the words of `wanted`."""
    described = [{name: role.get(key) for name, key in ROLE.items()} for role in user.get("roles") or []]
    until = user.get("deleteAfterDate")
    return {
        "aws_iam_type": user.get("awsIAMType") or "NONE",
        "roles": roles(described),
        "scopes": frozenset(
            scope["name"] if scope.get("type", "CLUSTER") == "CLUSTER" else f"{scope['type']}:{scope['name']}"
            for scope in user.get("scopes") or []
        ),
        "description": user.get("description") or "",
        "delete_after": moment(until) if until else None,
    }


ROLE = {"role_name": "roleName", "database_name": "databaseName", "collection_name": "collectionName"}


def request(who: Login, properties: Mapping[str, Any], password: str) -> dict[str, Any]:
    """The body that creates the user with `properties`, or changes just these."""
    body: dict[str, Any] = {"databaseName": who.database, "username": who.username}
    if "aws_iam_type" in properties:
        body["awsIAMType"] = properties["aws_iam_type"]
    if "roles" in properties:
        body["roles"] = [_role(text) for text in sorted(properties["roles"])]
    if "scopes" in properties:
        body["scopes"] = [{"name": name, "type": "CLUSTER"} for name in sorted(properties["scopes"])]
    if "description" in properties:
        body["description"] = properties["description"]
    if "delete_after" in properties:
        body["deleteAfterDate"] = properties["delete_after"]
    if "password" in properties:
        body["password"] = password
    return body


def _role(text: str) -> dict[str, str]:
    name, _, place = text.partition("@")
    database, _, collection = place.partition(".")
    role = {"roleName": name, "databaseName": database}
    return role | {"collectionName": collection} if collection else role
