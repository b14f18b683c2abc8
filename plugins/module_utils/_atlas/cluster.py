# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""One cluster of a project: found by its name, made as it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas import cluster_api, cluster_rules, cluster_wanted
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_model import Cluster
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_watch import Watch
from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import Api, AtlasKind
from ansible_collections.calstack.aws.plugins.module_utils._atlas.module import AtlasClients, scope_of
from ansible_collections.calstack.aws.plugins.module_utils._atlas.ownership import foreign
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import Result, converge
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import ENVIRONMENT_TAG, Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.plan import Change
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY, Found, Wanted

Params = Mapping[str, Any]


class ClusterKind(AtlasKind):
    """The cluster `name`; a cluster of that name without an owner's tag is taken over only with `adopt`.

    A cluster that Atlas is deleting is none. `there` is what was read last. With `only_ours`, what lacks the ownership
    that `tags` claim is none either: `foreign` says so then. `begun`: since the last change it was seen at work.
    """

    kind = cluster_wanted.KIND
    adopts = True

    def __init__(
        self,
        clients: Clients,
        scope: Scope,
        *,
        project: str | None,
        watch: Watch,
        tags: Mapping[str, str],
        only_ours: bool = False,
        adopt: bool = False,
    ) -> None:
        super().__init__(clients, scope, project=project)
        self._watch, self._tags, self._only_ours, self._adopt = watch, tags, only_ours, adopt
        self.there: Cluster | None = None
        self.foreign = False
        self.begun = False

    def read_project(self, wanted: Iterable[Wanted]) -> list[Found]:
        self.there = there = cluster_api.get(self.api, self.project, self._watch.name)
        asked = list(wanted)
        if there is None or there.state == "DELETING":
            self._refuse_twin(asked)
            return []
        self.begun = self.begun or there.state != "IDLE"
        self.foreign = self._only_ours and foreign(self._tags, there.properties["tags"])
        if self.foreign:
            return []
        properties = cluster_rules.as_asked(there.properties, next((item.properties for item in asked), {}))
        if ENVIRONMENT_TAG in self._tags and asked and not self._adopt:
            cluster_rules.refuse_unowned(there)
        if ENVIRONMENT_TAG not in self._tags:
            # Who claims no ownership is not asked for one.
            properties["tags"] = {key: tag for key, tag in properties["tags"].items() if key != ENVIRONMENT_TAG}
        return [Found(self.kind, there.name, there.id, properties)]

    def _refuse_twin(self, asked: Iterable[Wanted]) -> None:
        """Asked for only where there can be one: a name that is shorter has no other with the same beginning."""
        for item in asked:
            if len(item.name) >= cluster_rules.PREFIX:
                cluster_rules.refuse_twin(item.name, cluster_api.names(self.api, self.project))

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        if self.there:
            # Being deleted, it still has the name.
            self._watch.gone()
        made = cluster_api.create(self.api, self.project, name, properties)
        return Found(self.kind, name, made.id, made.properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if self.there and self.there.state == "CREATING":
            # Atlas refuses to change what it is still making.
            self._watch.idle()
        if self.there:
            state = cluster_api.update(self.api, self.project, self.there, changed, properties)
            self.begun = state != "IDLE"

    def delete(self, found: Found) -> None:
        if self.there:
            cluster_api.delete(self.api, self.project, self.there)


@dataclass(frozen=True)
class Done:
    """What was changed, and the cluster as it is now, in check mode as it was; None where there is none."""

    result: Result
    cluster: Cluster | None
    warnings: tuple[str, ...] = ()


def converged(api: Api, params: Params, watch: Callable[[str], Watch], *, check: bool) -> Done:
    """Bring about what `params` ask for, whose project's id and name are known, and wait for it if they say so.

    `watch` makes what waits, for a project's id. In check mode nothing is waited for. Raises CalstackError.
    """
    present = params["state"] == "present"
    asked = [cluster_wanted.wanted(params)] if present else []
    project = None if params["project_id"] == KNOWN_AFTER_APPLY else params["project_id"]
    watching = watch(project or "")
    kind = ClusterKind(
        AtlasClients(api),
        scope_of(params),
        project=project,
        watch=watching,
        tags=params.get("tags") or {},
        only_ours=not present,
        adopt=bool(params.get("adopt")),
    )

    def guard(changes: Iterable[Change]) -> None:
        if present:
            cluster_rules.refuse_paused(kind.there)
        cluster_rules.refuse(tuple(changes), kind.there)

    result = converge([kind], asked, check=check, guard=guard)
    if not check and not kind.begun and any(change.action == "update" for change in result.changes):
        watching.begun()
    if project and params["wait"] and not check and kind.there and not kind.foreign:
        _wait(watching, kind.there, present=present, changed=bool(result.changes))
        kind.read(asked)
    return Done(result, kind.there, _notes(kind))


def _wait(watch: Watch, there: Cluster, *, present: bool, changed: bool) -> None:
    if not present:
        watch.gone()
    elif changed or there.state != "IDLE":
        watch.idle()


def _notes(kind: ClusterKind) -> tuple[str, ...]:
    if not (kind.foreign and kind.there):
        return ()
    return (
        f"cluster {kind.there.name} does not carry the tags of this environment, so it was left alone: "
        f"it belongs to somebody else. Delete it in Atlas if it is not in use.",
    )
