# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The operations of the Atlas Administration API v2 that are used, each with the version it is pinned to.

https://www.mongodb.com/docs/atlas/reference/api-resources-spec/v2/ says what they take and answer;
https://www.mongodb.com/docs/atlas/api/versioned-api-overview/ why each request names a version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Method = Literal["GET", "POST", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Operation:
    """`path` is relative to `/api/atlas/v2` and has the names of its parameters in braces."""

    method: Method
    path: str
    version: str

    @property
    def media_type(self) -> str:
        return f"application/vnd.atlas.{self.version}+json"


GET_PROJECT = Operation("GET", "/groups/{project}", "2023-01-01")
GET_PROJECT_BY_NAME = Operation("GET", "/groups/byName/{name}", "2023-01-01")
LIST_PROJECTS = Operation("GET", "/groups", "2023-01-01")
CREATE_PROJECT = Operation("POST", "/groups", "2023-01-01")
DELETE_PROJECT = Operation("DELETE", "/groups/{project}", "2023-01-01")
LIST_ORGANIZATIONS = Operation("GET", "/orgs", "2023-01-01")

_CLUSTER = "/groups/{project}/clusters/{name}"
LIST_CLUSTERS = Operation("GET", "/groups/{project}/clusters", "2024-08-05")
GET_CLUSTER = Operation("GET", _CLUSTER, "2024-08-05")
CREATE_CLUSTER = Operation("POST", "/groups/{project}/clusters", "2024-10-23")
UPDATE_CLUSTER = Operation("PATCH", _CLUSTER, "2024-10-23")
DELETE_CLUSTER = Operation("DELETE", _CLUSTER, "2023-02-01")

_FLEX = "/groups/{project}/flexClusters/{name}"
LIST_FLEX_CLUSTERS = Operation("GET", "/groups/{project}/flexClusters", "2024-11-13")
GET_FLEX_CLUSTER = Operation("GET", _FLEX, "2024-11-13")
CREATE_FLEX_CLUSTER = Operation("POST", "/groups/{project}/flexClusters", "2024-11-13")
UPDATE_FLEX_CLUSTER = Operation("PATCH", _FLEX, "2024-11-13")
DELETE_FLEX_CLUSTER = Operation("DELETE", _FLEX, "2024-11-13")

_USER = "/groups/{project}/databaseUsers/{database}/{username}"
LIST_DATABASE_USERS = Operation("GET", "/groups/{project}/databaseUsers", "2023-01-01")
GET_DATABASE_USER = Operation("GET", _USER, "2023-01-01")
CREATE_DATABASE_USER = Operation("POST", "/groups/{project}/databaseUsers", "2023-01-01")
UPDATE_DATABASE_USER = Operation("PATCH", _USER, "2023-01-01")
DELETE_DATABASE_USER = Operation("DELETE", _USER, "2023-01-01")

LIST_ACCESS = Operation("GET", "/groups/{project}/accessList", "2023-01-01")
CREATE_ACCESS = Operation("POST", "/groups/{project}/accessList", "2023-01-01")
DELETE_ACCESS = Operation("DELETE", "/groups/{project}/accessList/{entry}", "2023-01-01")
GET_ACCESS_STATUS = Operation("GET", "/groups/{project}/accessList/{entry}/status", "2023-01-01")

_SERVICE = "/groups/{project}/privateEndpoint/AWS/endpointService"
LIST_ENDPOINT_SERVICES = Operation("GET", _SERVICE, "2023-01-01")
GET_ENDPOINT_SERVICE = Operation("GET", f"{_SERVICE}/{{service}}", "2023-01-01")
CREATE_ENDPOINT_SERVICE = Operation("POST", "/groups/{project}/privateEndpoint/endpointService", "2023-01-01")
DELETE_ENDPOINT_SERVICE = Operation("DELETE", f"{_SERVICE}/{{service}}", "2023-01-01")
GET_ENDPOINT = Operation("GET", f"{_SERVICE}/{{service}}/endpoint/{{endpoint}}", "2023-01-01")
CREATE_ENDPOINT = Operation("POST", f"{_SERVICE}/{{service}}/endpoint", "2023-01-01")
DELETE_ENDPOINT = Operation("DELETE", f"{_SERVICE}/{{service}}/endpoint/{{endpoint}}", "2023-01-01")

GET_BACKUP_SCHEDULE = Operation("GET", f"{_CLUSTER}/backup/schedule", "2024-08-05")
UPDATE_BACKUP_SCHEDULE = Operation("PATCH", f"{_CLUSTER}/backup/schedule", "2024-08-05")

GET_MAINTENANCE_WINDOW = Operation("GET", "/groups/{project}/maintenanceWindow", "2023-01-01")
UPDATE_MAINTENANCE_WINDOW = Operation("PATCH", "/groups/{project}/maintenanceWindow", "2023-01-01")
DELETE_MAINTENANCE_WINDOW = Operation("DELETE", "/groups/{project}/maintenanceWindow", "2023-01-01")
