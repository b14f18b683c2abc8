# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Database users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas import user_model
from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import AtlasKind, unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import (
    CREATE_DATABASE_USER,
    DELETE_DATABASE_USER,
    GET_DATABASE_USER,
    UPDATE_DATABASE_USER,
    Operation,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.plan import Change
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted

ABSENT = ("USER_NOT_FOUND", "USERNAME_NOT_FOUND")


class DatabaseUser(AtlasKind):
    """The one user `login`. `password` is used where a plan says so."""

    kind = user_model.KIND
    fixed = frozenset({"aws_iam_type"})

    def __init__(
        self,
        clients: Clients,
        scope: Scope,
        *,
        project: str | None,
        login: user_model.Login,
        password: str = "",
        **waiting: Any,
    ) -> None:
        super().__init__(clients, scope, project=project, **waiting)
        self._login, self._password = login, password
        self._password_is_new = False

    def read_project(self, wanted: Iterable[Wanted]) -> list[Found]:
        user = unless_absent(lambda: self._ask(GET_DATABASE_USER), *ABSENT)
        if user is None:
            return []
        password = user_model.AS_GIVEN if self._password_is_new else user_model.UNKNOWN
        properties = {**user_model.properties_of(user), "password": password}
        return [Found(self.kind, self._login.username, self._login.username, properties)]

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        body = user_model.request(self._login, properties, self._password)
        self.api.call(CREATE_DATABASE_USER, body=body, project=self.project)
        self._password_is_new = True
        return Found(self.kind, name, name, properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        body = user_model.request(self._login, changed, self._password)
        self._ask(UPDATE_DATABASE_USER, body)
        self._password_is_new = self._password_is_new or "password" in changed

    def delete(self, found: Found) -> None:
        unless_absent(lambda: self._ask(DELETE_DATABASE_USER), *ABSENT)

    def _ask(self, operation: Operation, body: Any = None) -> Any:
        database, username = self._login
        return self.api.call(operation, body=body, project=self.project, database=database, username=username)


def refuse_without_password(changes: Sequence[Change]) -> None:
    """A user that logs in with a password cannot be created without one. Raises InputError."""
    for change in changes:
        if change.action == "create" and change.after["aws_iam_type"] == "NONE" and "password" not in change.after:
            raise InputError(f"database user {change.name} is not there yet, and to create it there is no password.")
