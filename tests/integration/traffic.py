"""A bounded number of requests to the lab's own balancer, and which of them failed."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

WORKERS = 8
PAUSE = 0.03


class Traffic:
    """`failures` holds a line for each request that was not answered with 200."""

    def __init__(self, url: str, ca_file: str, requests: int) -> None:
        assert ip_address(urlsplit(url).hostname or "").is_loopback
        self._url = url
        self._context = ssl.create_default_context(cafile=ca_file)
        self._left = requests
        self.answered = 0
        self.failures: list[str] = []
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def start(self) -> None:
        self._thread.start()

    def wait(self) -> None:
        self._thread.join()

    def stop(self) -> None:
        self._left = 0
        self.wait()

    async def _run(self) -> None:
        async with httpx.AsyncClient(verify=self._context, timeout=10) as client:
            await asyncio.gather(*(self._work(client) for _ in range(WORKERS)))

    async def _work(self, client: httpx.AsyncClient) -> None:
        while self._left > 0:
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
def traffic(url: str, ca_file: str, requests: int) -> Iterator[Traffic]:
    """Start `requests` requests in the background; what is left of them is dropped at the end."""
    load = Traffic(url, ca_file, requests)
    load.start()
    try:
        yield load
    finally:
        load.stop()
