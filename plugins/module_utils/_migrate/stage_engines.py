# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The stages of the engines that drive another program: what is copied is theirs, the order and the proof are ours."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._migrate import catalog
from ansible_collections.calstack.aws.plugins.module_utils._migrate.context import Context, Outcome, Settings
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.download import (
    Archive,
    Place,
    database_tools,
    mongosync,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.job import Copied, Job
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.mongosync import Mongosync
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.tools import Tools
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import StillWrittenError, doing
from ansible_collections.calstack.aws.plugins.module_utils._migrate.follow import late
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stage_follow import block
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stage_preflight import look, preflight, refuse
from ansible_collections.calstack.aws.plugins.module_utils._migrate.state import Store
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stream import follow


def dump_preflight(context: Context) -> Outcome:
    """As for all, and the programs are there."""
    database_tools(place(context.settings))
    return preflight(context)


def dump_freeze(context: Context) -> Outcome:
    """Before the copy: it is a picture of what stands still."""
    begin(context)
    return _frozen(context)


def dump_copy(context: Context) -> Outcome:
    """mongodump | mongorestore, a database at a time."""
    dump, restore = database_tools(place(context.settings))
    copied = Tools(dump, restore).copy(_job(context), context.tell, StoredLedger(context.store))
    context.store.finish("copy")
    documents = sum(copied.values())
    return Outcome(True, f"{documents:,} documents of {len(copied)} databases copied", {"documents": documents})


def sync_preflight(context: Context) -> Outcome:
    """As for all, and the program is there."""
    mongosync(place(context.settings))
    return preflight(context)


def sync_copy(context: Context) -> Outcome:
    """mongosync until its first copy is complete."""
    begin(context)
    _mongosync(context).copy(_job(context), context.tell)
    context.store.finish("copy")
    return Outcome(True, "mongosync has copied everything, and follows the source")


def sync_catch_up(context: Context) -> Outcome:
    """mongosync until it is close behind."""
    _mongosync(context).catch_up(_job(context), context.tell)
    context.store.finish("catch_up")
    return Outcome(True, "mongosync has caught up")


def sync_freeze(context: Context) -> Outcome:
    """Writes have stopped: mongosync cuts over."""
    outcome = _frozen(context, finish=False)
    _mongosync(context).commit(_job(context), context.tell)
    context.store.finish("freeze")
    return Outcome(True, f"{outcome.summary}, mongosync has cut over")


def begin(context: Context) -> None:
    """Check, and note what is begun, so that what the program writes is known as this migration's."""
    refuse(look(context))
    settings = context.settings
    if context.store.read() is None:
        context.store.save(engine=settings.engine, databases=list(settings.databases), done={})


def place(settings: Settings) -> Place:
    """Where the programs are. Raises InputError for a download without its checksum."""
    if bool(settings.tools_url) != bool(settings.tools_sha256):
        raise InputError("migrate_tools_url and migrate_tools_sha256 belong together: give both, or none.")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "calstack"
    return Place(
        cache=cache,
        directory=Path(settings.tools_dir) if settings.tools_dir else None,
        archive=Archive(settings.tools_url, settings.tools_sha256) if settings.tools_url else None,
    )


@dataclass(frozen=True)
class StoredLedger:
    """How far each database has come, in the migration's state."""

    store: Store

    def state(self, database: str) -> Copied:
        state = self.store.read()
        known = state.databases_copied.get(database, "") if state else ""
        return "copied" if known == "copied" else "begun" if known == "begun" else ""

    def record(self, database: str, state: Copied) -> None:
        self.store.save(**{f"databases_copied.{database}": state})


def _frozen(context: Context, *, finish: bool = True) -> Outcome:
    settings = context.settings
    if settings.freeze == "block_writes":
        block(context.source, True)
        context.store.save(blocked=True)
        context.tell.line("the source refuses writes now")
    if context.source.about().topology != "standalone":
        still(context)
    if finish:
        context.store.finish("freeze")
    return Outcome(True, "writes to the source have stopped")


def still(context: Context, clock: Callable[[], float] | None = None) -> None:
    """Watch for a while that nothing is written. Raises StillWrittenError."""
    settings, now = context.settings, clock or context.clock
    exempt = [each.namespace for each in catalog.collections(context.source, settings.databases) if each.expires]
    with doing("reading the source's time"):
        since = context.source.now()
    with follow(context.source, settings.databases) as stream:
        end = now() + settings.quiet_seconds
        while now() < end:
            if found := late(stream.read(), since, exempt):
                raise StillWrittenError(context.source.side, found)
            context.tell.status(f"watching that nothing is written to the source, {end - now():.0f} s more")


def _mongosync(context: Context) -> Mongosync:
    return Mongosync(mongosync(place(context.settings)), port=context.settings.mongosync_port)


def _job(context: Context) -> Job:
    settings, sides = context.settings, context.endpoints
    return Job(sides["source"].uri, sides["target"].uri, settings.databases, settings.workdir)
