# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The module ecs_blue_green_info: what the table knows, for people and playbooks. Only reads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._release import history, lock, table
from ansible_collections.calstack.aws.plugins.module_utils._release.document import plain
from ansible_collections.calstack.aws.plugins.module_utils._release.holder import Held
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release
from ansible_collections.calstack.aws.plugins.module_utils._release.module import shown
from ansible_collections.calstack.aws.plugins.module_utils._release.store import Store
from ansible_collections.calstack.aws.plugins.module_utils._release_support.names import table_name


def run(module: Any) -> None:
    """Read what `module` (an AnsibleAWSModule) asks for, and end it."""
    params = module.params
    try:
        store = Store(table.client(module), table_name(params["stack_name"]))
        releases = store.history(params["limit"])
        chosen = _chosen(store, params["release"], releases)
        timeline = store.timeline(chosen.id) if chosen else []
        held = lock.look(store)
    except CalstackError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=False,
        releases=[shown(item) for item in releases],
        release=shown(chosen) if chosen else {},
        timeline=[plain(event) for event in timeline],
        lock=_lock(held),
        lines=history.lines(releases, held, time.time(), timeline if params["release"] else ()),
    )


def _chosen(store: Store, ident: str | None, releases: Sequence[Release]) -> Release | None:
    if not ident:
        return releases[0] if releases else None
    if (found := store.load(ident)) is None:
        known = ", ".join(item.id for item in releases) or "none yet"
        raise InputError(f"no release {ident} is on record in {store.table.name}. The newest there: {known}.")
    return found


def _lock(held: Held | None) -> dict[str, Any]:
    if held is None:
        return {}
    return {
        "holder": str(held.holder),
        "release": held.release_id,
        "since": held.since,
        "last_heartbeat": held.beat_at,
        "expires": held.expires,
    }
