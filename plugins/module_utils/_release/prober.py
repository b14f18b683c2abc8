# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Asks the application once an interval as its users do, and the candidate alone: a release's fastest evidence."""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.client import HTTPException
from itertools import cycle
from threading import Event, Lock, Thread
from types import MappingProxyType

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Route, Sample
from ansible_collections.calstack.aws.plugins.module_utils._release.exchange import get, site, why
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import Path, Probes
from ansible_collections.calstack.aws.plugins.module_utils._release.probe import fault, next_turn

ROUTES: tuple[Route, ...] = ("candidate", "production")

KEPT = 10_000
"""Samples in memory, of both routes: more than an hour at one a second. A bake judges its newest ones."""

HEADERS = {
    "User-Agent": "calstack-release-probe",
    "Accept": "*/*",
    "Accept-Encoding": "identity",  # the body is searched as it comes
    "Cache-Control": "no-cache",  # a cache's answer says nothing of the task behind it
}

NOTHING: Mapping[str, str] = MappingProxyType({})


class Prober:
    """Probes both routes in threads between `start` and `stop`. No cookies: each request is weighed anew.

    `header`, a name and a value, makes the test rule send a request to the candidate: see `probe.cohort_header`.
    `origin` are headers that the edge would add, for probes that ask the balancer itself; they are secret.
    `clock` gives the samples' times, seconds since the epoch.

    Raises InputError when the authorities' certificates cannot be read.
    """

    def __init__(
        self,
        probes: Probes,
        header: tuple[str, str],
        clock: Callable[[], float] = time.time,
        origin: Mapping[str, str] = NOTHING,
    ) -> None:
        self._probes = probes
        self._site = site(probes.url, probes.address)
        self._headers: Mapping[Route, Mapping[str, str]] = {
            "candidate": {**HEADERS, **origin, header[0]: header[1]},
            "production": {**HEADERS, **origin},
        }
        self._clock = clock
        self._context = _trust(probes.ca_file) if self._site.tls else None
        self._samples: deque[Sample] = deque(maxlen=KEPT)
        self._lock = Lock()
        self._stopped = Event()
        self._stopped.set()

    def start(self) -> None:
        """Begin; nothing when it has begun."""
        if not self._stopped.is_set():
            return
        self._stopped = Event()  # a thread of an earlier start may still wait for an answer: its own event stays set
        for route in ROUTES:
            # A daemon: an answer that is still awaited must not keep the controller from going home.
            Thread(target=self._probe, args=(route, self._stopped), name=f"probe {route}", daemon=True).start()

    def stop(self) -> None:
        """End at once; what is still on its way is not recorded."""
        self._stopped.set()

    def samples(self, since: float = 0.0) -> tuple[Sample, ...]:
        """Those asked at `since` (seconds since the epoch) or later, in the order in which they were asked."""
        with self._lock:
            found = [sample for sample in self._samples if sample.at >= since]
        return tuple(sorted(found, key=lambda sample: sample.at))

    def ask(self, route: Route, path: Path) -> Sample:
        """Ask once, at most for the time-out; not recorded. Whatever goes wrong is in the sample's words."""
        at, began = self._clock(), time.monotonic()
        try:
            answer = get(self._site, path.path, self._headers[route], self._probes.timeout, self._context)
        except (OSError, HTTPException, ValueError) as error:
            words = why(error, self._site, self._probes.timeout)
            return Sample(at, route, path.path, ok=False, status=None, seconds=time.monotonic() - began, words=words)
        # Users' own way leads to both versions: what only the new one has is asked of the candidate.
        words = fault(path if route == "candidate" else replace(path, body="", headers={}), answer)
        return Sample(at, route, path.path, not words, answer.status, answer.seconds, words)

    def _probe(self, route: Route, stopped: Event) -> None:
        began = time.monotonic()
        for path in cycle(self._probes.paths):
            sample = self.ask(route, path)
            with self._lock:
                if stopped.is_set():
                    return
                self._samples.append(sample)
            now = time.monotonic()
            if stopped.wait(next_turn(began, self._probes.interval, now) - now):
                return


def _trust(ca_file: str) -> ssl.SSLContext:
    """The certificates are read once: that takes longer than a request. `ca_file` empty: the system's."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise InputError(
            f"release_gates.probes.ca_file: the certificates in {ca_file} cannot be read: {error.strerror or error}. "
            f"It must be a file of PEM certificates on the machine that runs the release."
        ) from error
