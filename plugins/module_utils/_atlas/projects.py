# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Which project is meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas.errors import AtlasError
from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import Api, unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import (
    GET_PROJECT,
    GET_PROJECT_BY_NAME,
    LIST_ORGANIZATIONS,
    LIST_PROJECTS,
)

ABSENT = ("GROUP_NOT_FOUND", "GROUP_NAME_NOT_FOUND", "RESOURCE_NOT_FOUND")
NO_MEMBER = "NOT_IN_GROUP"
"""Atlas's answer, with 401, both to who is not in the project and where there is none of this name."""


def by_id(api: Api, ident: str) -> Mapping[str, Any] | None:
    """The project; None where Atlas says that there is none. Raises AtlasError."""
    project: Mapping[str, Any] | None = unless_absent(lambda: api.call(GET_PROJECT, project=ident), *ABSENT)
    return project


def by_name(api: Api, name: str, doubts: list[str] | None = None) -> Mapping[str, Any] | None:
    """The project; None where there is none of this name that the credentials can see. Raises AtlasError.

    A refusal is not taken for an answer: where Atlas gives one that may mean either, the list of projects decides;
    where that is no proof either, `doubts` gets a sentence about it.
    """
    try:
        project: Mapping[str, Any] | None = unless_absent(lambda: api.call(GET_PROJECT_BY_NAME, name=name), *ABSENT)
    except AtlasError as error:
        if error.code != NO_MEMBER:
            raise
        project = next((item for item in api.every(LIST_PROJECTS) if item.get("name") == name), None)
        if project is None and doubts is not None:
            doubts.append(doubt(name, api.every(LIST_ORGANIZATIONS)))
    return project


def doubt(name: str, organizations: Iterable[Mapping[str, Any]]) -> str:
    """What to tell where the project may be one that the credentials do not see. Pure."""
    seen = ", ".join(f"{item.get('name')} ({item['id']})" for item in organizations) or "none"
    return (
        f"project {name} was taken as not there, so nothing in it was deleted: Atlas answers {NO_MEMBER} for it (401), "
        f"which also means that the credentials belong to another organization than the project's. "
        f"They see the organizations: {seen}. If the project is in another one, run this again with its credentials."
    )
