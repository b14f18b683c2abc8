"""The edge as a part of the lab: looks at the emulator, tells Envoy and the name server, which idle until needed."""

import time
from collections.abc import Callable
from typing import Any

from lab import ca
from lab.aws import backends
from lab.balancer.envoy import Envoy
from lab.balancer.model import Certificate
from lab.ca import LocalCa
from lab.edge import snapshot
from lab.edge.model import Snapshot
from lab.edge.nameserver import NameServer
from lab.edge.xds import listener_names, render
from lab.edge.zones import Zones
from lab.settings import Settings

STEADY = 1.0
MOVING = 0.1
LISTENER_GRACE = 5.0
"""Seconds in which Envoy takes a listener up."""


class EdgePart:
    name = "edge"

    def __init__(self, settings: Settings, authority: LocalCa, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._authority = authority
        self._clock = clock
        self._envoy = Envoy(settings, name="edge")
        self._names = NameServer(*settings.dns_address)
        self._running = False
        self._snapshot = Snapshot()
        self._zones = Zones()
        self._own: dict[str, Certificate] = {}
        self._written = 0.0
        self._missing: frozenset[str] = frozenset()

    def start(self) -> None:
        self._names.start()

    def tick(self) -> float:
        with backends.LOCK:
            zones = snapshot.resolver(self._settings)
            now = snapshot.read(self._settings, zones, self._certificate, self._clock())
            moving = snapshot.is_moving(self._settings, self._clock())
        self._zones = self._names.zones = zones
        self._follow(now)
        return MOVING if moving or self._missing else STEADY

    def _certificate(self, name: str, address: str) -> Certificate:
        """The one that CloudFront has for its own names; the lab's is good for the address, too."""
        if name not in self._own:
            issued = self._authority.issue([name, address])
            self._own[name] = Certificate(name, (issued.certificate + issued.chain).decode(), issued.key.decode())
        return self._own[name]

    def _follow(self, now: Snapshot) -> None:
        """Start Envoy with the first distribution, stop it with the last, tell it what has changed."""
        changed, self._snapshot = now != self._snapshot, now
        if not now.distributions:
            if self._running:
                self._envoy.stop()
                self._running = False
            self._missing = frozenset()
            return
        if changed or not self._running:
            files = render(
                now, self._envoy.directory, ca.certificate_file(self._settings), self._settings.listener_port
            )
            if not self._running:
                self._envoy.start(files)
                self._running, self._written = True, time.monotonic()
            elif self._envoy.write(files):
                self._written = time.monotonic()
        self._check_listeners()

    def _check_listeners(self) -> None:
        if time.monotonic() - self._written > LISTENER_GRACE and not self._missing:
            return
        there = self._envoy.listeners()
        if there is not None:
            self._missing = listener_names(self._snapshot) - there

    def trouble(self) -> str | None:
        if not self._running:
            return None
        if (code := self._envoy.died()) is not None:
            return f"Envoy ended with code {code}: see {self._envoy.log}"
        if self._missing and time.monotonic() - self._written > LISTENER_GRACE:
            return f"Envoy refused the listeners {', '.join(sorted(self._missing))}: see {self._envoy.log}"
        if complaint := self._envoy.complaint():
            return f"Envoy keeps its last configuration: {complaint}"
        return None

    def report(self) -> dict[str, Any]:
        """For `lab status`: the distributions, and the zones with their name server."""
        host, port = self._settings.dns_address
        with backends.LOCK:
            shown = snapshot.overview(self._settings, self._clock())
        return {**shown, "name_server": f"{host}:{port}"}

    def stop(self) -> None:
        self._names.stop()
        if self._running:
            self._envoy.stop()
            self._running = False
