"""An emulated table of releases whose client can fail on purpose, and times that pass when told."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier, RLock
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._release.holder import Holder
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release, Step
from ansible_collections.calstack.aws.plugins.module_utils._release.store import Store
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from emulator import account

TABLE = "calstack-dev-releases"
CALLS = ("get_item", "query", "put_item", "update_item", "transact_write_items")


class Client:
    """One call at a time: moto's conditional writes are not atomic between threads.

    `faults` are what happens to the next calls that write, in order: "repeated" (the answer is lost, and botocore asks
    again), "lost" (done, and then no answer), "down" (not done), an exception, or what somebody else does just before.
    `meeting` is where threads wait for each other after they have read.
    """

    def __init__(self, real: Any) -> None:
        self._real = real
        self._one = RLock()
        self.faults: list[Any] = []
        self.down = False
        self.meeting: Barrier | None = None
        self.calls: list[str] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            with self._one:
                answer = self._call(operation, request)
            if self.meeting and operation == "get_item":
                self.meeting.wait(10)
            return answer

        return call

    def _call(self, operation: str, request: dict[str, Any]) -> Any:
        assert operation in CALLS
        self.calls.append(operation)
        fault = self.faults.pop(0) if self.faults and operation not in ("get_item", "query") else None
        if self.down or fault == "down":
            raise EndpointConnectionError(endpoint_url="https://dynamodb.eu-west-1.amazonaws.com")
        if isinstance(fault, Exception):
            raise fault
        if callable(fault):
            fault()
        answer = getattr(self._real, operation)(**request)
        if fault == "lost":
            raise ReadTimeoutError(endpoint_url="https://dynamodb.eu-west-1.amazonaws.com")
        if fault == "repeated":
            return getattr(self._real, operation)(**request)
        return answer


@contextmanager
def table() -> Iterator[Client]:
    with account() as aws:
        aws("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield Client(aws("dynamodb"))


class Time:
    """Seconds that pass only in `sleep`; `meanwhile` is done once a time has come."""

    def __init__(self, now: float = 1_795_000_000.0) -> None:
        self.now = now
        self.slept = 0.0
        self.meanwhile: list[tuple[float, Any]] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds
        for due in [each for each in self.meanwhile if each[0] <= self.slept]:
            self.meanwhile.remove(due)
            due[1]()


def store(client: Client) -> Store:
    return Store(client, TABLE, sleep=lambda _: None)


def holder(name: str = "ada", pid: int = 7) -> Holder:
    return Holder(f"arn:aws:iam::123456789012:user/{name}", f"{name}s-laptop", pid)


def a_release(ident: str = "20261122-141838", **given: Any) -> Release:
    told: dict[str, Any] = {
        "kind": "release",
        "stack": "calstack-dev",
        "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack-dev@sha256:" + 64 * "a",
        "label": "1.2.3",
        "stable": "blue",
        "candidate": "green",
        "stable_image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack-dev@sha256:" + 64 * "b",
        "stable_task_definition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/calstack-dev-blue:3",
        "base_task_definition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/calstack-dev-blue:3",
        "steps": (Step(10, 60.0), Step(100)),
        "gates": {"alarms": ["errors"], "latency": None},
    }
    return Release(id=ident, **told | given)
