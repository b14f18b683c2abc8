# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a request does, in the words of an error message. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import Operation

VERBS = {"GET": "reading", "POST": "creating", "PATCH": "changing", "DELETE": "deleting"}

NOUNS = {
    "groups": ("project", "projects"),
    "byName": ("project", "projects"),
    "orgs": ("organization", "organizations"),
    "clusters": ("cluster", "clusters"),
    "flexClusters": ("Flex cluster", "Flex clusters"),
    "databaseUsers": ("database user", "database users"),
    "accessList": ("access list entry", "the access list"),
    "status": ("the status of access list entry", ""),
    "endpointService": ("private endpoint service", "private endpoint services"),
    "endpoint": ("private endpoint", "private endpoints"),
    "schedule": ("the backup schedule of cluster", ""),
    "maintenanceWindow": ("the maintenance window", "the maintenance window"),
}
"""One and many, by the last fixed part of an operation's path."""

ITS_NAME = ("name", "username")
"""What a resource is called in the body that creates it."""


def words(operation: Operation, body: Any, path: Mapping[str, str]) -> str:
    """For example: creating cluster calstack-dev."""
    fixed = [part for part in operation.path.split("/") if part and not part.startswith("{")]
    one, many = NOUNS.get(fixed[-1], (operation.path, operation.path))
    name = _name(operation, path) or _in_body(body)
    return f"{VERBS[operation.method]} {one} {name}" if name else f"{VERBS[operation.method]} {many}"


def _name(operation: Operation, path: Mapping[str, str]) -> str:
    """The last parameter of the path. A project is only its own name."""
    names = [name for name in path if name != "project" or operation.path.endswith("{project}")]
    return path[names[-1]] if names else ""


def _in_body(body: Any) -> str:
    if isinstance(body, list):
        return ", ".join(str(value) for item in body for key, value in item.items() if key != "comment")
    if isinstance(body, Mapping):
        return next((str(body[name]) for name in ITS_NAME if name in body), "")
    return ""
