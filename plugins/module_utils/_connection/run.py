# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Look, decide, (in check mode stop,) carry out, look again: the way of the connection secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._connection.manager import Manager
from ansible_collections.calstack.aws.plugins.module_utils._connection.plan import Plan
from ansible_collections.calstack.aws.plugins.module_utils._connection.state import State, Task
from ansible_collections.calstack.aws.plugins.module_utils._connection.steps import (
    DeleteUser,
    PutUser,
    Restore,
    Step,
    describe,
)
from ansible_collections.calstack.aws.plugins.module_utils._connection.users import Users
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, NotReadyError
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait

SEEN_SECONDS = 60.0
"""How long Atlas's and AWS's lists may lag behind a change. A choice of this collection's."""

ALL_THERE = "all there"


@dataclass(frozen=True)
class World:
    """The edges. `names` are our users in Atlas, `tasks` reads what runs."""

    manager: Manager
    users: Users
    names: tuple[str, ...]
    tasks: Callable[[], tuple[Task, ...]]

    def look(self) -> State:
        with doing(f"reading the secret {self.manager.name}"):
            secret = self.manager.read()
        users = self.users.read(self.names)
        with doing(f"looking at the tasks that use {self.manager.name}"):
            return State(secret, users, self.tasks())

    def carry_out(self, step: Step, arn: str) -> None:
        if isinstance(step, PutUser):
            self.users.put(step)
        elif isinstance(step, DeleteUser):
            self.users.delete(step)
        else:
            _action, _kind, name, words = describe(step, self.manager.name)
            with doing(f"changing the secret {name} ({words})"):
                self.manager.carry_out(step, arn)


@dataclass(frozen=True)
class Outcome:
    """What was done, or in check mode would be, and what is there then."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    plan: Plan


def run(world: World, decide: Callable[[State], Plan], *, check: bool = False) -> Outcome:
    """Do what `decide` says until it says no more. Raises CalstackError."""
    plan = decide(world.look())
    steps, notes = list(plan.steps), list(plan.notes)
    if check or not steps:
        return Outcome(tuple(steps), tuple(notes), plan)
    _carry_out(world, plan)
    if any(isinstance(step, Restore) for step in steps):
        # Only now can its values be read.
        plan = decide(world.look())
        steps, notes = steps + plan.steps, notes + plan.notes
        _carry_out(world, plan)
    last = _read_back(world, plan, decide)
    return Outcome(tuple(steps), tuple(notes), last)


def _carry_out(world: World, plan: Plan) -> None:
    for step in plan.steps:
        secret = plan.begun.secret
        world.carry_out(step, secret.arn if secret else world.manager.name)


def _read_back(world: World, plan: Plan, decide: Callable[[State], Plan]) -> Plan:
    """What is there now; CalstackError where a change has not come to stay."""
    if plan.state.secret and not plan.state.secret.deleted:
        with doing(f"reading back the secret {world.manager.name}"):
            world.manager.read_back(plan.state.secret)
    seen: list[Plan] = []

    def left() -> str:
        seen[:] = [decide(world.look())]
        return _words(seen[0], world.manager.name) or ALL_THERE

    task = Wait("what was changed", left, (ALL_THERE,), seconds=SEEN_SECONDS, every=5)
    try:
        wait(task, world.manager.clock, world.manager.sleep)
    except NotReadyError as error:
        raise CalstackError(
            f"Secrets Manager and Atlas took all changes, but read back {SEEN_SECONDS:.0f} s later these are not "
            f"there: {_words(seen[0], world.manager.name)}. Run again: it goes on from here."
        ) from error
    return seen[0]


def _words(plan: Plan, secret: str) -> str:
    return ", ".join(" ".join(describe(step, secret)[:3]) for step in plan.steps)
