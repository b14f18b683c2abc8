# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Verify: documents, options and indexes of both sides are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._migrate import catalog
from ansible_collections.calstack.aws.plugins.module_utils._migrate.context import Context, Outcome
from ansible_collections.calstack.aws.plugins.module_utils._migrate.definitions import differences
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import DifferenceError, StillWrittenError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.follow import Followed
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Collection, Namespace
from ansible_collections.calstack.aws.plugins.module_utils._migrate.progress import Count, Meter, duration
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stage_follow import following
from ansible_collections.calstack.aws.plugins.module_utils._migrate.verify import Unequal, Verified, compare

ROUNDS = 5
"""How often collections that still change are compared."""
SETTLE = 2.0
"""Seconds without a change that end a round."""


def verify(context: Context) -> Outcome:
    """Raises DifferenceError, or StillWrittenError where the source does not come to rest."""
    found = catalog.collections(context.source, context.settings.databases)
    started = context.clock()
    if context.settings.repeats:
        with following(context, found) as follower:
            verified, written = settled(
                context, found, lambda: follower.until_quiet(min(SETTLE, context.settings.quiet_seconds))
            )
    else:
        verified, written = settled(context, found, Followed)
    context.store.finish("verify")
    documents = sum(each.documents for each in verified)
    summary = (
        f"verified: {documents:,} documents, {sum(each.indexes for each in verified)} indexes and the options of "
        f"{len(found)} collections and views are the same on both sides ({duration(context.clock() - started)})"
    )
    return Outcome(written > 0, summary, facts(verified))


def facts(verified: Iterable[Verified]) -> dict[str, Any]:
    """What was verified, for the report."""
    reports = [each.report() for each in verified]
    return {"collections": reports, "documents": sum(each["documents"] for each in reports)}


def settled(
    context: Context, found: Iterable[Collection], catch_up: Callable[[], Followed]
) -> tuple[list[Verified], int]:
    """Compare until nothing comes any more that could explain a difference; how many writes came meanwhile."""
    collections = {each.namespace: each for each in found if not each.is_view}
    meter = Meter(_documents(context, collections))
    verified: dict[Namespace, Verified] = {}
    pending, written, touched = set(collections), catch_up().written, set[Namespace]()
    check_definitions(context)
    for _ in range(ROUNDS):
        unequal = _compare(context, [collections[each] for each in sorted(pending)], verified, meter)
        followed = catch_up()
        written, touched = written + followed.written, followed.touched & set(collections)
        if not touched:
            if unequal:
                raise DifferenceError(tuple(str(each) for each in unequal))
            check_definitions(context)
            return [verified[each] for each in sorted(verified)], written
        pending = touched | {Namespace.parse(each.namespace) for each in unequal}
    raise StillWrittenError("source", {str(each): 1 for each in touched})


def check_definitions(context: Context) -> None:
    """Raises DifferenceError for options and indexes that are not the same, and for collections of only one side."""
    source = catalog.collections(context.source, context.settings.databases)
    target = {each.namespace: each for each in catalog.collections(context.target, context.settings.databases)}
    found = [each for one in source for each in differences(one, target.get(one.namespace))]
    extra = target.keys() - {each.namespace for each in source}
    found += [f"{namespace} is not on the source" for namespace in sorted(extra)]
    if found:
        raise DifferenceError(tuple(found))


def _compare(
    context: Context, pending: Iterable[Collection], verified: dict[Namespace, Verified], meter: Meter
) -> list[Unequal]:
    unequal = []
    done = 0

    def count(more: Count) -> None:
        nonlocal done
        done += more.documents
        meter.add(context.clock(), done)
        context.tell.status(f"verifying {meter.text()}")

    for each in pending:
        verified.pop(each.namespace, None)
        result = compare(context.source, context.target, each.namespace, len(each.indexes), count)
        if isinstance(result, Verified):
            verified[each.namespace] = result
        else:
            unequal.append(result)
    return unequal


def _documents(context: Context, namespaces: Iterable[Namespace]) -> int:
    return sum(int(context.source.documents(each).estimated_document_count()) for each in namespaces)
