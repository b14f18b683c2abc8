# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Is the service running what it was told to run? Pure.

The `services_stable` waiter does not know: it also passes after a rollback to the old version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._ecs.revision import family_of, number_of

STEADY = "steady"
FAILED = "given up by ECS's deployment circuit breaker"

EVENTS_SHOWN = 3
REASONS_SHOWN = 3


def primary(service: Mapping[str, Any]) -> Mapping[str, Any]:
    """The deployment the service is going to, or has come to."""
    return next((item for item in service.get("deployments", ()) if item["status"] == "PRIMARY"), {})


def progress(service: Mapping[str, Any], task_definition: str) -> str:
    """STEADY, FAILED, or words for what is still missing until `task_definition` (an ARN) runs as desired."""
    deployment = primary(service)
    arn = deployment.get("taskDefinition", "")
    if arn != task_definition:
        return f"its deployment is of {_short(arn)} instead of {_short(task_definition)}"
    state = deployment.get("rolloutState", "COMPLETED")
    if state == "FAILED":
        return FAILED
    running, desired = service["runningCount"], service["desiredCount"]
    if state == "COMPLETED" and running == desired:
        return STEADY
    failed = deployment.get("failedTasks", 0)
    return f"{running} of {desired} tasks running, {failed} failed, rollout {state}"


def evidence(service: Mapping[str, Any], stopped: Iterable[Mapping[str, Any]]) -> str:
    """The last that ECS had to say: why the deployment's tasks stopped, and the events since then. Empty if nothing."""
    deployment = primary(service)
    ours = (task for task in stopped if task.get("startedBy") == deployment.get("id"))
    reasons = list(dict.fromkeys(reason for task in ours if (reason := stop_reason(task))))[:REASONS_SHOWN]
    since = deployment.get("createdAt")
    # An earlier deployment's failure must not explain this one's.
    told = (event for event in service.get("events", ()) if not since or event.get("createdAt", since) >= since)
    events = [event["message"].rstrip(".") for event in told][:EVENTS_SHOWN]
    parts = [f" Tasks stopped because: {'; '.join(reasons)}." if reasons else ""]
    parts += [f" Last events: {'; '.join(events)}." if events else ""]
    return "".join(parts)


def stop_reason(task: Mapping[str, Any]) -> str:
    """Why a described task stopped, with its containers' own reasons and exit codes; empty if ECS does not say."""
    containers = [
        f"container {item['name']}: {words}"
        for item in task.get("containers", ())
        if (words := _container_reason(item))
    ]
    return ", ".join([task.get("stoppedReason", "").rstrip("."), *containers]).strip(", ")


def _container_reason(container: Mapping[str, Any]) -> str:
    code = container.get("exitCode")
    exit_words = "" if code is None else f"exit code {code}"
    return " ".join(words for words in (container.get("reason", ""), exit_words) if words)


def _short(arn: str) -> str:
    return f"{family_of(arn)}:{number_of(arn)}" if ":" in arn else "nothing"
