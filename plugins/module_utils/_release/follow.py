# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Watching the controller that is at work until it rests, after asking it for something."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from ansible_collections.calstack.aws.plugins.module_utils._release import lock
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release, Request
from ansible_collections.calstack.aws.plugins.module_utils._release.ports import Audience
from ansible_collections.calstack.aws.plugins.module_utils._release.store import Store
from ansible_collections.calstack.aws.plugins.module_utils._release.table import StoreUnavailableError

EVERY = 1.0


def follow(
    store: Store,
    request: Request | None,
    audience: Audience,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Release | None:
    """The release as the holder of the lock has left it; None where nobody holds the lock, or its holder is dead.

    `request`, where there is one, is left for the holder. Shows the events that come meanwhile. Raises CalstackError.
    """
    if request and not lock.ask(store, request):
        return None
    held = lock.look(store)
    if held is None:
        return store.latest() if request else None
    ident, beat, moved, shown = held.release_id, held.beat, monotonic(), clock()
    while held := lock.look(store):
        if held.beat != beat:
            beat, moved = held.beat, monotonic()
        elif monotonic() - moved > lock.patience(held, clock()):
            return None
        ident = held.release_id or ident
        with suppress(StoreUnavailableError):
            shown = _show(store, ident, audience, shown)
        sleep(EVERY)
    _show(store, ident, audience, shown)
    return store.load(ident)


def _show(store: Store, ident: str, audience: Audience, shown: float) -> float:
    """Tell what is newer than `shown`; returns how far it got."""
    for event in store.timeline(ident):
        if event.at > shown:
            audience.event(event)
            shown = event.at
    return shown
