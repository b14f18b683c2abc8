# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A project: found by its name, made where there is none, never changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas import projects
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import ATLAS, Api, unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._atlas.module import AtlasClients, scope_of
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import (
    CREATE_PROJECT,
    DELETE_PROJECT,
    LIST_CLUSTERS,
    LIST_ENDPOINT_SERVICES,
    LIST_FLEX_CLUSTERS,
    LIST_ORGANIZATIONS,
)
from ansible_collections.calstack.aws.plugins.module_utils._atlas.ownership import checked, foreign, tag_list, tags_of
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import Result, converge
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, PatientKind, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Ref, Wanted, known, resolve
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait

KIND = "project"
IN_USE = "CANNOT_CLOSE_GROUP_ACTIVE"
"""What Atlas's codes begin with for a project that still has something in it."""

CLOSING_SECONDS = 120.0
"""How long Atlas may count what is gone from its lists as being in the project. A choice of this collection's."""

DELETED = "deleted"

Params = Mapping[str, Any]


def wanted(params: Params) -> Wanted:
    """The project. Its organization and its tags are those it was created with. Raises InputError."""
    if not params["name"].strip():
        raise InputError("atlas_project_name is empty. It must be the name of a project of MongoDB Atlas.")
    initial = {"org_id": params["org_id"]} if params.get("org_id") else {}
    return Wanted(KIND, params["name"], {}, {**initial, "tags": checked(params.get("tags") or {})})


class ProjectKind(PatientKind):
    """The project of the name in `params`. For state absent, one that is not ours is none."""

    kind = KIND

    def __init__(self, clients: Clients, scope: Scope, *, params: Params, **timing: Any) -> None:
        super().__init__(clients, scope, **timing)
        self._params = params
        self._organization = params.get("org_id") or ""
        self.foreign = False
        self.doubts: list[str] = []

    @property
    def api(self) -> Api:
        api: Api = self.clients(ATLAS)
        return api

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        name = self._params["name"]
        project = projects.by_name(self.api, name, self.doubts)
        if project is None:
            if any(True for _ in wanted):
                # Which one is said before anything is changed, in check mode as well.
                self._organization = organization(self.api.every(LIST_ORGANIZATIONS), self._organization)
            return []
        self.foreign = self._params["state"] == "absent" and foreign(self._params.get("tags") or {}, tags_of(project))
        return [] if self.foreign else [Found(KIND, name, project["id"])]

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        body = {"name": name, "orgId": self._organization, "tags": tag_list(properties["tags"])}
        try:
            return Found(KIND, name, self.api.call(CREATE_PROJECT, body=body)["id"])
        except AtlasError as error:
            raise self._half_made(name, error) from None

    def _half_made(self, name: str, error: AtlasError) -> AtlasError:
        """Atlas makes a project before it looks at its tags, and keeps it when it refuses them."""
        if error.status != 400 or projects.by_name(self.api, name) is None:
            return error
        return AtlasError(
            f"{error} The project {name} is there all the same, without the tags that say whose it is: "
            f"it would be used, but not deleted with state: absent. Delete it in Atlas, then run this again.",
            status=error.status,
            code=error.code,
            detail=error.detail,
        )

    def delete(self, found: Found) -> None:
        def state() -> str:
            try:
                unless_absent(lambda: self.api.call(DELETE_PROJECT, project=found.id), *projects.ABSENT)
            except AtlasError as error:
                if not error.code.startswith(IN_USE):
                    raise
                if self.clock() >= end or self._holds_something(found.id):
                    raise _in_use(found.name, error) from None
                return error.code
            return DELETED

        end = self.clock() + CLOSING_SECONDS
        wait(Wait(f"the deletion of project {found.name}", state, (DELETED,), every=10.0), self.clock, self.sleep)

    def _holds_something(self, project: str) -> bool:
        """Whether there is something in it that is not on its way out."""
        clusters = [
            *self.api.every(LIST_CLUSTERS, project=project),
            *self.api.every(LIST_FLEX_CLUSTERS, project=project),
        ]
        services = self.api.every(LIST_ENDPOINT_SERVICES, project=project)
        states = [*(item.get("stateName") for item in clusters), *(item.get("status") for item in services)]
        return any(state != "DELETING" for state in states)


def _in_use(name: str, error: AtlasError) -> AtlasError:
    return AtlasError(
        f"deleting project {name}: something is still in it, says Atlas ({error.code}): "
        f"{error.detail.rstrip('.')}. Delete its clusters and private endpoints first "
        f"(calstack.aws.atlas_cluster with state: absent), wait until they are gone, then run this again.",
        status=error.status,
        code=error.code,
        detail=error.detail,
    )


@dataclass(frozen=True)
class Done:
    """What was changed, and the project's id: KNOWN_AFTER_APPLY where it is only planned, "" where there is none."""

    result: Result
    project_id: str
    warnings: tuple[str, ...] = ()


def converged(
    api: Api,
    params: Params,
    *,
    check: bool,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Done:
    """Bring about what `params` ask for. Raises CalstackError."""
    present = params["state"] == "present"
    asked = wanted(params)
    kind = ProjectKind(AtlasClients(api), scope_of(params), params=params, clock=clock, sleep=sleep)
    result = converge([kind], [asked] if present else [], check=check)
    left = (
        f"project {params['name']} does not carry the tags of this environment, so it was left alone: "
        f"it was there before, belongs to somebody else, or a run was killed while it made it. "
        f"Delete it in Atlas if it is not in use."
    )
    warnings = [*([left] if kind.foreign else []), *([] if present or result.changes else kind.doubts)]
    ident = resolve(Ref(KIND, params["name"]), known(result.found)) if present else ""
    return Done(result, ident, tuple(dict.fromkeys(warnings)))


def organization(organizations: Iterable[Mapping[str, Any]], asked: str = "") -> str:
    """The id of the organization that a new project goes into, `asked` or the only one. Pure. Raises InputError."""
    there = [item for item in organizations if not item.get("isDeleted")]
    names = ", ".join(f"{item.get('name')} ({item['id']})" for item in there)
    if asked:
        if asked in [item["id"] for item in there]:
            return asked
        raise InputError(
            f"a project is to be created in the organization {asked} (atlas_org_id), which these credentials do not "
            f"see. They see {names or 'none'}. Set atlas_org_id, or MONGODB_ATLAS_ORG_ID, to one of these, or give "
            f"credentials of that organization."
        )
    if len(there) == 1:
        return str(there[0]["id"])
    if not there:
        raise InputError(
            "a project is to be created, but these credentials see no organization (atlas_org_id). Give the service "
            "account or API key the role Organization Project Creator, or create the project in Atlas."
        )
    raise InputError(
        f"a project is to be created, and these credentials see {len(there)} organizations: {names}. "
        f"Set atlas_org_id, or MONGODB_ATLAS_ORG_ID, to the id of one."
    )
