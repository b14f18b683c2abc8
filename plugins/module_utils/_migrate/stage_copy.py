# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Copy: the position in the change stream first, then collections, documents and indexes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from queue import SimpleQueue

from ansible_collections.calstack.aws.plugins.module_utils._migrate import catalog
from ansible_collections.calstack.aws.plugins.module_utils._migrate.context import Context, Outcome
from ansible_collections.calstack.aws.plugins.module_utils._migrate.copy import Copier
from ansible_collections.calstack.aws.plugins.module_utils._migrate.definition_writes import (
    build_indexes,
    create_missing,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import TakenError, doing
from ansible_collections.calstack.aws.plugins.module_utils._migrate.model import Collection, Namespace
from ansible_collections.calstack.aws.plugins.module_utils._migrate.progress import Count, Meter, duration, size
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stage_preflight import look, refuse
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stream import follow

LOOK = 0.5
"""Seconds between two looks at the progress."""


class Tally:
    """Documents and bytes that are copied, counted by several threads."""

    def __init__(self) -> None:
        self.count = Count()
        self._lock = threading.Lock()

    def add(self, more: Count) -> None:
        with self._lock:
            self.count += more


def copy(context: Context) -> Outcome:
    """Copy what is not copied yet. A second run after a kill goes on where the first one was."""
    survey = look(context)
    refuse(survey)
    _begin(context)
    # What is capped keeps the order of its writes only if it is copied when they have stopped: that is for freeze.
    wanted = [each for each in survey.collections if each.kind == "collection" and not each.is_capped]
    create_missing(context.target, wanted, catalog.collections(context.target, context.settings.databases))
    started = context.clock()
    count = _documents(context, wanted)
    seconds = max(context.clock() - started, 1e-9)
    build_indexes(context.target, wanted, context.tell, unique="leave")
    context.store.finish("copy")
    rate = count.documents / seconds
    summary = (
        f"{count.documents:,} documents ({size(count.bytes)}) of {len(wanted)} collections copied in "
        f"{duration(seconds)}, {rate:,.0f}/s"
    )
    return Outcome(True, summary, {"documents": count.documents, "bytes": count.bytes, "rate": round(rate, 1)})


def _begin(context: Context) -> None:
    """Note where the source's changes begin, before anything is read: what comes while it is copied is repeated."""
    if context.state.position is not None:
        return
    with follow(context.source, context.settings.databases) as stream:
        position = stream.position()
    settings = context.settings
    context.store.save(engine=settings.engine, databases=list(settings.databases), position=position, done={})


def _documents(context: Context, wanted: Sequence[Collection]) -> Count:
    copied = context.state.copied
    left = [each for each in wanted if str(each.namespace) not in copied]
    tally = Tally()
    copier = Copier(
        context.source,
        context.target,
        count=tally.add,
        complete=lambda namespace: context.store.add_copied(str(namespace)),
        patience=context.patience,
    )
    pending: SimpleQueue[Namespace] = SimpleQueue()
    # The largest first, so that none of them is left alone at the end.
    for each in sorted(left, key=lambda each: -each.data_bytes):
        pending.put(each.namespace)
    before = sum(each.documents for each in wanted if str(each.namespace) in copied)
    before += sum(_there(context, each.namespace) for each in left)
    meter = Meter(sum(each.documents for each in wanted))
    with ThreadPoolExecutor(context.settings.collections_at_once, thread_name_prefix="copy") as pool:
        running = {pool.submit(copier.copy, pending) for _ in range(context.settings.collections_at_once)}
        try:
            while running:
                done, running = wait(running, timeout=LOOK)
                for future in done:
                    future.result()
                if context.store.lost:
                    raise TakenError("another run has taken over this migration: this one ends.")
                meter.add(context.clock(), before + tally.count.documents)
                context.tell.status(meter.text())
        finally:
            copier.over.set()
    return tally.count


def _there(context: Context, namespace: Namespace) -> int:
    with doing(f"counting {namespace} on the target"):
        return int(context.target.documents(namespace).estimated_document_count())
