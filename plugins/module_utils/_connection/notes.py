# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What a person is told about the connection secret, and why something cannot be done. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.calstack.aws.plugins.module_utils._connection.state import (
    CURRENT,
    KEY,
    PENDING,
    SOURCE,
    Wanted,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError

_WAYS_ON = (
    "Run playbooks/migrate.yml to move the data and switch, or set atlas_take_over=true and run site.yml to switch "
    "without moving any."
)
RELEASE = "playbooks/release.yml with -e release_image=stable"


def not_connected(wanted: Wanted) -> str:
    return (
        f"the application still uses the MongoDB that {wanted.secret} names, not {_cluster(wanted)}, whose connection "
        f"string waits there as {PENDING}. {_WAYS_ON}"
    )


def another_way(wanted: Wanted) -> str:
    return (
        f"the application goes on connecting as {wanted.secret} says; the way that is asked for now waits there as "
        f"{PENDING}. Run playbooks/rotate.yml, which tries it, changes over and releases. Until all tasks use it, the "
        f"former way stays open."
    )


def migrating(wanted: Wanted) -> str:
    return (
        f"a migration to {_cluster(wanted)} is under way, which the login in {wanted.secret} is needed for. End it "
        f"first: playbooks/migrate.yml with -e migrate_goal=finished, or back."
    )


def _cluster(wanted: Wanted) -> str:
    return f"the Atlas cluster {' or '.join(sorted(wanted.grants.clusters))}"


def restored(wanted: Wanted) -> str:
    return f"the secret {wanted.secret} had been deleted: it is back, with the values it had."


def no_password(wanted: Wanted) -> str:
    return f"{wanted.stack} connects with its tasks' role: there is no password to rotate."


def already_current(wanted: Wanted) -> str:
    return f"nothing of {wanted.secret} is pending: what it holds is current already."


def under_way(wanted: Wanted, former: str, tasks: int) -> str:
    return (
        f"a rotation of {wanted.secret} is under way: the secret has changed over, but {_tasks(tasks)} may still use "
        f"the database user {former}. No other password is made before a release has brought this one out."
    )


def nothing_to_undo(wanted: Wanted) -> str:
    return f"no rotation of {wanted.secret} is under way that could be undone."


def kept(wanted: Wanted, users: Iterable[str], tasks: int) -> str:
    return (
        f"the database user {' and '.join(users)} stays: {_tasks(tasks)} started before {wanted.secret} had its "
        f"current value, and may use it. Run {RELEASE}, then the same command again."
    )


def _tasks(number: int) -> str:
    return "one running task" if number == 1 else f"{number} running tasks"


def in_use(wanted: Wanted, user: str, tasks: int) -> CalstackError:
    return CalstackError(
        f"rotating {wanted.secret}: the database user {user} is next, but {_tasks(tasks)} started before the secret "
        f"had its current value, and may still use it. Nothing has been changed. Run {RELEASE}, then this again."
    )


def not_connected_yet(wanted: Wanted) -> CalstackError:
    return CalstackError(
        f"{wanted.secret} names a MongoDB that is not {_cluster(wanted)}: to change over now would leave the data "
        f"behind. Nothing has been changed. {_WAYS_ON}"
    )


def still_migrating(wanted: Wanted) -> CalstackError:
    return CalstackError(f"rotating {wanted.secret}: {migrating(wanted)} Nothing has been changed.")


def pending_elsewhere(wanted: Wanted) -> CalstackError:
    return CalstackError(
        f"the {PENDING} version of {wanted.secret} does not lead to {_cluster(wanted)}: run site.yml first, which "
        f"writes the one that does. Nothing has been changed."
    )


def no_secret(wanted: Wanted) -> CalstackError:
    return CalstackError(f"there is no secret {wanted.secret} yet: run site.yml first, which makes it.")


def no_current(wanted: Wanted) -> CalstackError:
    return CalstackError(
        f"no version of the secret {wanted.secret} is current: move the label {CURRENT} to the right one "
        f"(aws secretsmanager update-secret-version-stage), then run again."
    )


def nothing_pending(wanted: Wanted) -> CalstackError:
    return CalstackError(
        f"{wanted.secret} holds no {PENDING} version that could become current: run site.yml first, which writes it."
    )


def strange_pending(wanted: Wanted) -> CalstackError:
    return CalstackError(
        f"the {PENDING} version of {wanted.secret} has no {KEY} for {' or '.join(wanted.users)}: somebody else has "
        f"written it. Remove the label {PENDING} from it (aws secretsmanager update-secret-version-stage), then run "
        f"site.yml, which writes a good one."
    )


def no_source(wanted: Wanted) -> CalstackError:
    return CalstackError(
        f"no version of {wanted.secret} carries the label {SOURCE}: it has never been switched from another MongoDB, "
        f"so there is none to go back to."
    )
