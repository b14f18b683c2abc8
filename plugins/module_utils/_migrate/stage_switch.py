# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Around the switch: the mark before it, the end of the migration, and the ways back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._migrate import catalog
from ansible_collections.calstack.aws.plugins.module_utils._migrate.apply import Applier
from ansible_collections.calstack.aws.plugins.module_utils._migrate.context import Context, Outcome, names
from ansible_collections.calstack.aws.plugins.module_utils._migrate.definition_writes import (
    build_indexes,
    expire,
    validate,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.definitions import expiries
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import (
    DifferenceError,
    LostTokenError,
    MigrationError,
    doing,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.follow import Followed, Follower
from ansible_collections.calstack.aws.plugins.module_utils._migrate.privileges import WRITE, Need, lacking
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stage_follow import block
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stage_verify import facts, settled
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stream import follow

MONGOSYNC_STATE = "__mdb_internal_mongosync"


def mark(context: Context) -> Outcome:
    """Note where the target's own changes begin, so that a way back can take them along."""
    with follow(context.target, context.settings.databases) as stream:
        context.store.save(mark=stream.position())
    at = context.store.finish("mark")
    return Outcome(True, f"the target's changes are known from {at} on: switch the application now")


def finish(context: Context) -> Outcome:
    """Let documents expire on the target; forget the migration only when asked to."""
    requests = context.state.expiries
    expire(context.target, requests)
    context.store.finish("finish")
    if context.settings.forget:
        context.store.remove()
    rest = "" if not context.state.blocked else "; the source still refuses writes (stage unfreeze ends that)"
    return Outcome(True, f"finished: {len(requests)} expiries are active on the target{rest}")


def back(context: Context) -> Outcome:
    """Take what was written to the target since the mark to the source, and prove both equal."""
    _may_write(context)
    unblock(context)
    state = context.state
    followed, verified = Followed(), None
    try:
        with follow(context.target, context.settings.databases, state.back or state.mark) as stream:
            there = names(catalog.collections(context.source, context.settings.databases))
            applier = Applier(context.target, context.source, known=there, aside=(), patience=context.patience)
            follower = Follower(
                stream, applier, context.target, _save_back(context, state.applied_back), context.tell, context.clock
            )
            followed = _followed_back(context, follower)
            _complete_back(context, set(there))
            verified, _ = settled(
                context,
                catalog.collections(context.source, context.settings.databases),
                lambda: follower.until_quiet(min(2.0, context.settings.quiet_seconds)),
            )
    except LostTokenError as error:
        raise LostTokenError(_lost(context, state.applied_back + followed.operations, error)) from None
    context.store.finish("back")
    summary = f"taken back: {followed.written:,} writes repeated on the source, both sides are the same"
    return Outcome(followed.written > 0, summary, {"written": followed.written, **facts(verified)})


def unfreeze(context: Context) -> Outcome:
    """The source takes writes again; what was verified must be verified anew."""
    blocked = unblock(context)
    if "mark" not in context.state.done:
        context.store.reopen("freeze", "verify")
    return Outcome(
        blocked, "the source takes writes again" if blocked else "the source was not blocked by this migration"
    )


def discard(context: Context) -> Outcome:
    """Empty the target of what this migration wrote, and forget it. The source is as it was."""
    unblock(context)
    found = catalog.collections(context.target, context.state.databases)
    for each in found:
        with doing(f"dropping {each.namespace} on the target"):
            context.target.database(each.namespace.database).drop_collection(each.namespace.collection)
    if context.state.engine == "mongosync":
        with doing("dropping mongosync's state on the target"):
            context.target.client.drop_database(MONGOSYNC_STATE)
    context.store.remove()
    return Outcome(True, f"discarded: {len(found)} collections dropped on the target")


def unblock(context: Context) -> bool:
    """Take the source's write block off where this migration put it on; whether it did."""
    if not context.state.blocked:
        return False
    block(context.source, False)
    context.store.save(blocked=False)
    return True


def _may_write(context: Context) -> None:
    about = context.source.about()
    if lacks := lacking(about.privileges, [Need(WRITE, name) for name in context.settings.databases]):
        raise InputError(
            f"the way back writes to the source, whose user lacks {'; '.join(lacks)}: give migrate_source a user with "
            f"readWrite."
        )


def _save_back(context: Context, applied: int) -> Any:
    def save(position: Mapping[str, Any], operations: int) -> None:
        nonlocal applied
        applied += operations
        context.store.save(back=position, applied_back=applied)

    return save


def _followed_back(context: Context, follower: Follower) -> Followed:
    """Until the target is quiet, which it must be: both sides cannot be written at once."""
    settings = context.settings
    near = follower.until_near(settings.lag_seconds)
    with doing("reading the target's time"):
        now = context.target.now()
    exempt = [each.namespace for each in catalog.collections(context.target, settings.databases) if each.expires]
    quiet = follower.until_quiet(settings.quiet_seconds, since=now, exempt=exempt)
    follower.applier.settle()
    if follower.applier.aside:
        raise MigrationError("going back: documents of the target violate a unique index of the source.")
    return Followed(near.operations + quiet.operations, near.written + quiet.written, near.touched | quiet.touched)


def _complete_back(context: Context, before: set[Any]) -> None:
    """Collections that the application made on the target get the rest of their definitions on the source."""
    found = catalog.collections(context.target, context.settings.databases)
    new = [each for each in found if each.namespace not in before]
    build_indexes(context.source, new, context.tell)
    validate(context.source, new)
    expire(context.source, [change for each in new for change in expiries(each)])


def _lost(context: Context, known: int, error: LostTokenError) -> str:
    """Why there is no way back, and what would be lost by taking it nevertheless."""
    try:
        settled(context, catalog.collections(context.source, context.settings.databases), Followed)
        state = "Both sides are the same right now: nothing was written meanwhile, and the old secret can be put back"
    except DifferenceError as difference:
        state = "Written to the target only, and lost with a way back: " + "; ".join(difference.differences[:20])
    return (
        f"there is no way back that keeps what was written to the target: its changes since the mark are no longer "
        f"known ({error}). {known:,} writes had been taken back until then. {state}. "
        f"The target is complete: stay on it."
    )
