"""Finds out with which status a target fails its health check: Envoy does not tell."""

import queue
import ssl
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from lab.balancer.book import Target
from lab.balancer.model import HealthCheck

Ask = Callable[[Target, HealthCheck], int | None]


def ask(target: Target, check: HealthCheck) -> int | None:
    """The status with which the check is answered, None without an answer."""
    where = (target.address, check.port or target.port)
    if check.protocol == "HTTPS":
        connection: HTTPConnection = HTTPSConnection(*where, timeout=check.timeout, context=trusting())
    else:
        connection = HTTPConnection(*where, timeout=check.timeout)
    try:
        connection.request("GET", check.path, headers={"User-Agent": "ELB-HealthChecker/2.0"})
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def trusting() -> ssl.SSLContext:
    """A balancer does not look at its targets' certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Prober:
    """Asks each failing target once an interval, in a thread of its own: a slow target must hold nobody up."""

    def __init__(self, ask: Ask = ask, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._asked: dict[Target, float] = {}
        self._answers: queue.SimpleQueue[tuple[Target, int | None]] = queue.SimpleQueue()

    def look_at(self, target: Target, check: HealthCheck) -> None:
        """Ask the target, unless it was asked less than an interval ago."""
        now = self._clock()
        if now - self._asked.get(target, -float("inf")) < check.interval:
            return
        self._asked[target] = now

        def run() -> None:
            code = self._ask(target, check)
            passes = code is not None and any(low <= code <= high for low, high in check.matcher)
            self._answers.put((target, None if passes else code))

        threading.Thread(target=run, name="health-probe", daemon=True).start()

    def answers(self) -> list[tuple[Target, int | None]]:
        """What has come since the last call: targets and the codes with which they fail."""
        found = []
        while not self._answers.empty():
            found.append(self._answers.get())
        return found

    def keep(self, failing: set[Target]) -> None:
        """Forget the others: when they fail again, they are asked at once."""
        self._asked = {target: since for target, since in self._asked.items() if target in failing}
