# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Catch up and freeze: what was written since the copy, and the end of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._migrate import catalog
from ansible_collections.calstack.aws.plugins.module_utils._migrate.apply import Applier
from ansible_collections.calstack.aws.plugins.module_utils._migrate.context import Context, Outcome, names, stored
from ansible_collections.calstack.aws.plugins.module_utils._migrate.copy import copy_capped
from ansible_collections.calstack.aws.plugins.module_utils._migrate.definition_writes import (
    build_indexes,
    create_missing,
    validate,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.definitions import expiries
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import (
    COMMAND_NOT_FOUND,
    MigrationError,
    doing,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.follow import Follower
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Collection, Namespace
from ansible_collections.calstack.aws.plugins.module_utils._migrate.server import Server
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stream import follow

with suppress(ImportError):  # server.connect says so before anything of this file is used
    import pymongo.errors as sdk


def catch_up(context: Context) -> Outcome:
    """Follow the source until the target is close behind. May be run again at any time."""
    found = catalog.collections(context.source, context.settings.databases)
    with following(context, found) as follower:
        followed = follower.until_near(context.settings.lag_seconds)
        waiting = build_indexes(context.target, found, context.tell, unique="try")
        # Building took its time.
        more = follower.until_near(context.settings.lag_seconds)
    for each in waiting:
        context.tell.line(f"unique index {each}: not yet possible, it is built when writes have stopped", "warning")
    context.store.finish("catch_up")
    written = followed.written + more.written
    return Outcome(written > 0, f"caught up: {written:,} writes repeated", {"written": written})


def freeze(context: Context) -> Outcome:
    """Writes have stopped, or are stopped here: repeat the last ones, then complete the target's definitions."""
    settings = context.settings
    if settings.freeze == "block_writes":
        block(context.source, True)
        context.store.save(blocked=True)
        context.tell.line("the source refuses writes now")
    with doing("reading the source's time"):
        now = context.source.now()
    found = catalog.collections(context.source, settings.databases)
    exempt = [each.namespace for each in found if each.expires]
    with following(context, found) as follower:
        followed = follower.until_quiet(settings.quiet_seconds, since=now, exempt=exempt)
        follower.applier.settle()
        complete(context, catalog.collections(context.source, settings.databases))
        follower.applier.settle()
        if stuck := follower.applier.aside:
            raise MigrationError(
                f"freezing: {len(stuck)} documents of {', '.join(sorted({key[0] for key in stuck}))} violate a unique "
                f"index on the target. Run the stage discard and start anew with preflight."
            )
        context.store.save(aside=stored(follower.applier.aside))
    context.store.finish("freeze")
    return Outcome(True, f"frozen: {followed.written:,} writes repeated", {"written": followed.written})


def complete(context: Context, found: Sequence[Collection]) -> None:
    """What waits for the end of the writes: new and capped collections, views, unique indexes, validators."""
    target, databases = context.target, context.settings.databases
    create_missing(target, found, catalog.collections(target, databases))
    for each in found:
        if each.is_capped:
            context.tell.status(f"copying {each.namespace}, which is capped")
            copy_capped(context.source, target, each)
    build_indexes(target, found, context.tell)
    validate(target, found)
    context.store.save(expiries=[change for each in found for change in expiries(each)])


@contextmanager
def following(context: Context, found: Sequence[Collection]) -> Iterator[Follower]:
    """Follow the source from the stored position onto the target."""
    state = context.state
    target = catalog.collections(context.target, context.settings.databases)
    capped = [each.namespace for each in found if each.is_capped]
    applier = Applier(
        context.source,
        context.target,
        known=_known(target, capped),
        skipped=capped,
        aside=state.aside,
        patience=context.patience,
    )
    with follow(context.source, context.settings.databases, state.position) as stream:
        save = context.save_position(lambda: applier.aside)
        yield Follower(stream, applier, context.source, save, context.tell, context.clock)


def block(server: Server, on: bool) -> None:
    """Let the server refuse users' writes, or take them again. Raises InputError where it cannot."""
    with doing(f"{'blocking' if on else 'unblocking'} writes on the {server.side}"):
        try:
            server.command("admin", {"setUserWriteBlockMode": 1, "global": on})
        except sdk.OperationFailure as error:
            if error.code != COMMAND_NOT_FOUND:
                raise
            raise InputError(
                f"migrate_freeze is block_writes, but the {server.side} has no setUserWriteBlockMode (MongoDB 6.0 and "
                f"later have it, Atlas's M0 and Flex do not): choose manual, and stop the application yourself."
            ) from None


def _known(target: Sequence[Collection], capped: Sequence[Namespace]) -> list[Any]:
    return [*names(target), *capped]
