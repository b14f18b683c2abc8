# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A project: found by its name, made where there is none, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas import projects
from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import ATLAS, Api, unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._atlas.module import AtlasClients, scope_of
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import (
    CREATE_PROJECT,
    DELETE_PROJECT,
    LIST_ORGANIZATIONS,
)
from ansible_collections.calstack.aws.plugins.module_utils._atlas.ownership import foreign, tag_list, tags_of
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import Result, converge
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Kind, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Ref, Wanted, known, resolve

KIND = "project"
IN_USE = "CANNOT_CLOSE_GROUP_ACTIVE"
"""What Atlas's codes begin with for a project that still has something in it."""

Params = Mapping[str, Any]


def wanted(params: Params) -> Wanted:
    """The project. Its organization and its tags are those it was created with. Raises InputError."""
    if not params["name"].strip():
        raise InputError("atlas_project_name is empty. It must be the name of a project of MongoDB Atlas.")
    initial = {"org_id": params["org_id"]} if params.get("org_id") else {}
    return Wanted(KIND, params["name"], {}, {**initial, "tags": params.get("tags") or {}})


class ProjectKind(Kind):
    """The project of the name in `params`. For state absent, one that is not ours is none."""

    kind = KIND

    def __init__(self, clients: Clients, scope: Scope, *, params: Params) -> None:
        super().__init__(clients, scope)
        self._params = params
        self._organization = params.get("org_id") or ""
        self.foreign = False

    @property
    def api(self) -> Api:
        api: Api = self.clients(ATLAS)
        return api

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        name = self._params["name"]
        project = projects.by_name(self.api, name)
        if project is None:
            if any(True for _ in wanted):
                # Which one is said before anything is changed, in check mode as well.
                self._organization = organization(self.api.every(LIST_ORGANIZATIONS), self._organization)
            return []
        self.foreign = self._params["state"] == "absent" and foreign(self._params.get("tags") or {}, tags_of(project))
        return [] if self.foreign else [Found(KIND, name, project["id"])]

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        body = {"name": name, "orgId": self._organization, "tags": tag_list(properties["tags"])}
        return Found(KIND, name, self.api.call(CREATE_PROJECT, body=body)["id"])

    def delete(self, found: Found) -> None:
        try:
            unless_absent(lambda: self.api.call(DELETE_PROJECT, project=found.id), *projects.ABSENT)
        except AtlasError as error:
            if not error.code.startswith(IN_USE):
                raise
            raise AtlasError(
                f"deleting project {found.name}: something is still in it, says Atlas ({error.code}): "
                f"{error.detail.rstrip('.')}. Delete its clusters and private endpoints first "
                f"(calstack.aws.atlas_cluster with state: absent), wait until they are gone, then run this again.",
                status=error.status,
                code=error.code,
                detail=error.detail,
            ) from None


@dataclass(frozen=True)
class Done:
    """What was changed, and the project's id: KNOWN_AFTER_APPLY where it is only planned, "" where there is none."""

    result: Result
    project_id: str
    warnings: tuple[str, ...] = ()


def converged(api: Api, params: Params, *, check: bool) -> Done:
    """Bring about what `params` ask for. Raises CalstackError."""
    present = params["state"] == "present"
    asked = wanted(params)
    kind = ProjectKind(AtlasClients(api), scope_of(params), params=params)
    result = converge([kind], [asked] if present else [], check=check)
    warning = (
        f"project {params['name']} does not carry the tags of this environment, so it was left alone: "
        f"it was there before, or belongs to somebody else. Delete it in Atlas if it is not in use."
    )
    ident = resolve(Ref(KIND, params["name"]), known(result.found)) if present else ""
    return Done(result, ident, (warning,) if kind.foreign else ())


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
