# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Resources of an Atlas project as a module: options in, the converged resources' outputs out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas import projects
from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import ATLAS, Api
from ansible_collections.calstack.aws.plugins.module_utils._atlas.options import api_of
from ansible_collections.calstack.aws.plugins.module_utils._core.component import report
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import (
    ENVIRONMENT_TAG,
    STACK_TAG,
    Clients,
    Kind,
    Scope,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.plan import Change
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import (
    KNOWN_AFTER_APPLY,
    Found,
    Wanted,
    known,
    resolve,
)

Params = Mapping[str, Any]


class AtlasClients:
    """The Atlas API under `ATLAS`, and boto3's clients for a module that needs AWS as well."""

    def __init__(self, api: Api, aws: Clients | None = None) -> None:
        self._api, self._aws = api, aws

    def __call__(self, service: str) -> Any:
        if service == ATLAS:
            return self._api
        if self._aws is None:
            raise CalstackError(f"there is no client for {service}: this is a bug of the module.")
        return self._aws(service)


def run(
    module: Any,
    kinds: Sequence[Callable[..., Kind]],
    wanted: Callable[[Params, Scope], Sequence[Wanted]],
    outputs: Callable[[Params, Scope], Mapping[str, Any]],
    *,
    in_project: bool = True,
    notes: Callable[[Sequence[Found], Scope], Sequence[str]] | None = None,
    guard: Callable[[Sequence[Change]], None] | None = None,
) -> None:
    """Converge what `wanted` says, or nothing for `state: absent`, as `module` (an AnsibleModule) asks, and end it.

    `wanted` and `outputs` are pure, as a component's are, and only asked for `state: present`; `wanted` raises
    InputError. They see the options with `project_id` (or KNOWN_AFTER_APPLY) and `project_name` filled in.
    Each of `kinds` is called with clients, scope and `project=` its id; without `in_project`, for the project
    itself, with clients and scope. `notes` are warnings about what is there now.
    """
    api = api_of(module)
    doubts: list[str] = []
    try:
        params = dict(module.params)
        params = with_project(api, params, check=module.check_mode, doubts=doubts) if in_project else params
        scope = scope_of(params)
        present = params.get("state", "present") == "present"
        asked = wanted(params, scope) if present else ()
        made = [kind(AtlasClients(api), scope, **_project(params, in_project=in_project)) for kind in kinds]
        result = converge(made, asked, check=module.check_mode, guard=guard)
        answer = resolve(dict(outputs(params, scope)), known(result.found)) if present else {}
    except CalstackError as error:
        module.fail_json(msg=str(error))
    for note in [*doubts, *(notes(result.found, scope) if notes else ())]:
        module.warn(note)
    module.exit_json(**report(result), **answer)


def _project(params: Params, *, in_project: bool) -> dict[str, str | None]:
    if not in_project:
        return {}
    return {"project": None if params["project_id"] == KNOWN_AFTER_APPLY else params["project_id"]}


def with_project(api: Api, params: Params, *, check: bool, doubts: list[str] | None = None) -> dict[str, Any]:
    """`params` with the id and the name of the project that they mean.

    A project that is not there is only planned in check mode, and needs nothing taken down: its id is
    KNOWN_AFTER_APPLY then. Otherwise it raises InputError. For state absent, `doubts` gets what speaks against that
    there is none.
    """
    ident, name = params.get("project_id") or "", params.get("project_name") or ""
    planned = ident == KNOWN_AFTER_APPLY
    absent_doubts = doubts if params.get("state") == "absent" else None
    project = None if planned else projects.by_id(api, ident) if ident else projects.by_name(api, name, absent_doubts)
    if project is not None:
        return {**params, "project_id": project["id"], "project_name": project["name"]}
    if check or (params.get("state") == "absent" and not planned):
        return {**params, "project_id": KNOWN_AFTER_APPLY, "project_name": name or KNOWN_AFTER_APPLY}
    raise InputError(
        f"there is no Atlas project {name or ident} that these credentials can see (atlas_project_name). "
        "Create it first with calstack.aws.atlas_project, or give the service account or API key a role in it."
    )


def scope_of(params: Params) -> Scope:
    """Whose the resources are: the tags say so, where the module has any."""
    tags = params.get("tags") or {}
    stack = tags.get(STACK_TAG) or params.get("project_name") or params.get("name") or ""
    return Scope(tags.get(ENVIRONMENT_TAG, ""), "atlas", stack)
