# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The edge to Atlas's database users: ours among them, as they are, and the steps that change them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import Api, unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import (
    CREATE_DATABASE_USER,
    DELETE_DATABASE_USER,
    LIST_DATABASE_USERS,
    UPDATE_DATABASE_USER,
)
from ansible_collections.calstack.aws.plugins.module_utils._connection.state import Grants
from ansible_collections.calstack.aws.plugins.module_utils._connection.steps import DeleteUser, PutUser
from ansible_collections.calstack.aws.plugins.module_utils._connection.uri import ADMIN, EXTERNAL

ABSENT = ("USERNAME_NOT_FOUND", "USER_NOT_FOUND")


@dataclass(frozen=True)
class Users:
    """`project` is its id; None: it is only planned yet, and has no users. `role` logs in without a password."""

    api: Api
    project: str | None
    role: str = ""

    def read(self, names: Collection[str]) -> dict[str, Grants]:
        if self.project is None:
            return {}
        every = self.api.every(LIST_DATABASE_USERS, project=self.project)
        ours = (item for item in every if item["username"] in names)
        return {item["username"]: grants(item) for item in ours if item["databaseName"] == self._kept(item["username"])}

    def _kept(self, name: str) -> str:
        """The database that Atlas keeps the user in."""
        return EXTERNAL if name == self.role else ADMIN

    def put(self, step: PutUser) -> None:
        project = self.project or ""
        where = {"databaseName": self._kept(step.name), "username": step.name}
        wanted = body(step.grants) | ({"password": step.password} if step.password else {})
        if step.exists:
            self.api.call(
                UPDATE_DATABASE_USER,
                body=where | wanted,
                project=project,
                database=where["databaseName"],
                username=step.name,
            )
            return
        iam = {"awsIAMType": "ROLE"} if step.name == self.role else {}
        self.api.call(CREATE_DATABASE_USER, body=where | iam | wanted, project=project)

    def delete(self, step: DeleteUser) -> None:
        project, database = self.project or "", self._kept(step.name)

        def ask() -> Any:
            return self.api.call(DELETE_DATABASE_USER, project=project, database=database, username=step.name)

        unless_absent(ask, *ABSENT)


def grants(user: Mapping[str, Any]) -> Grants:
    """A described user's. Pure."""
    roles = ((role["roleName"], role["databaseName"], role.get("collectionName") or "") for role in user["roles"])
    clusters = (scope["name"] for scope in user.get("scopes") or () if scope.get("type") == "CLUSTER")
    return Grants(frozenset(roles), frozenset(clusters))


def body(wanted: Grants) -> dict[str, Any]:
    """As Atlas takes them. Pure."""
    roles = [
        {"roleName": role, "databaseName": database} | ({"collectionName": collection} if collection else {})
        for role, database, collection in sorted(wanted.roles)
    ]
    return {"roles": roles, "scopes": [{"name": name, "type": "CLUSTER"} for name in sorted(wanted.clusters)]}
