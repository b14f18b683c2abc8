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
from ansible_collections.calstack.aws.plugins.module_utils._atlas.user import ABSENT
from ansible_collections.calstack.aws.plugins.module_utils._atlas.user_model import (
    ADMIN,
    EXTERNAL,
    Login,
    properties_of,
    request,
)
from ansible_collections.calstack.aws.plugins.module_utils._connection.state import Grants
from ansible_collections.calstack.aws.plugins.module_utils._connection.steps import DeleteUser, PutUser


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
        return {
            item["username"]: grants(item)
            for item in every
            if item["username"] in names and item["databaseName"] == self._login(item["username"]).database
        }

    def _login(self, name: str) -> Login:
        return Login(EXTERNAL if name == self.role else ADMIN, name)

    def put(self, step: PutUser) -> None:
        who = self._login(step.name)
        properties: dict[str, Any] = {"roles": step.grants.roles, "scopes": step.grants.clusters}
        properties |= {"password": ""} if step.password else {}
        if step.exists:
            body = request(who, properties, step.password)
            self.api.call(UPDATE_DATABASE_USER, body=body, **self._path(who))
            return
        iam = {"aws_iam_type": "ROLE" if step.name == self.role else "NONE"}
        body = request(who, properties | iam, step.password)
        self.api.call(CREATE_DATABASE_USER, body=body, project=self._path(who)["project"])

    def delete(self, step: DeleteUser) -> None:
        unless_absent(lambda: self.api.call(DELETE_DATABASE_USER, **self._path(self._login(step.name))), *ABSENT)

    def _path(self, who: Login) -> dict[str, Any]:
        return {"project": self.project or "", "database": who.database, "username": who.username}


def grants(user: Mapping[str, Any]) -> Grants:
    """A described user's. Pure."""
    described = properties_of(user)
    return Grants(described["roles"], described["scopes"])
