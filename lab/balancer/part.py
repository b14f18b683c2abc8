"""The balancer as a part of the lab: looks at the emulator, tells Envoy, looks at Envoy, tells the emulator."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from lab.aws import acm, backends, cloudwatch
from lab.balancer.book import Target, TargetBook, book_of
from lab.balancer.envoy import Envoy
from lab.balancer.health import FAILED, Observation, TargetState, judge, observations
from lab.balancer.metrics import Feed, Hosts
from lab.balancer.model import Snapshot
from lab.balancer.probe import Prober
from lab.balancer.snapshot import read
from lab.balancer.xds import Rendered, render
from lab.ca import LocalCa, names
from lab.settings import Settings

STEADY = 1.0
MOVING = 0.1
LINGER = 2.0
"""Seconds that a target group keeps its cluster after the last rule has let it go: requests in flight end in it."""
LISTENER_GRACE = 5.0
"""Seconds in which Envoy takes a listener up."""


class BalancerPart:
    name = "balancer"

    def __init__(
        self, settings: Settings, authority: LocalCa | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._envoy = Envoy(settings)
        self._prober = Prober()
        self._ca = authority
        self._feed: Feed | None = None
        self._snapshot = Snapshot()
        self._last_used: dict[str, float] = {}
        self._lingering: frozenset[str] = frozenset()
        self._rendered = Rendered({}, frozenset())
        self._written = 0.0
        self._missing: frozenset[str] = frozenset()
        self._states: dict[Target, TargetState] = {}

    def start(self) -> None:
        self._ca = self._ca or LocalCa(self._settings)
        acm.issue_with(self._ca.issue)
        issued = self._ca.issue(names(self._settings))
        with backends.LOCK:
            tags = [{"Key": "Name", "Value": "calstack-lab"}]
            manager = backends.acm(self._settings)
            manager.import_certificate(issued.certificate, issued.key, issued.chain, None, tags)
            self._feed = Feed(cloudwatch.samples_of(backends.cloudwatch(self._settings)), self._settings.metrics_delay)
        self._rendered = self._render(frozenset())
        self._envoy.start(self._rendered.files)

    def tick(self) -> float:
        if self._envoy.died() is not None:
            return STEADY
        now = self._clock()
        clusters = self._envoy.clusters()
        with backends.LOCK:
            book = book_of(backends.elbv2(self._settings))
            book.observe(None if clusters is None else self._targets(dict(observations(clusters))))
            for target, code in self._prober.answers():
                book.note_code(target, code)
            snapshot = read(self._settings)
            self._states = judge_all(book, snapshot, now)
            moving = is_moving(book, self._states)
        self._follow(snapshot, now)
        self._look_into_failures(snapshot)
        self._report_metrics(snapshot)
        self._check_listeners(now)
        return MOVING if moving or self._missing else STEADY

    def _targets(self, seen: Mapping[tuple[str, str, int], Observation]) -> dict[Target, Observation]:
        arns = {group.cluster: group.arn for group in self._snapshot.groups}
        # A group that is deleted has no ARN any more; its cluster's name stands for it until Envoy has let it go.
        return {
            Target(arns.get(cluster, cluster), address, port): observation
            for (cluster, address, port), observation in seen.items()
        }

    def _follow(self, snapshot: Snapshot, now: float) -> None:
        """Write what has changed."""
        self._last_used |= dict.fromkeys(snapshot.used(), now)
        lingering = frozenset(arn for arn, since in self._last_used.items() if now - since < LINGER)
        self._last_used = {arn: since for arn, since in self._last_used.items() if arn in lingering}
        if snapshot == self._snapshot and lingering == self._lingering:
            return
        self._snapshot, self._lingering = snapshot, lingering
        self._rendered = self._render(lingering)
        if self._envoy.write(self._rendered.files):
            self._written = now

    def _render(self, lingering: frozenset[str]) -> Rendered:
        return render(self._snapshot, self._envoy.directory, self._settings.listener_port, lingering)

    def _look_into_failures(self, snapshot: Snapshot) -> None:
        checks = {group.arn: group.health_check for group in snapshot.groups}
        failing = {target for target, state in self._states.items() if state.reason in LOOKED_INTO}
        for target in failing:
            if check := checks.get(target.group_arn):
                self._prober.look_at(target, check)
        self._prober.keep(failing)

    def _report_metrics(self, snapshot: Snapshot) -> None:
        if self._feed is None:
            return
        now = time.time()
        balancers = {balancer.arn: balancer.dimension for balancer in snapshot.balancers}
        used = snapshot.used()
        self._feed.requests(
            self._envoy.access_log(), {group.cluster: group.dimension for group in snapshot.groups}, now
        )
        for group in snapshot.groups:
            states = [state.state for target, state in self._states.items() if target.group_arn == group.arn]
            if group.arn in used and states:
                hosts = Hosts(states.count("healthy"), states.count("unhealthy"))
                self._feed.hosts(balancers[used[group.arn]], group.dimension, hosts, now)
        with backends.LOCK:
            self._feed.publish(now)

    def _check_listeners(self, now: float) -> None:
        """After a change: which listeners does Envoy lack?"""
        if now - self._written > LISTENER_GRACE and not self._missing:
            return
        there = self._envoy.listeners()
        if there is not None:
            self._missing = self._rendered.listeners - there

    def trouble(self) -> str | None:
        if (code := self._envoy.died()) is not None:
            return f"Envoy ended with code {code}: see {self._envoy.log}"
        troubles = list(self._rendered.troubles)
        if self._missing and self._clock() - self._written > LISTENER_GRACE:
            troubles.append(f"Envoy refused the listeners {', '.join(sorted(self._missing))}: see {self._envoy.log}")
        if complaint := self._envoy.complaint():
            troubles.append(f"Envoy keeps its last configuration: {complaint}")
        return "; ".join(troubles) or None

    def report(self) -> dict[str, Any]:
        """For `lab status`: where the balancers listen."""
        return {
            "balancers": [
                {
                    "name": balancer.dimension.split("/")[1],
                    "address": balancer.address,
                    "ports": [self._settings.listener_port(listener.port) for listener in balancer.listeners],
                }
                for balancer in self._snapshot.balancers
            ],
        }

    def stop(self) -> None:
        self._envoy.stop()
        acm.issue_with(None)
        if self._ca:
            self._ca.remove()


LOOKED_INTO = frozenset({FAILED.reason, "Target.ResponseCodeMismatch"})


def judge_all(book: TargetBook, snapshot: Snapshot, now: float) -> dict[Target, TargetState]:
    checks = {group.arn: group.health_check for group in snapshot.groups}
    used = snapshot.used()
    return {
        target: judge(record, book.seen(target), checks.get(target.group_arn), target.group_arn in used, now)
        for target, record in book.records().items()
    }


def is_moving(book: TargetBook, states: Mapping[Target, TargetState]) -> bool:
    """Something is under way that the next look at Envoy may end."""
    return book.unsettled() or any(state.state in ("initial", "draining") for state in states.values())
