# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The connection secret, the users of the database and the tasks that use them: as they are, and as they should be.

Secrets Manager's own staging labels are the whole record of a rotation. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from ansible_collections.calstack.aws.plugins.module_utils._connection.uri import (
    Login,
    compose,
    endpoints,
    split,
)

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
SOURCE = "calstack-migration-source"
"""The label of the version with the MongoDB that the application used before this Atlas."""

KEY = "MONGO_URI"
ATLAS, SECRETS = "atlas", "secrets"
"""The components that may own the secret: this one, or the one that keeps what people give."""

Migration = Literal["as_it_is", "under_way", "finished"]
"""What a run says about a migration of the data: nothing, that it goes on, or that it is over."""

SPREADS = timedelta(seconds=5)
"""How long Secrets Manager and ECS may differ over what came first. A choice of this collection's: longer than clocks
kept by NTP differ, and shorter than a release takes to its first task, which must count as started afterwards."""


@dataclass(frozen=True)
class Version:
    id: str
    created: datetime
    value: Mapping[str, Any] = field(repr=False)

    @property
    def login(self) -> Login | None:
        parts = split(self.value.get(KEY))
        return parts.login if parts else None

    @property
    def address(self) -> str:
        parts = split(self.value.get(KEY))
        return parts.address if parts else ""


@dataclass(frozen=True)
class Secret:
    """`labelled` holds the versions by their labels, `changed` is when anything of the secret last changed.

    `deleted` is when it goes for good, where it has been deleted. `is_migrating`: the data is being moved, and the
    users keep what that takes.
    """

    arn: str
    component: str
    labelled: Mapping[str, Version]
    changed: datetime
    deleted: str = ""
    is_migrating: bool = False

    def version(self, label: str) -> Version | None:
        return self.labelled.get(label)

    def id_of(self, label: str) -> str:
        version = self.version(label)
        return version.id if version else ""

    @property
    def pending(self) -> Version | None:
        """What is to become current; a label that a killed run has left on what is current says nothing."""
        return self.version(PENDING) if self.id_of(PENDING) != self.id_of(CURRENT) else None

    @property
    def was_moved_back(self) -> bool:
        current, previous = self.version(CURRENT), self.version(PREVIOUS)
        return bool(current and previous and previous.created > current.created)


@dataclass(frozen=True)
class Grants:
    """What a user may do, as ROLE@DATABASE or ROLE@DATABASE.COLLECTION, and the clusters it may do it on."""

    roles: frozenset[str]
    clusters: frozenset[str]


@dataclass(frozen=True)
class Task:
    """A task that runs with the secret. `version` is the one its revision was made for; "": it does not say."""

    version: str
    started: datetime


@dataclass(frozen=True)
class State:
    """`users` are those of ours that exist in Atlas."""

    secret: Secret | None
    users: Mapping[str, Grants]
    tasks: tuple[Task, ...] = ()

    @property
    def behind(self) -> int:
        """How many tasks may have started with another version of the secret than the current one."""
        return sum(1 for task in self.tasks if not _has_current(task, self.secret))


def _has_current(task: Task, secret: Secret | None) -> bool:
    if secret is None:
        return False
    if task.started > secret.changed + SPREADS:
        return True
    if task.version != secret.id_of(CURRENT):
        return False
    # A revision names the version of its day, but a task reads the current one whenever it starts: after a move back
    # its name alone proves nothing, unless the version that was moved back from did not exist yet.
    previous = secret.version(PREVIOUS)
    return not secret.was_moved_back or bool(previous and task.started < previous.created - SPREADS)


@dataclass(frozen=True)
class Fresh:
    """What a run may use up: a password, the id of a version, and the time."""

    password: str = field(repr=False)
    version: str
    now: datetime


@dataclass(frozen=True)
class Wanted:
    """`users` are the two that take turns, `role` the ARN of the tasks' role.

    `by_role`: the role is the credential, and there is no password. `address` is one of Atlas's connection strings;
    "": it is not known yet, which only check mode may say. `places` are all hosts, with their ports, that Atlas names
    for the cluster, by whatever way. `is_moved`: the data is in Atlas, so that another MongoDB may give way to it.
    """

    stack: str
    secret: str
    users: tuple[str, str]
    grants: Grants
    fresh: Fresh
    address: str
    options: Mapping[str, str] = field(default_factory=dict)
    database: str = ""
    role: str = ""
    by_role: bool = False
    take_over: bool = False
    places: frozenset[str] = frozenset()
    is_moved: bool = False
    migration: Migration = "as_it_is"

    def uri(self, login: Login) -> str:
        return compose(self.address or "mongodb+srv://known-after-apply", login, self.options, self.database)

    def value(self, login: Login, there: Mapping[str, Any]) -> dict[str, Any]:
        """The whole secret: other keys stay."""
        return {**there, KEY: self.uri(login)}

    def is_ours(self, login: Login | None) -> bool:
        return login is not None and (login.is_role or login.user in self.users)

    def user_of(self, version: Version | None) -> str:
        """The name in Atlas of the user that a version logs in as; "": none of ours."""
        login = version.login if version else None
        if login is None or not self.is_ours(login):
            return ""
        return self.role if login.is_role else login.user

    def is_same_way(self, version: Version) -> bool:
        """Whether it logs in as is asked for, and by the address that is asked for."""
        parts, login = split(self.address), version.login
        return bool(parts and login and login.is_role == self.by_role and version.address == parts.address)

    def is_there(self, version: Version) -> bool:
        """Whether it leads to the cluster that is asked for, as far as its hosts tell."""
        return bool(self.places & endpoints(version.address))
