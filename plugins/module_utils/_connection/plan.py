# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A plan in the making, and the moves that all goals of a rotation are made of. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.calstack.aws.plugins.module_utils._connection import notes
from ansible_collections.calstack.aws.plugins.module_utils._connection.state import (
    ATLAS,
    CURRENT,
    PENDING,
    PREVIOUS,
    SOURCE,
    Grants,
    Secret,
    State,
    Version,
    Wanted,
)
from ansible_collections.calstack.aws.plugins.module_utils._connection.steps import MoveLabel, PutUser, Step, Tag, after
from ansible_collections.calstack.aws.plugins.module_utils._connection.uri import Login


@dataclass
class Plan:
    """The steps so far, and what is there when they have been carried out; `begun` is what was there before."""

    wanted: Wanted
    state: State
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    begun: State = field(init=False)

    def __post_init__(self) -> None:
        self.begun = self.state

    def add(self, step: Step) -> None:
        self.steps.append(step)
        self.state = after(self.state, step)

    @property
    def secret(self) -> Secret:
        if self.state.secret is None:
            raise notes.no_secret(self.wanted)
        return self.state.secret

    @property
    def current(self) -> Version:
        version = self.secret.version(CURRENT)
        if version is None:
            raise notes.no_current(self.wanted)
        return version

    @property
    def uses_atlas(self) -> bool:
        """Whether what the application is told is ours: the tag tells it from a user of the same name elsewhere."""
        secret = self.state.secret
        version = secret.version(CURRENT) if secret else None
        return bool(secret and version and secret.component == ATLAS and self.wanted.is_ours(version.login))

    @property
    def is_connected(self) -> bool:
        """Whether what the application is told is the cluster that is asked for."""
        return self.uses_atlas and leads_there(self, self.current)

    @property
    def is_settled(self) -> bool:
        """Whether no running task needs another way to the cluster than the one that is asked for."""
        if self.state.behind:
            return False
        return not self.uses_atlas or (self.is_connected and self.wanted.is_same_way(self.current))

    def move(self, label: str, target: str) -> None:
        source = self.secret.id_of(label)
        if source != target:
            self.add(MoveLabel(label, source, target, self.wanted.fresh.now))


def ours(plan: Plan) -> list[str]:
    return [name for name in (*plan.wanted.users, plan.wanted.role) if name in plan.state.users]


def user_in_force(plan: Plan) -> str:
    """The user that the current version names, whoever has written it; "": none of ours, or there is no version."""
    return plan.wanted.user_of(plan.state.secret.version(CURRENT)) if plan.state.secret else ""


def leads_there(plan: Plan, version: Version) -> bool:
    """Whether a version of ours leads to the cluster that is asked for.

    By its hosts; or by the only cluster that its user may use, where Atlas no longer tells of the way that it takes.
    """
    there = plan.state.users.get(plan.wanted.user_of(version))
    return plan.wanted.is_there(version) or bool(there and there.clusters == plan.wanted.grants.clusters)


def tag(plan: Plan, component: str) -> None:
    if plan.secret.component != component:
        plan.add(Tag(component))


def drop_pending(plan: Plan) -> None:
    if plan.secret.id_of(PENDING):
        plan.move(PENDING, "")


def new_version(plan: Plan, login: Login, there: Version | None) -> Version:
    fresh = plan.wanted.fresh
    return Version(fresh.version, fresh.now, plan.wanted.value(login, there.value if there else {}))


def ensure(plan: Plan, login: Login) -> None:
    """The user exists, with the password that the secret has, and may do what it should."""
    name = plan.wanted.role if login.is_role else login.user
    there = plan.state.users.get(name)
    grants = _grants(plan, name, there)
    if name and there != grants:
        password = login.password if there is None else ""
        plan.add(PutUser(name, grants, exists=there is not None, password=password))


def _grants(plan: Plan, name: str, there: Grants | None) -> Grants:
    """What is asked for, and what the user has as long as somebody may need that."""
    wanted, secret = plan.wanted.grants, plan.state.secret
    if there is None or secret is None:
        return wanted
    is_needed = secret.is_migrating or (name == user_in_force(plan) and not plan.is_connected)
    roles = wanted.roles | there.roles if is_needed else wanted.roles
    if not (is_needed or plan.state.behind):
        return Grants(roles, wanted.clusters)
    # Without any, the user may use all of them.
    return Grants(roles, there.clusters and there.clusters | wanted.clusters)


def next_user(plan: Plan) -> str:
    free = [name for name in plan.wanted.users if name != user_in_force(plan)]
    return min(free, key=plan.state.users.__contains__)


def new_login(plan: Plan) -> Login:
    """The role, or that of the two users which is not in force, with a new password."""
    wanted = plan.wanted
    if wanted.by_role:
        ensure(plan, Login())
        return Login()
    name = next_user(plan)
    exists = name in plan.state.users
    if exists and plan.state.behind:
        raise notes.in_use(wanted, name, plan.state.behind)
    if plan.state.secret:
        _forget(plan, name)
    password = wanted.fresh.password
    plan.add(PutUser(name, wanted.grants, exists, password))
    return Login(name, password)


def _forget(plan: Plan, name: str) -> None:
    """No label may stay on a version whose password is about to be replaced: going back to it would break."""
    for label in (PREVIOUS, PENDING, SOURCE):
        if plan.wanted.user_of(plan.secret.version(label)) == name:
            plan.move(label, "")
