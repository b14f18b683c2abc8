# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Gathering what a report says, and writing it: at the end of a run, or later from the record."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import service_name
from ansible_collections.calstack.aws.plugins.module_utils._release.api import Look
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Sample
from ansible_collections.calstack.aws.plugins.module_utils._release.gates import config
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.metrics import Metrics
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release
from ansible_collections.calstack.aws.plugins.module_utils._release.report.data import ReportInput, build
from ansible_collections.calstack.aws.plugins.module_utils._release.report.files import write
from ansible_collections.calstack.aws.plugins.module_utils._release.revision_change import changes, derive
from ansible_collections.calstack.aws.plugins.module_utils._release.store import Store


def revision_changes(look: Look, release: Release) -> list[str]:
    """What differs between stable's task definition and the candidate's, a line each. Raises CalstackError."""
    base = look.revision(release.base_task_definition)
    after = derive(base, service_name(release.stack, release.candidate), release.candidate, release.image)
    return changes(look.revision(release.stable_task_definition), after)


def write_report(
    clients: Clients,
    look: Look,
    store: Store,
    release: Release,
    directory: str,
    environment: str,
    tell: Callable[[str], None],
    probes: Sequence[Sample] = (),
) -> dict[str, str]:
    """The paths of the page and of the JSON. What cannot be had or written is told, and ends nothing."""
    end = release.ended_at or time.time()
    try:
        metrics = Metrics(clients, config.parse(release.gates).period, look.places.balancer)
        series, trouble = metrics.series(release.started_at, end, look.world())
        if trouble:
            tell(f"the report of {release.id} lacks CloudWatch's figures: {trouble}")
        given = ReportInput(
            release=release,
            timeline=store.timeline(release.id),
            series=series,
            probes=probes,
            changes=revision_changes(look, release),
            inventory=f"inventories/{environment}",
        )
        page, data = write(os.path.normpath(directory), build(given))
    except CalstackError as error:
        tell(f"the report of {release.id} could not be written: {error}")
        return {}
    return {"html": page, "json": data}
