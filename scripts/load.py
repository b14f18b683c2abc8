"""Users of the local lab while a command runs: load.py [options] URL CA_FILE -- COMMAND …

Asks the page again and again over connections that are kept, and says at the end how many requests failed and how. The
exit code is 0 when COMMAND succeeded and no request failed; with --rolled-back, when COMMAND failed and whatever failed
for users was answered by an image to which `lab fault` has given a fault.

load.py URL CA_FILE without a COMMAND prints how many requests a second this machine answers.
"""

import argparse
import http.client
import math
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

WORKERS = 8
RATE = 600.0
NO_LIMIT = 1e6
MEASURED_SECONDS = 4.0
TIMEOUT = 10.0
MOST_SECONDS_AFTER = 600.0
"""How long it goes on at most after COMMAND, to have asked often enough."""


@dataclass(frozen=True)
class Answer:
    """One request. `at` is when it was over, seconds since the epoch; `status` 0: there was no answer.

    `colour` and `version` as the application says; `fault`: which of the lab's faults answered in its place.
    """

    at: float
    seconds: float
    status: int
    colour: str = ""
    version: str = ""
    fault: str = ""
    words: str = ""

    @property
    def good(self) -> bool:
        return self.status == 200


class Connection(http.client.HTTPSConnection):
    """To a loopback address, for the host `name`: what `curl --resolve` does."""

    def __init__(self, site: SplitResult, name: str, context: ssl.SSLContext) -> None:
        super().__init__(name or site.hostname or "", site.port, timeout=TIMEOUT, context=context)
        self._address = (site.hostname or "", site.port or 443)
        self._secured = context

    def connect(self) -> None:
        plain = socket.create_connection(self._address, TIMEOUT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._secured.wrap_socket(plain, server_hostname=self.host)


class Load:
    """Requests from several threads, together `rate` a second; what was missed because answers were slow is not made
    up for.

    Only loopback addresses may be asked.
    """

    def __init__(self, url: str, ca_file: str, rate: float = RATE, workers: int = WORKERS, name: str = "") -> None:
        self._name = name
        self._site = urlsplit(url)
        if not ip_address(self._site.hostname or "").is_loopback:
            raise ValueError(f"{url} is not on this machine, and load is for the local lab only")
        self._context = ssl.create_default_context(cafile=ca_file)
        self._every = workers / rate
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number / rate,)) for number in range(workers)]
        self.answers: list[Answer] = []

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask no more; back when every request is over."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _work(self, wait: float) -> None:
        connection = Connection(self._site, self._name, self._context)
        due = time.monotonic() + wait
        while not self._over.wait(max(0.0, due - time.monotonic())):
            self.answers.append(self._ask(connection))
            due = max(due + self._every, time.monotonic())
        connection.close()

    def _ask(self, connection: http.client.HTTPSConnection) -> Answer:
        began = time.monotonic()
        try:
            connection.request("GET", self._site.path or "/")
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()  # the next request opens it again
            return Answer(time.time(), time.monotonic() - began, 0, words=f"no answer: {error or type(error).__name__}")
        told = response.headers
        return Answer(
            at=time.time(),
            seconds=time.monotonic() - began,
            status=response.status,
            colour=told.get("X-App-Colour", ""),
            version=told.get("X-App-Version", ""),
            fault=told.get("X-Lab-Fault", ""),
            words="" if response.status == 200 else body[:60].decode(errors="replace").strip(),
        )


@contextmanager
def load(url: str, ca_file: str, rate: float = RATE, workers: int = WORKERS, name: str = "") -> Iterator[Load]:
    """Load until the end of the block."""
    users = Load(url, ca_file, rate, workers, name)
    users.start()
    try:
        yield users
    finally:
        users.stop()


def summary(answers: Sequence[Answer], seconds: float) -> list[str]:
    """What users saw within `seconds`, in lines."""
    if not answers:
        return ["no request was made"]
    failed = [answer for answer in answers if not answer.good]
    by_version = Counter(answer.version for answer in answers if answer.good)
    shares = ", ".join(f"{count:,} by {version or 'unknown'}" for version, count in by_version.most_common())
    times = sorted(answer.seconds * 1000 for answer in answers)
    lines = [
        f"requests   {len(answers):,} in {seconds:.0f} s, {len(answers) / seconds:.0f} a second",
        f"answered   {shares or 'none'}",
        f"latency    p50 {_quantile(times, 0.5):.0f} ms, p99 {_quantile(times, 0.99):.0f} ms, most {times[-1]:.0f} ms",
        f"failed     {len(failed):,} of {len(answers):,}{_per_cent(len(failed), len(answers))}",
    ]
    kinds = Counter(_kind(answer) for answer in failed)
    return lines + [f"           {count:,} x {kind}" for kind, count in kinds.most_common()]


def _kind(answer: Answer) -> str:
    if answer.fault:
        return f"{answer.status} from the faulty version itself ({answer.fault})"
    return f"{answer.status} {answer.words}" if answer.status else answer.words


def _per_cent(part: int, whole: int) -> str:
    """With two digits that say something, however small it is."""
    if not part:
        return ""
    share = 100 * part / whole
    return f", {share:.{max(2, 1 - math.floor(math.log10(share)))}f} %"


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def verdict(answers: Sequence[Answer], code: int, least: int, rolled_back: bool) -> str:
    """What is not as it should be, in words; empty when all is well. `code` is COMMAND's exit code."""
    unexpected = [answer for answer in answers if not answer.good and not (rolled_back and answer.fault)]
    if len(answers) < least:
        return f"only {len(answers):,} requests were made, not {least:,}"
    if unexpected:
        return f"{len(unexpected):,} requests failed that should not have"
    if rolled_back and not code:
        return "the command succeeded, but was meant to fail"
    if code and not rolled_back:
        return f"the command ended with exit code {code}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", metavar="URL")
    parser.add_argument("ca_file", metavar="CA_FILE")
    parser.add_argument("command", metavar="COMMAND", nargs="*")
    parser.add_argument("--name", default="", help="the host to ask for, where URL has its address")
    parser.add_argument("--least", type=int, default=1, help="go on after COMMAND until there were so many requests")
    parser.add_argument("--rate", type=float, default=RATE, help="requests a second (default %(default).0f)")
    parser.add_argument("--workers", type=int, default=WORKERS, help="connections (default %(default)s)")
    parser.add_argument("--rolled-back", action="store_true", help="COMMAND is to fail, because of a faulty image")
    given = parser.parse_args()
    if not given.command:
        print(f"{capacity(given.url, given.ca_file, given.workers, given.name):.0f}")
        return 0
    began = time.monotonic()
    with load(given.url, given.ca_file, given.rate, given.workers, given.name) as users:
        code = _run(given.command)
        meanwhile = len(users.answers)
        end = time.monotonic() + MOST_SECONDS_AFTER
        while not code and len(users.answers) < given.least and time.monotonic() < end:
            time.sleep(0.2)
        after = len(users.answers) - meanwhile
    print("\nWhat users saw")
    for line in summary(users.answers, time.monotonic() - began):
        print(f"  {line}")
    if after:
        print(f"  {after:,} of the requests were made after the command")
    wrong = verdict(users.answers, code, given.least, given.rolled_back)
    if wrong:
        print(f"load: {wrong}", file=sys.stderr)
    return int(bool(wrong))


def capacity(url: str, ca_file: str, workers: int = WORKERS, name: str = "") -> float:
    """Requests a second when each worker asks as soon as it has its answer."""
    with load(url, ca_file, NO_LIMIT, workers, name) as users:
        time.sleep(MEASURED_SECONDS)
    return len(users.answers) / MEASURED_SECONDS


def _run(command: Sequence[str]) -> int:
    """Run it on this terminal; its exit code. Ctrl-C reaches it too: it is left to end by itself."""
    child = subprocess.Popen(command)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue


if __name__ == "__main__":
    sys.exit(main())
