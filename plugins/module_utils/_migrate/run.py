# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""One stage of a migration: whether it is its turn, the lease, the stage, the report."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._migrate import stage_engines as engines
from ansible_collections.calstack.aws.plugins.module_utils._migrate.context import Context, Outcome
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stage_copy import copy
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stage_follow import catch_up, freeze
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stage_preflight import preflight
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stage_switch import (
    back,
    discard,
    finish,
    mark,
    unfreeze,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stage_verify import verify
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stages import decide
from ansible_collections.calstack.aws.plugins.module_utils._migrate.state import check_ours

Stage = Callable[[Context], Outcome]

BUILTIN: dict[str, Stage] = {
    "preflight": preflight,
    "copy": copy,
    "catch_up": catch_up,
    "freeze": freeze,
    "verify": verify,
    "mark": mark,
    "finish": finish,
    "back": back,
    "unfreeze": unfreeze,
    "discard": discard,
}
ENGINES: dict[str, dict[str, Stage]] = {
    "builtin": BUILTIN,
    "mongodump": BUILTIN
    | {
        "preflight": engines.dump_preflight,
        "freeze": engines.dump_freeze,
        "copy": engines.dump_copy,
    },
    "mongosync": BUILTIN
    | {
        "preflight": engines.sync_preflight,
        "copy": engines.sync_copy,
        "catch_up": engines.sync_catch_up,
        "freeze": engines.sync_freeze,
    },
}
REPORTED = ("preflight", "verify", "back")


def run(stage: str, context: Context, *, check: bool = False) -> Outcome:
    """Do `stage`; in check mode say whether it would be done. Raises CalstackError."""
    settings = context.settings
    perform = ENGINES[settings.engine][stage]
    if stage == "preflight":
        return _reported(stage, context, perform(context), check)
    state = context.store.read()
    check_ours(state, settings.databases, settings.engine)
    if state is None and (stage in ("discard", "unfreeze") or (stage == "finish" and settings.forget)):
        return Outcome(False, f"{stage}: the target has no migration {settings.migration}")
    decision = decide(stage, state.done if state else {}, follows=settings.follows, check=check)
    if not decision.run:
        return Outcome(False, f"{stage}: nothing to do, {decision.reason}")
    if check:
        return Outcome(stage != "verify", f"{stage} would run")
    with context.store.lease():
        outcome = perform(context)
    context.tell.line(outcome.summary, "good")
    return _reported(stage, context, outcome, check)


def _reported(stage: str, context: Context, outcome: Outcome, check: bool) -> Outcome:
    """With a report where one is wanted."""
    folder = context.settings.report_dir
    if not folder or check or stage not in REPORTED:
        return outcome
    now = datetime.now(UTC)
    path = Path(folder) / f"{context.settings.migration}-{stage}-{now:%Y%m%dT%H%M%SZ}.json"
    report = {
        "migration": context.settings.migration,
        "stage": stage,
        "at": now.isoformat(timespec="seconds"),
        "databases": list(context.settings.databases),
        "engine": context.settings.engine,
        "summary": outcome.summary,
        "hash": "BLAKE2b of 16 bytes over the hashes of blocks of 1000 raw BSON documents in the order of _id",
        **outcome.facts,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise CalstackError(
            f"{outcome.summary}. The report could not be written to {path}: {error.strerror}."
        ) from error
    return Outcome(outcome.changed, outcome.summary, {**outcome.facts, "report": str(path)})
