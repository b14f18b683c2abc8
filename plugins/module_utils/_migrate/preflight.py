# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What speaks against a migration, and what will be moved. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import (
    RESERVED,
    STATE_DATABASE,
    About,
    Collection,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.privileges import (
    ALTER,
    ANY,
    BLOCK,
    READ,
    STATE,
    WRITE,
    Need,
    lacking,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.progress import size

OLDEST = (4, 0)
"""The first version whose change streams follow a whole database or cluster."""
BLOCKS_WRITES = (6, 0)
"""The first version with setUserWriteBlockMode."""
ROOM = 1.2
"""What the target needs of the source's storage: catching up and building indexes take more than the data."""


@dataclass(frozen=True)
class Survey:
    """What preflight has seen. `target_collections` are those in the databases to come; `ours`: this migration's."""

    databases: tuple[str, ...]
    source: About
    target: About
    collections: tuple[Collection, ...]
    target_collections: tuple[str, ...] = ()
    ours: bool = False
    follows: bool = True
    block_writes: bool = False
    target_free_bytes: int | None = None
    allow_older_target: bool = False
    other_databases: tuple[str, ...] = field(default=())


def check_names(databases: Sequence[str]) -> None:
    """Raises InputError for databases that cannot be moved."""
    if not databases:
        raise InputError("migrate_databases is empty: name the databases to move.")
    for name in databases:
        if name in RESERVED:
            raise InputError(f"migrate_databases: {name} is the server's own or the migration's, and is never moved.")
    if len(set(databases)) != len(databases):
        raise InputError("migrate_databases names a database twice.")


def problems(survey: Survey) -> list[str]:
    """What speaks against it, each with what to do; empty: it may start."""
    return [
        *_server_problems(survey),
        *_privilege_problems(survey),
        *_collection_problems(survey),
        *_room_problems(survey),
    ]


def table(collections: Sequence[Collection]) -> list[str]:
    """What will be moved, for people: a line a collection, and the sum."""
    rows = [("collection", "documents", "data", "indexes", "")]
    for each in sorted(collections, key=lambda one: one.namespace):
        if each.is_view:
            rows.append((str(each.namespace), "", "", "", "view"))
        else:
            note = "capped" if each.is_capped else ""
            rows.append(_row(str(each.namespace), each.documents, each.data_bytes, len(each.indexes), note))
    moved = [each for each in collections if not each.is_view]
    total = sum(each.documents for each in moved), sum(each.data_bytes for each in moved)
    rows.append(_row(f"{len(moved)} collections", *total, sum(len(each.indexes) for each in moved), ""))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}  {row[4]}".rstrip()
        for row in rows
    ]


def _row(name: str, documents: int, data: int, indexes: int, note: str) -> tuple[str, str, str, str, str]:
    return name, f"{documents:,}", size(data), str(indexes), note


def _server_problems(survey: Survey) -> list[str]:
    source, target, found = survey.source, survey.target, []
    if source.hosts & target.hosts:
        found.append(
            f"source and target are the same server ({', '.join(sorted(source.hosts & target.hosts))}): "
            "check migrate_source_uri"
        )
    if source.version < OLDEST:
        found.append(f"the source is MongoDB {source.version_text}: 4.0 is the first that can be followed; upgrade it")
    if survey.follows and source.topology == "standalone":
        found.append(
            "the source is a standalone server, which has no change streams: make it a replica set of one member "
            "(replSetInitiate), or choose migrate_engine mongodump, which needs writes to stop first"
        )
    if target.version[:1] < source.version[:1] and not survey.allow_older_target:
        found.append(
            f"the target is MongoDB {target.version_text}, older than the source's {source.version_text}: choose a "
            f"newer atlas_mongodb_version, or set migrate_allow_older_target where nothing newer is used"
        )
    if survey.block_writes and source.version < BLOCKS_WRITES:
        found.append(
            f"the source is MongoDB {source.version_text}: only 6.0 and later block writes; choose migrate_freeze "
            f"manual and stop the application yourself"
        )
    return found


def _privilege_problems(survey: Survey) -> list[str]:
    names = survey.databases
    reads = [Need(READ, name) for name in names]
    if survey.follows and len(names) > 1:
        # Several databases are followed in one stream, which MongoDB only has for all of them.
        reads.append(Need(("find", "changeStream"), ANY))
    if survey.block_writes:
        reads.append(Need(BLOCK, cluster=True))
    alters = {each.namespace.database for each in survey.collections if each.expires or "validator" in each.options}
    writes = [Need(WRITE + (ALTER if name in alters else ()), name) for name in names]
    found = []
    if lacks := lacking(survey.source.privileges, reads):
        found.append(f"the source's user lacks {'; '.join(lacks)}: {_role('read', names)}")
    if lacks := lacking(survey.target.privileges, [*writes, Need(STATE, STATE_DATABASE)]):
        found.append(f"the target's user lacks {'; '.join(lacks)}: {_role('readWrite', names)}")
    return found


def _role(role: str, names: Sequence[str]) -> str:
    if role == "read":
        return "grant read on the database" if len(names) == 1 else "grant readAnyDatabase@admin"
    return "grant readWriteAnyDatabase and dbAdminAnyDatabase on admin (in Atlas: atlas_migration_user does)"


def _collection_problems(survey: Survey) -> list[str]:
    found = []
    with_data = {each.namespace.database for each in survey.collections}
    for name in survey.databases:
        if name not in with_data:
            others = f" (it has: {', '.join(survey.other_databases)})" if survey.other_databases else ""
            found.append(f"the source has no database {name}{others}: correct migrate_databases")
    for each in survey.collections:
        if each.kind == "timeseries" or "timeseries" in each.options:
            found.append(f"{each.namespace} is a time series, which cannot be followed: use migrate_engine mongodump")
        if "encryptedFields" in each.options:
            found.append(f"{each.namespace} uses queryable encryption, whose state collections cannot be copied")
    if survey.target_collections and not survey.ours:
        shown = ", ".join(survey.target_collections[:5])
        found.append(
            f"the target is not empty: it has {shown}{' and more' if len(survey.target_collections) > 5 else ''}. "
            f"Nothing is ever overwritten: choose another target, or drop these yourself if nobody needs them"
        )
    return found


def _room_problems(survey: Survey) -> list[str]:
    if survey.target_free_bytes is None:
        return []
    needed = int(ROOM * sum(max(each.storage_bytes, each.data_bytes) + each.index_bytes for each in survey.collections))
    if needed <= survey.target_free_bytes:
        return []
    return [
        f"the target has {size(survey.target_free_bytes)} free and {size(needed)} are needed (data and indexes, and a "
        f"fifth more): raise atlas_disk_size_gb or atlas_instance_size"
    ]
