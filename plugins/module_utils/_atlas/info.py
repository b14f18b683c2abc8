# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Looking at all that is in a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas import (
    cluster_model,
    info_model,
    projects,
)
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_model import Cluster
from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import Api
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import (
    GET_BACKUP_SCHEDULE,
    GET_MAINTENANCE_WINDOW,
    LIST_ACCESS,
    LIST_CLUSTERS,
    LIST_DATABASE_USERS,
    LIST_ENDPOINT_SERVICES,
    LIST_FLEX_CLUSTERS,
)

NOTHING: dict[str, Any] = {
    "project": {},
    "clusters": [],
    "database_users": [],
    "access_list": [],
    "private_endpoints": [],
    "maintenance_window": {},
    "backup_schedules": [],
}


def look(api: Api, *, project_id: str = "", project_name: str = "") -> dict[str, Any]:
    """What there is, by the names that the module returns; nothing where there is no such project.

    Raises AtlasError: what cannot be read is never shown as nothing.
    """
    answer = projects.by_id(api, project_id) if project_id else projects.by_name(api, project_name)
    found = NOTHING if answer is None else _within(api, answer)
    return {**found, "lines": info_model.lines(project_name or project_id, found)}


def _within(api: Api, project: Mapping[str, Any]) -> dict[str, Any]:
    ident = project["id"]
    clusters = list_clusters(api, ident)
    window = api.call(GET_MAINTENANCE_WINDOW, project=ident)
    return {
        "project": info_model.project(project),
        "clusters": [info_model.cluster(item) for item in clusters],
        "database_users": [info_model.database_user(item) for item in api.every(LIST_DATABASE_USERS, project=ident)],
        "access_list": [info_model.access_entry(item) for item in api.every(LIST_ACCESS, project=ident)],
        "private_endpoints": [
            info_model.private_endpoint(item) for item in api.every(LIST_ENDPOINT_SERVICES, project=ident)
        ],
        "maintenance_window": info_model.maintenance_window(window),
        "backup_schedules": [
            info_model.backup_schedule(item.name, api.call(GET_BACKUP_SCHEDULE, project=ident, name=item.name))
            for item in clusters
            if _scheduled(item)
        ],
    }


def list_clusters(api: Api, project: str) -> list[Cluster]:
    """All clusters of the project, by name."""
    found = [cluster_model.cluster(item) for item in api.every(LIST_CLUSTERS, project=project)]
    found += [cluster_model.flex(item) for item in api.every(LIST_FLEX_CLUSTERS, project=project)]
    return sorted(found, key=lambda item: item.name)


def _scheduled(cluster: Cluster) -> bool:
    """Whether its backups have a schedule, which one that comes or goes may not have."""
    on = cluster.tier == "dedicated" and cluster.properties["backup"]
    return bool(on and cluster.state not in ("CREATING", "DELETING"))
