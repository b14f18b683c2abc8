# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What to do about the connection secret: from what is there and what is wanted to steps. Pure.

Two users take turns. The one that is not in use gets a new password, which is tried as AWSPENDING, becomes AWSCURRENT,
and after a release the other user goes. Another way to log in, or to get to the cluster, comes in like that too.
Another cluster, or another MongoDB, gives way only when somebody says that its data has been moved.

Whatever step a run dies after, three things hold:
AWSCURRENT's user exists and has its password; so has every other labelled version's, if its user exists; and no
user that a running task may use is deleted or gets another password.
"""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.calstack.aws.plugins.module_utils._connection import notes
from ansible_collections.calstack.aws.plugins.module_utils._connection.plan import (
    Plan,
    drop_pending,
    ensure,
    leads_there,
    new_login,
    new_version,
    next_user,
    ours,
    tag,
    user_in_force,
)
from ansible_collections.calstack.aws.plugins.module_utils._connection.state import (
    ATLAS,
    CURRENT,
    KEY,
    PENDING,
    PREVIOUS,
    SECRETS,
    SOURCE,
    State,
    Version,
    Wanted,
)
from ansible_collections.calstack.aws.plugins.module_utils._connection.steps import (
    CreateSecret,
    DeleteSecret,
    DeleteUser,
    Mark,
    PutVersion,
    Restore,
)
from ansible_collections.calstack.aws.plugins.module_utils._connection.uri import Login


def decide(state: State, wanted: Wanted, goal: str) -> Plan:
    """The steps to `goal`, one of GOALS; none where it is reached. Raises CalstackError for what cannot be done now."""
    plan = Plan(wanted, state)
    if state.secret and state.secret.deleted:
        # Its values are not to be read before it is restored: the next look tells what else there is to do.
        plan.add(Restore())
        plan.notes.append(notes.restored(wanted))
        return plan
    GOALS[goal](plan)
    return plan


def take_down(state: State, wanted: Wanted, recovery_days: int) -> Plan:
    """The steps that leave nothing of the component: a secret that people's own component keeps only loses labels."""
    plan = Plan(wanted, state)
    for name in ours(plan):
        plan.add(DeleteUser(name))
    secret = state.secret
    if secret and secret.component != ATLAS and not secret.deleted:
        drop_pending(plan)
    elif secret and secret.component == ATLAS and not (secret.deleted and recovery_days):
        plan.add(DeleteSecret(recovery_days))
    return plan


def _present(plan: Plan) -> None:
    """Converge; complete or undo what a run left that died. Where a release is still to come, nothing is undone."""
    secret = plan.state.secret
    if secret is None or not secret.labelled:
        _begin(plan)
        _mark(plan)
    elif plan.is_connected:
        _mark(plan)
        _keep(plan)
    else:
        _mark(plan)
        _stand_by(plan)
    _retire(plan)


def _mark(plan: Plan) -> None:
    """Say that the data is being moved, or no longer. What one migration was from is not the next one's source."""
    goes_on = {"under_way": True, "finished": False}.get(plan.wanted.migration, plan.secret.is_migrating)
    if goes_on != plan.secret.is_migrating:
        plan.add(Mark(goes_on))
        if plan.is_connected:
            plan.move(SOURCE, "")


def _begin(plan: Plan) -> None:
    login = new_login(plan)
    version = new_version(plan, login, None)
    if plan.state.secret is None:
        plan.add(CreateSecret(version))
    else:
        tag(plan, ATLAS)
        plan.add(PutVersion(version, CURRENT))


def _keep(plan: Plan) -> None:
    login = plan.current.login
    if login is None:
        raise notes.no_current(plan.wanted)
    ensure(plan, login)
    if not plan.wanted.is_same_way(plan.current):
        if _try_to_offer(plan):
            plan.notes.append(notes.another_way(plan.wanted))
        return
    version = new_version(plan, login, plan.current)
    if version.value != plan.current.value:
        plan.add(PutVersion(version, CURRENT))
    drop_pending(plan)


def _stand_by(plan: Plan) -> None:
    """Beside a MongoDB with data, which stays in use until somebody says otherwise."""
    if not _try_to_offer(plan):
        return
    if plan.wanted.take_over:
        _switch(plan)
        ensure(plan, plan.current.login or Login())
    else:
        plan.notes.append(notes.not_connected(plan.wanted))


def _try_to_offer(plan: Plan) -> bool:
    """Whether what is wanted is pending now; where that cannot be yet, a note says why."""
    former = "" if plan.wanted.by_role or _kept_offer(plan) else next_user(plan)
    if plan.is_connected and plan.secret.is_migrating:
        plan.notes.append(notes.migrating(plan.wanted))
    elif former in plan.state.users and plan.state.behind:
        plan.notes.append(notes.under_way(plan.wanted, former, plan.state.behind))
    else:
        _offer(plan)
        return True
    return False


def _prepared(plan: Plan) -> None:
    """The first half of a rotation: the other user, with a new password, as AWSPENDING."""
    current = plan.current
    if not plan.is_connected:
        raise notes.not_connected_yet(plan.wanted)
    if plan.secret.is_migrating:
        raise notes.still_migrating(plan.wanted)
    if former := _waits_for_release(plan):
        plan.notes.append(notes.under_way(plan.wanted, former, plan.state.behind))
    elif plan.wanted.by_role and plan.wanted.is_same_way(current):
        plan.notes.append(notes.no_password(plan.wanted))
    else:
        _offer(plan)


def _waits_for_release(plan: Plan) -> str:
    """The user before, where a run died after the secret had changed over: that rotation is to be completed."""
    if plan.secret.pending or not plan.state.behind:
        return ""
    return next((name for name in plan.wanted.users if name in plan.state.users and name != user_in_force(plan)), "")


def _offer(plan: Plan) -> None:
    login = _kept_offer(plan)
    if login:
        ensure(plan, login)
    else:
        login = new_login(plan)
    version = new_version(plan, login, plan.current)
    pending = plan.secret.pending
    if pending is None or pending.value != version.value:
        plan.add(PutVersion(version, PENDING))


def _kept_offer(plan: Plan) -> Login | None:
    """The login that is pending, or that was given up for the MongoDB it was moved from: tasks may still use it."""
    offers = [plan.secret.pending]
    if not plan.is_connected:
        previous = plan.secret.version(PREVIOUS)
        offers += [previous] if plan.wanted.user_of(previous) in plan.state.users else []
    taken = user_in_force(plan)
    for version in offers:
        login = version.login if version else None
        fits = login and plan.wanted.is_ours(login) and login.is_role == plan.wanted.by_role
        if fits and plan.wanted.user_of(version) != taken:
            return login
    return None


def _current(plan: Plan) -> None:
    """The second half: what is pending becomes current."""
    pending = plan.secret.pending
    if pending is None:
        if not plan.is_connected:
            raise notes.nothing_pending(plan.wanted)
        drop_pending(plan)
        plan.notes.append(notes.already_current(plan.wanted))
        return
    login = pending.login
    if login is None or not plan.wanted.is_ours(login):
        raise notes.strange_pending(plan.wanted)
    if not (plan.is_connected or plan.wanted.is_moved or plan.wanted.take_over):
        raise notes.not_connected_yet(plan.wanted)
    if not leads_there(plan, pending):
        raise notes.pending_elsewhere(plan.wanted)
    ensure(plan, login)
    # Only the connection string has been tried: the other keys may have changed since.
    value = {**plan.current.value, KEY: pending.value[KEY]}
    if value != pending.value:
        plan.add(PutVersion(Version(plan.wanted.fresh.version, plan.wanted.fresh.now, value), PENDING))
    _switch(plan)


def _switch(plan: Plan) -> None:
    pending = plan.secret.pending
    if pending is None:
        return
    if not plan.is_connected:
        plan.move(SOURCE, plan.current.id)
        tag(plan, ATLAS)
    plan.move(CURRENT, pending.id)
    plan.move(PENDING, "")


def _retire(plan: Plan) -> None:
    """Delete our users that no version needs, unless a running task may have started with one of them."""
    leaving = [name for name in ours(plan) if name not in _needed(plan)]
    if not leaving:
        return
    if plan.state.behind:
        plan.notes.append(notes.kept(plan.wanted, leaving, plan.state.behind))
        return
    for name in leaving:
        if plan.state.secret and plan.wanted.user_of(plan.secret.version(SOURCE)) == name:
            plan.move(SOURCE, "")
        plan.add(DeleteUser(name))


def _needed(plan: Plan) -> set[str]:
    """The users of the versions that are in use, are to be, or that a migration may go back to."""
    secret = plan.state.secret
    if secret is None:
        return set()
    source = secret.version(SOURCE) if secret.is_migrating else None
    return {plan.wanted.user_of(version) for version in (secret.version(CURRENT), secret.pending, source)}


def _undone(plan: Plan) -> None:
    """Back to before the rotation: drop what is pending, else make the other user's version current again."""
    previous = plan.secret.version(PREVIOUS)
    # Beside a MongoDB with data, what is pending is not a rotation's, but what that data is moved to.
    if plan.is_connected and plan.secret.pending:
        drop_pending(plan)
    elif previous and plan.is_connected and _is_way_back(plan, previous):
        plan.move(CURRENT, previous.id)
        drop_pending(plan)
    else:
        plan.notes.append(notes.nothing_to_undo(plan.wanted))
    _retire(plan)


def _is_way_back(plan: Plan, previous: Version) -> bool:
    """Whether a rotation has put the current version into the place of `previous`, whose user is still there."""
    user = plan.wanted.user_of(previous)
    is_there = user in plan.state.users and leads_there(plan, previous)
    return is_there and user != user_in_force(plan) and not plan.secret.was_moved_back


def _source(plan: Plan) -> None:
    """Back to the MongoDB that the application was moved from: the users stay, for the tasks that still run."""
    source = plan.secret.version(SOURCE)
    if source is None:
        raise notes.no_source(plan.wanted)
    plan.move(CURRENT, source.id)
    drop_pending(plan)
    # Another cluster of Atlas with a user of ours stays this component's.
    tag(plan, ATLAS if plan.wanted.is_ours(source.login) else SECRETS)
    _mark(plan)


GOALS: dict[str, Callable[[Plan], None]] = {
    "present": _present,
    "prepared": _prepared,
    "current": _current,
    "retired": _retire,
    "undone": _undone,
    "source": _source,
}
