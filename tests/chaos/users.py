"""People who use the application while something happens to it; each answer is kept."""

import asyncio
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

WORKERS, MANY = 4, 12
INTERVAL = 0.1
"""Seconds. Together 40 requests a second: enough to count, and little enough for two cores that run the stack, too."""
MOST_SECONDS = 300.0


@dataclass(frozen=True)
class Answer:
    """`status` 0: there was none. `colour` and `version` as the application says."""

    at: float
    seconds: float
    status: int
    colour: str = ""
    version: str = ""
    words: str = ""

    @property
    def good(self) -> bool:
        return self.status == 200


class Users:
    def __init__(self, url: str, ca_file: str, workers: int = WORKERS, interval: float = INTERVAL) -> None:
        assert ip_address(urlsplit(url).hostname or "").is_loopback
        self._url, self._workers, self._interval = url, workers, interval
        self._context = ssl.create_default_context(cafile=ca_file)
        self._end = time.monotonic() + MOST_SECONDS
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.answers: list[Answer] = []

    @property
    def failed(self) -> list[Answer]:
        return [answer for answer in self.answers if not answer.good]

    def of(self, colour: str) -> list[Answer]:
        return [answer for answer in self.answers if answer.colour == colour]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask no more; back when every request is answered."""
        self._end = 0.0
        self._thread.join()

    async def _run(self) -> None:
        async with httpx.AsyncClient(verify=self._context, timeout=15, trust_env=False) as client:
            await asyncio.gather(*(self._use(client) for _ in range(self._workers)))

    async def _use(self, client: httpx.AsyncClient) -> None:
        while time.monotonic() < self._end:
            at, began = time.time(), time.monotonic()
            try:
                answer = await client.get(self._url)
            except httpx.HTTPError as error:
                self.answers.append(Answer(at, time.monotonic() - began, 0, words=repr(error)))
            else:
                told = answer.headers
                self.answers.append(
                    Answer(
                        at,
                        time.monotonic() - began,
                        answer.status_code,
                        told.get("X-App-Colour", ""),
                        told.get("X-App-Version", ""),
                        "" if answer.status_code == 200 else answer.text[:80].strip(),
                    )
                )
            await asyncio.sleep(self._interval - (time.monotonic() - began))


@contextmanager
def users(url: str, ca_file: str, workers: int = WORKERS, interval: float = INTERVAL) -> Iterator[Users]:
    """Requests in the background until the end of the block."""
    crowd = Users(url, ca_file, workers, interval)
    crowd.start()
    try:
        yield crowd
    finally:
        crowd.stop()


def by_words(failed: Sequence[Answer]) -> dict[str, int]:
    """How many requests failed in which way."""
    counted: dict[str, int] = {}
    for answer in failed:
        words = f"{answer.status} {answer.words}"
        counted[words] = counted.get(words, 0) + 1
    return counted
