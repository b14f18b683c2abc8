"""Requests to the lab's own balancer while something else happens, and which of them failed."""

import asyncio
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

WORKERS = 8
PAUSE = 0.02
MOST_REQUESTS = 40_000
MOST_SECONDS = 180.0


class Traffic:
    """`failures` holds a line for each request that was not answered with 200."""

    def __init__(self, url: str, ca_file: str) -> None:
        assert ip_address(urlsplit(url).hostname or "").is_loopback
        self._url = url
        self._context = ssl.create_default_context(cafile=ca_file)
        self._left = MOST_REQUESTS
        self._end = time.monotonic() + MOST_SECONDS
        self.answered = 0
        self.failures: list[str] = []
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    @property
    def running(self) -> bool:
        """False once it has used up its requests or its time, or was stopped."""
        return self._left > 0 and time.monotonic() < self._end

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask no more; back when every request is answered."""
        self._left = 0
        self._thread.join()

    async def _run(self) -> None:
        async with httpx.AsyncClient(verify=self._context, timeout=10, trust_env=False) as client:
            await asyncio.gather(*(self._work(client) for _ in range(WORKERS)))

    async def _work(self, client: httpx.AsyncClient) -> None:
        while self.running:
            self._left -= 1
            try:
                answer = await client.get(self._url)
            except httpx.HTTPError as error:
                self.failures.append(repr(error))
            else:
                if answer.status_code == 200:
                    self.answered += 1
                else:
                    self.failures.append(f"{answer.status_code} {answer.text[:80]}")
            await asyncio.sleep(PAUSE)


@contextmanager
def traffic(url: str, ca_file: str) -> Iterator[Traffic]:
    """Requests in the background until the end of the block, at most MOST_REQUESTS and for MOST_SECONDS."""
    load = Traffic(url, ca_file)
    load.start()
    try:
        yield load
    finally:
        load.stop()
