"""What runs tasks asks of the balancer: the interface and its implementation over the emulator."""

from typing import Protocol

from lab.aws import backends
from lab.balancer.book import Target, book_of
from lab.balancer.health import TargetState
from lab.balancer.snapshot import target_state
from lab.settings import Settings

__all__ = ["Target", "TargetRegistry", "TargetState", "Targets"]


class Targets(Protocol):
    """What runs tasks asks of the balancer."""

    def register(self, target: Target) -> None:
        """Let it take part; unknown target groups are an error (KeyError)."""

    def deregister(self, target: Target) -> None:
        """Start draining it; nothing happens when it is not registered."""

    def state(self, target: Target) -> TargetState:
        """As DescribeTargetHealth says it."""

    def gone(self, target: Target) -> bool:
        """It is deregistered, drained and no endpoint of Envoy any more: its process may be stopped."""


class TargetRegistry:
    """`Targets` over the emulator."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def register(self, target: Target) -> None:
        with backends.LOCK:
            backend = backends.elbv2(self._settings)
            group = backend.target_groups[target.group_arn]
            group.register([{"Id": target.address, "Port": target.port}])

    def deregister(self, target: Target) -> None:
        with backends.LOCK:
            backend = backends.elbv2(self._settings)
            group = backend.target_groups.get(target.group_arn)
            if group is not None:
                group.deregister([{"Id": target.address, "Port": target.port}])

    def state(self, target: Target) -> TargetState:
        with backends.LOCK:
            return target_state(backends.elbv2(self._settings), target)

    def gone(self, target: Target) -> bool:
        with backends.LOCK:
            return book_of(backends.elbv2(self._settings)).gone(target)
