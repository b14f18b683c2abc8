# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The module ecs_blue_green_info: what the table knows, for people and playbooks. Only reads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._release import commit, history, lock, table
from ansible_collections.calstack.aws.plugins.module_utils._release.api import Look
from ansible_collections.calstack.aws.plugins.module_utils._release.clients import brisk
from ansible_collections.calstack.aws.plugins.module_utils._release.document import plain
from ansible_collections.calstack.aws.plugins.module_utils._release.holder import Held
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release
from ansible_collections.calstack.aws.plugins.module_utils._release.module import shown
from ansible_collections.calstack.aws.plugins.module_utils._release.reporting import write_report
from ansible_collections.calstack.aws.plugins.module_utils._release.settled import unsettled
from ansible_collections.calstack.aws.plugins.module_utils._release.store import Store
from ansible_collections.calstack.aws.plugins.module_utils._release.survey import survey
from ansible_collections.calstack.aws.plugins.module_utils._release_support.names import table_name


def run(module: Any) -> None:
    """Read what `module` (an AnsibleAWSModule) asks for, and end it."""
    params = module.params
    try:
        if params["limit"] < 1:
            raise InputError(f"limit is {params['limit']}: give how many releases to list, at least 1.")
        store = Store(table.client(module), table_name(params["stack_name"]))
        releases = store.history(params["limit"])
        chosen = _chosen(store, params["release"], releases)
        timeline = store.timeline(chosen.id) if chosen else []
        held = lock.look(store)
        if params["commit"]:
            _check_stable(module, store)
    except CalstackError as error:
        module.fail_json(msg=str(error))
    reports = _report(module, store, chosen) if chosen and params["report_dir"] else {}
    module.exit_json(
        changed=False,
        releases=[shown(item) for item in releases],
        release=shown(chosen) if chosen else {},
        timeline=[plain(event) for event in timeline],
        lock=_lock(held) if held else None,
        lines=history.lines(releases, held, time.time(), timeline if params["release"] else ()),
        reports=reports,
    )


def _check_stable(module: Any, store: Store) -> None:
    """Raises CalstackError where the commit asked for is not stable, InputError where it has no image."""
    stack, asked = module.params["stack_name"], module.params["commit"]
    commit.check("", asked)
    clients = brisk(module)
    look = Look(clients, stack)
    image = survey(clients, stack, look=look, commit=asked).image
    newest = next(iter(store.history(1)), None)
    if words := unsettled(asked, image, look.world(), newest):
        raise CalstackError(words)


def _report(module: Any, store: Store, release: Release) -> dict[str, str]:
    clients = brisk(module)
    where = (module.params["report_dir"], module.params["environment_name"])
    return write_report(clients, Look(clients, release.stack), store, release, *where, module.warn)


def _chosen(store: Store, ident: str | None, releases: Sequence[Release]) -> Release | None:
    if not ident:
        return releases[0] if releases else None
    if (found := store.load(ident)) is None:
        known = ", ".join(item.id for item in releases) or "none yet"
        raise InputError(f"no release {ident} is on record in {store.table.name}. The newest there: {known}.")
    return found


def _lock(held: Held) -> dict[str, Any]:
    told = {key: getattr(held, key) for key in ("since", "beat_at", "lease", "release_id")}
    return {"holder": str(held.holder), **told}
