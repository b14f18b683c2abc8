"""The targets of all target groups: registered, draining, gone.

The emulator's RegisterTargets, DeregisterTargets and DescribeTargetHealth (mended in `lab.aws.elbv2`), the
balancer and the ECS scheduler all use the one book, which lives on moto's ELBv2 backend.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lab.balancer.health import Observation, Record, watch
from lab.balancer.model import Endpoint

if TYPE_CHECKING:
    from moto.elbv2.models import ELBv2Backend

Clock = Callable[[], float]


@dataclass(frozen=True, order=True)
class Target:
    group_arn: str
    address: str
    port: int


class TargetBook:
    """Touch it under the emulator's lock only."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._records: dict[Target, Record] = {}
        self._seen: Mapping[Target, Observation] = {}

    def register(self, target: Target) -> None:
        record = self._records.get(target)
        if record is None or record.deadline is not None:
            self._records[target] = Record(self._clock())

    def deregister(self, target: Target, delay: float) -> None:
        record = self._records.get(target)
        if record is not None and record.deadline is None:
            self._records[target] = replace(record, deadline=self._clock() + delay)

    def forget_group(self, group_arn: str) -> None:
        self._records = {target: record for target, record in self._records.items() if target.group_arn != group_arn}

    def of_group(self, group_arn: str) -> list[Target]:
        """Registered and draining ones, in order."""
        return sorted(target for target in self._records if target.group_arn == group_arn)

    def endpoints(self, group_arn: str) -> tuple[Endpoint, ...]:
        """Only loopback addresses: the lab speaks to nothing else."""
        return tuple(
            Endpoint(target.address, target.port, self._records[target].deadline is not None)
            for target in self.of_group(group_arn)
            if target.address.startswith("127.")
        )

    def record(self, target: Target) -> Record | None:
        return self._records.get(target)

    def seen(self, target: Target) -> Observation | None:
        return self._seen.get(target)

    def observe(self, seen: Mapping[Target, Observation] | None) -> None:
        """Take up what Envoy shows now; None when it could not be asked, and then only deadlines count."""
        now = self._clock()
        if seen is None:
            late = {t for t, record in self._records.items() if record.deadline is not None and now > record.deadline}
            self._records = {target: record for target, record in self._records.items() if target not in late}
            return
        self._seen = seen
        watched = {target: watch(record, seen.get(target), now) for target, record in self._records.items()}
        self._records = {target: record for target, record in watched.items() if record is not None}

    def note_code(self, target: Target, code: int | None) -> None:
        """Remember with which status the target fails its health check."""
        record = self._records.get(target)
        if record is not None:
            self._records[target] = replace(record, code=code)

    def gone(self, target: Target) -> bool:
        return target not in self._records and target not in self._seen

    def unsettled(self) -> bool:
        """Envoy still has an endpoint that is no target any more."""
        return any(target not in self._records for target in self._seen)

    def records(self) -> dict[Target, Record]:
        return dict(self._records)


def book_of(backend: "ELBv2Backend") -> TargetBook:
    """The one book of an emulated ELBv2; it goes when the emulator is reset."""
    memory: dict[str, Any] = vars(backend)
    book: TargetBook = memory.setdefault("lab_targets", TargetBook())
    return book
