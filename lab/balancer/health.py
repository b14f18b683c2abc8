"""What Envoy says about targets, and what DescribeTargetHealth makes of it (pure).

States, reasons and words are those of
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from lab.balancer.model import HealthCheck

REGISTRATION_GRACE = 2.0
"""Seconds in which Envoy takes a new target up; after that nobody answers for it."""
QUIET = 0.2
"""Seconds without a request in flight after which a draining target is let go."""


@dataclass(frozen=True)
class TargetState:
    state: str
    """initial, healthy, unhealthy, draining, unused or unavailable."""
    reason: str | None = None
    description: str | None = None


HEALTHY = TargetState("healthy")
REGISTERING = TargetState("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
INITIAL = TargetState("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
TIMED_OUT = TargetState("unhealthy", "Target.Timeout", "Request timed out")
FAILED = TargetState("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
DRAINING = TargetState("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
NOT_REGISTERED = TargetState("unused", "Target.NotRegistered", "Target is not registered to the target group")
NOT_IN_USE = TargetState(
    "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
)
UNCHECKED = TargetState("unavailable", "Target.HealthCheckDisabled", "Health checks are disabled for this target group")


@dataclass(frozen=True)
class Observation:
    """An endpoint as Envoy's admin interface shows it."""

    failed: bool = False
    pending: bool = False
    timed_out: bool = False
    draining: bool = False
    in_flight: int = 0


@dataclass(frozen=True)
class Record:
    """What is remembered of a target; times are monotonic seconds."""

    registered: float
    deadline: float | None = None
    """When draining ends at the latest; None while it is registered."""
    quiet_since: float | None = None
    was_healthy: bool = False
    code: int | None = None
    """The status that failed its health check, where it is known."""


def observations(clusters: dict[str, Any]) -> Iterator[tuple[tuple[str, str, int], Observation]]:
    """From Envoy's `/clusters?format=json`: (cluster, address, port) and what is to be seen there.

    The format is envoy.admin.v3.Clusters; flags that are false and counters that are 0 are left out of it.
    """
    for cluster in clusters.get("cluster_statuses", ()):
        for host in cluster.get("host_statuses", ()):
            address = host["address"]["socket_address"]
            health = host.get("health_status", {})
            counters = {stat["name"]: int(stat.get("value", 0)) for stat in host.get("stats", ())}
            yield (
                (cluster["name"], address["address"], int(address["port_value"])),
                Observation(
                    failed=health.get("failed_active_health_check", False),
                    pending=health.get("pending_active_hc", False),
                    timed_out=health.get("active_hc_timeout", False),
                    draining=health.get("eds_health_status") == "DRAINING",
                    in_flight=counters.get("rq_active", 0) + counters.get("rq_pending_active", 0),
                ),
            )


def watch(record: Record, seen: Observation | None, now: float) -> Record | None:
    """The record after a look at Envoy (`seen` is None when it has no such endpoint); None when it has drained.

    AWS keeps a target draining for the whole deregistration delay. Here it ends as soon as nothing is in flight:
    the same promise to requests, and releases need not wait for an idle target.
    """
    if record.deadline is None:
        healthy = seen is not None and not seen.failed and not seen.pending
        return replace(record, was_healthy=True, code=None) if healthy else record
    quiet = seen is None or (seen.draining and not seen.in_flight)
    since = (record.quiet_since if record.quiet_since is not None else now) if quiet else None
    if now >= record.deadline or (since is not None and now - since >= QUIET):
        return None
    return replace(record, quiet_since=since)


def judge(
    record: Record | None, seen: Observation | None, check: HealthCheck | None, used: bool, now: float
) -> TargetState:
    """What DescribeTargetHealth says of a target; `used` is whether a listener or a rule names its group."""
    if record is None:
        return NOT_REGISTERED
    if record.deadline is not None:
        return DRAINING
    if not used:
        return NOT_IN_USE
    if check is None:
        return UNCHECKED
    age = now - record.registered
    if seen is None:
        return REGISTERING if age < REGISTRATION_GRACE else TIMED_OUT
    if not seen.failed and not seen.pending:
        return HEALTHY
    if seen.pending or (not record.was_healthy and age < patience(check, seen.timed_out)):
        return INITIAL
    return _unhealthy(record, seen)


def _unhealthy(record: Record, seen: Observation) -> TargetState:
    if seen.timed_out:
        return TIMED_OUT
    if record.code is not None:
        words = f"Health checks failed with these codes: [{record.code}]"
        return TargetState("unhealthy", "Target.ResponseCodeMismatch", words)
    return FAILED


def patience(check: HealthCheck, timed_out: bool) -> float:
    """Seconds that the first `unhealthy_threshold` checks take: as long a new target is not called unhealthy."""
    return check.interval * (check.unhealthy_threshold - 1) + (
        check.timeout * check.unhealthy_threshold if timed_out else 0.5
    )
