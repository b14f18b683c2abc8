"""An emulated account in this process; its calls are noted, so that check mode can be shown to write nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.loaders
import botocore.session
from moto import mock_aws

LOADER = botocore.loaders.create_loader()
"""Keeps the service models between accounts: parsing EC2's takes longer than most tests."""

READS = ("Describe", "Get", "List", "BatchGet", "Query")


class Account:
    """boto3 clients by service, as the converger takes them; `calls` are the operations called so far."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        core = botocore.session.get_session()
        core.register_component("data_loader", LOADER)
        self._session = boto3.Session(botocore_session=core)
        self._session.events.register("before-call.*.*", self._note)
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service)
        return self._clients[service]

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if not call.startswith(READS)]

    def _note(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)


@contextmanager
def account() -> Iterator[Account]:
    with mock_aws():
        yield Account()
