# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The module ecs_blue_green: parameters in, what came of the run out."""

from __future__ import annotations

from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._release import table
from ansible_collections.calstack.aws.plugins.module_utils._release.clients import brisk
from ansible_collections.calstack.aws.plugins.module_utils._release.document import plain
from ansible_collections.calstack.aws.plugins.module_utils._release.inputs import parse
from ansible_collections.calstack.aws.plugins.module_utils._release.interruption import (
    InterruptedRunError,
    interruptible,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.job import Done, Job
from ansible_collections.calstack.aws.plugins.module_utils._release.lines import summary
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event
from ansible_collections.calstack.aws.plugins.module_utils._release.progress_file import ProgressWriter
from ansible_collections.calstack.aws.plugins.module_utils._release.store import Store
from ansible_collections.calstack.aws.plugins.module_utils._release.words import rollback_seconds
from ansible_collections.calstack.aws.plugins.module_utils._release_support.names import table_name

INTERRUPTED = (
    "the run was ended from outside ({}). The release stays where it is and the lock is given back: run the same "
    "command again to go on, or playbooks/rollback.yml to put everything back."
)


def run(module: Any) -> None:
    """Do what `module` (an AnsibleAWSModule) asks, and end it."""
    result: dict[str, Any]
    with ProgressWriter(module.params["progress_file"] or "") as audience:
        try:
            inputs = parse(module.params)
            store = Store(table.client(module), table_name(inputs.stack))
            with interruptible():
                job = Job(inputs, brisk(module), store, audience)
                done = job.check() if module.check_mode else job.run()
            reports = job.report(done.release) if done.release and not module.check_mode else {}
            timeline = _timeline(store, done.release) if done.release and not module.check_mode else []
        except CalstackError as error:
            module.fail_json(msg=str(error))
        except InterruptedRunError as error:
            module.fail_json(msg=INTERRUPTED.format(error))
    worked = done.release and not module.check_mode
    lines = summary(done.release, timeline, inputs.environment) if worked and done.release else [done.words]
    result = {"message": lines, **facts(done), "reports": reports}
    if worked and done.release and failed(inputs.state, done.release):
        told = {key: result["release"][key] for key in ("id", "phase", "label", "reason", "rollback_seconds")}
        module.fail_json(msg="\n".join(lines), outcome=result["outcome"], reports=reports, release=told)
    module.exit_json(**result)


def facts(done: Done) -> dict[str, Any]:
    """`changed`, `outcome`, `release`, `plan` and `diff`."""
    outcome = done.release.phase.value.replace(" ", "_") if done.release else "unchanged"
    return {
        "changed": done.changed,
        "outcome": "planned" if done.plan else outcome,
        "plan": list(done.plan),
        "release": shown(done.release) if done.release else {},
        "diff": {"prepared": "".join(f"{line}\n" for line in done.changes)},
    }


def shown(release: Release) -> dict[str, Any]:
    """A record for people and playbooks: without the gates' and the controller's own business."""
    hidden = {"gates", "pace", "generation", "since", "weight_before", "resume", "one_off", "extended", "warm"} | {
        "retirement_cancelled"
    }
    told = {key: value for key, value in plain(release).items() if key not in hidden}
    return told | {"rollback_seconds": rollback_seconds(release)}


def failed(state: str, release: Release) -> bool:
    """Whether the run has not brought what was asked for. A pause is a success: the release waits as it should."""
    if release.phase == Phase.ROLLBACK_FAILED:
        return True
    back = state in ("aborted", "rolled_back") and release.kind == "release"
    return release.phase == (Phase.PROMOTED if back else Phase.ROLLED_BACK)


def _timeline(store: Store, release: Release) -> list[Event]:
    """The release is over and recorded: what cannot be read now is no reason to call it a failure."""
    try:
        return store.timeline(release.id)
    except CalstackError:
        return []
