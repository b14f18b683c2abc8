# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Preflight: can it be moved, and what will be moved. It writes nothing."""

from __future__ import annotations

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._migrate import catalog
from ansible_collections.calstack.aws.plugins.module_utils._migrate.context import Context, Outcome
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import MigrationError, doing
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import RESERVED
from ansible_collections.calstack.aws.plugins.module_utils._migrate.preflight import (
    Survey,
    check_names,
    problems,
    table,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.progress import size
from ansible_collections.calstack.aws.plugins.module_utils._migrate.state import check_ours


def preflight(context: Context) -> Outcome:
    """Raises InputError with all that speaks against the migration."""
    survey = look(context)
    refuse(survey)
    lines = table(survey.collections)
    moved = [each for each in survey.collections if not each.is_view]
    documents, data = sum(each.documents for each in moved), sum(each.data_bytes for each in moved)
    summary = (
        f"{len(moved)} collections with {documents:,} documents ({size(data)}) can be moved from MongoDB "
        f"{survey.source.version_text} to {survey.target.version_text}"
    )
    context.tell.line(summary, "good")
    return Outcome(
        False,
        summary,
        {
            "table": lines,
            "documents": documents,
            "bytes": data,
            "source_version": survey.source.version_text,
            "target_version": survey.target.version_text,
        },
    )


def refuse(survey: Survey) -> None:
    """Raises InputError for what speaks against it."""
    if found := problems(survey):
        raise InputError("this migration cannot start:\n" + "\n".join(f"- {each}." for each in found))


def look(context: Context) -> Survey:
    """What there is on both sides."""
    settings = context.settings
    check_names(settings.databases)
    state = context.store.read()
    check_ours(state, settings.databases, settings.engine)
    source, target = context.source.about(), context.target.about()
    others: tuple[str, ...] = ()
    found = catalog.collections(context.source, settings.databases, sizes=True)
    if {each.namespace.database for each in found} != set(settings.databases):
        others = _others(context)
    return Survey(
        databases=settings.databases,
        source=source,
        target=target,
        collections=found,
        target_collections=tuple(
            str(each.namespace) for each in catalog.collections(context.target, settings.databases)
        ),
        ours=state is not None,
        follows=settings.follows,
        block_writes=settings.freeze == "block_writes",
        target_free_bytes=settings.target_free_bytes,
        allow_older_target=settings.allow_older_target,
        other_databases=others,
    )


def _others(context: Context) -> tuple[str, ...]:
    """The databases that the source has, for a message; none where its user may not list them."""
    try:
        with doing("listing the source's databases"):
            return tuple(name for name in context.source.client.list_database_names() if name not in RESERVED)
    except MigrationError:
        return ()
