# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A cluster's backup schedule: Atlas makes it with the cluster, and takes it away with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas import backup_model
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import AtlasKind, unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import (
    GET_BACKUP_SCHEDULE,
    UPDATE_BACKUP_SCHEDULE,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted

ABSENT = ("CLUSTER_NOT_FOUND",)


class BackupSchedule(AtlasKind):
    """The schedule of the cluster `cluster`. Where the cluster is only planned, so is its schedule."""

    kind = backup_model.KIND

    def __init__(self, clients: Clients, scope: Scope, *, project: str | None, cluster: str, **waiting: Any) -> None:
        super().__init__(clients, scope, project=project, **waiting)
        self._cluster = cluster

    def read_project(self, wanted: Iterable[Wanted]) -> list[Found]:
        schedule = unless_absent(self._schedule, *ABSENT)
        if schedule is None:
            return []
        return [Found(self.kind, self._cluster, self._cluster, backup_model.properties_of(schedule))]

    def _schedule(self) -> Mapping[str, Any]:
        try:
            schedule: Mapping[str, Any] = self.api.call(GET_BACKUP_SCHEDULE, project=self.project, name=self._cluster)
        except AtlasError as error:
            if error.status != 400:
                raise
            raise AtlasError(
                f"{error} Only clusters of M10 and more have a backup schedule: M0 has no backups, and Flex's are "
                f"daily, as Atlas has set them.",
                status=error.status,
                code=error.code,
                detail=error.detail,
            ) from error
        return schedule

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        raise CalstackError(
            f"there is no cluster {name} in the project: create it first with calstack.aws.atlas_cluster, and wait."
        )

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        body = backup_model.request(self._schedule(), changed)
        self.api.call(UPDATE_BACKUP_SCHEDULE, body=body, project=self.project, name=self._cluster)

    def delete(self, found: Found) -> None:
        raise CalstackError(f"the backup schedule of {found.name} goes with its cluster: this is a bug of the module.")
