# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""When Atlas may do its maintenance in a project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import AtlasKind
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import (
    DELETE_MAINTENANCE_WINDOW,
    GET_MAINTENANCE_WINDOW,
    UPDATE_MAINTENANCE_WINDOW,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted

KIND = "maintenance window"
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
"""Atlas counts from 1."""


def wanted(params: Mapping[str, Any], scope: Scope) -> list[Wanted]:
    """Raises InputError."""
    hour = params["hour_of_day"]
    if not 0 <= hour <= 23:
        raise InputError(f"hour_of_day is {hour}: it goes from 0 to 23.")
    return [Wanted(KIND, scope.stack, {"day_of_week": params["day_of_week"], "hour_of_day": hour})]


class MaintenanceWindow(AtlasKind):
    """The project's one window. A project without one is maintained whenever Atlas likes."""

    kind = KIND

    def read_project(self, wanted: Iterable[Wanted]) -> list[Found]:
        window = self.api.call(GET_MAINTENANCE_WINDOW, project=self.project)
        day = window.get("dayOfWeek") or 0
        if not 1 <= day <= len(DAYS):
            return []
        properties = {"day_of_week": DAYS[day - 1], "hour_of_day": window.get("hourOfDay") or 0}
        return [Found(self.kind, self.scope.stack, self.project, properties)]

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        self._set(properties)
        return Found(self.kind, name, self.project, properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        self._set(properties)

    def _set(self, properties: Mapping[str, Any]) -> None:
        day = DAYS.index(properties["day_of_week"]) + 1
        body = {"dayOfWeek": day, "hourOfDay": properties["hour_of_day"]}
        self.api.call(UPDATE_MAINTENANCE_WINDOW, body=body, project=self.project)

    def delete(self, found: Found) -> None:
        self.api.call(DELETE_MAINTENANCE_WINDOW, project=self.project)
