# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The gates at work: asks, counts and measures side by side with the controller, and judges what it has found."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Evidence, Sample, Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import Gates
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.health import short_since
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.judge import judge
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.metrics import Metrics
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release
from ansible_collections.calstack.aws.plugins.module_utils._release.prober import Prober
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World

ASKED_EVERY = 5.0
"""Seconds between two looks at CloudWatch: its periods are a minute long, its calls cost money."""


JUDGED = frozenset({Phase.SMOKE, Phase.SHIFT, Phase.ANALYSE, Phase.BAKE})


@dataclass(frozen=True)
class Scene:
    """What the metrics are asked about."""

    release: Release
    world: World
    at: float


class Inspector:
    """The controller's judge. `prober` is None where the probes are off."""

    def __init__(self, gates: Gates, prober: Prober | None, metrics: Metrics) -> None:
        self._gates, self._prober, self._metrics = gates, prober, metrics
        self._scene: Scene | None = None
        self._measured = Evidence(since=0.0)
        self._short_since = 0.0
        self._changed = threading.Event()
        self._stopped = threading.Event()

    def watch(self, release: Release) -> None:
        self._stopped.clear()
        # A daemon: a slow answer of CloudWatch must not keep the controller from going home.
        threading.Thread(target=self._measure, name="metrics", daemon=True).start()

    def rest(self) -> None:
        self._stopped.set()
        self._changed.set()
        if self._prober:
            self._prober.stop()

    def verdicts(self, release: Release, world: World, now: float) -> Sequence[Verdict]:
        if self._prober:
            # Before, the candidate has no task; afterwards the test rule leads to another colour.
            (self._prober.start if release.phase in JUDGED else self._prober.stop)()
        if release.phase not in JUDGED:
            return ()
        self._short_since = short_since(self._short_since, release, world, now)
        if release.phase != Phase.SMOKE:
            self._scene = Scene(release, world, now)
            self._changed.set()
        return judge(self._gates, self._evidence(release), release, world, now)

    def samples(self, since: float) -> tuple[Sample, ...]:
        """For the report: the probes' answers from `since` on."""
        return self._prober.samples(since) if self._prober else ()

    def _evidence(self, release: Release) -> Evidence:
        measured = self._measured if self._measured.since == release.since else Evidence(release.since)
        return replace(measured, samples=self.samples(release.since), short_since=self._short_since)

    def _measure(self) -> None:
        """Ask at once when a bake begins, then from time to time."""
        while self._changed.wait() and not self._stopped.is_set():
            self._changed.clear()
            if scene := self._scene:
                self._measured = self._metrics.evidence(self._gates, scene.release, scene.world, scene.at)
                self._stopped.wait(min(ASKED_EVERY, self._gates.period / 2))
