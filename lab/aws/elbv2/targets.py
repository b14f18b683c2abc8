"""Mends of target groups: real registration, draining and health, from the balancer's book."""

from collections.abc import Callable, Sequence
from typing import Any

from lab.aws.patching import wrap
from lab.balancer.book import Target, book_of
from lab.balancer.snapshot import target_state, used_groups

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
DEFAULT_ATTRIBUTES = {
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}


def apply() -> None:
    _mend_attributes()
    _mend_load_balancer_arns()
    _mend_registration()
    _mend_health()
    _mend_deletion()


def _backend(group: Any) -> Any:
    from moto.elbv2.models import elbv2_backends

    return elbv2_backends[group.account_id][group.region_name]


def _mend_attributes() -> None:
    """AWS knows the durations of stickiness from the start."""
    from moto.elbv2.models import FakeTargetGroup

    @wrap(FakeTargetGroup, "__init__")
    def init(original: Callable[..., Any], self: Any, *given: Any, **named: Any) -> None:
        original(self, *given, **named)
        if self.protocol in ("HTTP", "HTTPS"):
            self.attributes.pop("waf.fail_open.enabled", None)
            self.attributes.update(DEFAULT_ATTRIBUTES)


def _mend_load_balancer_arns() -> None:
    """A group's LoadBalancerArns are those whose rules name it now; moto never takes one away."""
    from moto.elbv2.models import FakeTargetGroup

    def read(self: Any) -> list[str]:
        return sorted(used_groups(_backend(self)).get(self.arn, ()))

    def ignore(self: Any, value: list[str]) -> None:
        """What moto keeps count of is read from the rules instead."""

    FakeTargetGroup.load_balancer_arns = property(read, ignore)


def _mend_registration() -> None:
    """A target is an address and a port (moto: an address), and drains when it is deregistered (moto: it is gone).

    Deregistering what is not registered succeeds.
    """
    from moto.elbv2.models import FakeTargetGroup

    @wrap(FakeTargetGroup, "register")
    def register(original: Callable[..., Any], self: Any, targets: Sequence[dict[str, Any]]) -> None:
        original(self, targets)
        book = book_of(_backend(self))
        for item in targets:
            book.register(_target(self, item))

    @wrap(FakeTargetGroup, "deregister")
    def deregister(original: Callable[..., Any], self: Any, targets: Sequence[dict[str, Any]]) -> None:
        book = book_of(_backend(self))
        delay = float(self.attributes["deregistration_delay.timeout_seconds"])
        for item in targets:
            if item["Id"] in self.targets:
                original(self, [item])
            for target in _matching(self, item):
                book.deregister(target, delay)


def _target(group: Any, item: dict[str, Any]) -> Target:
    return Target(group.arn, item["Id"], int(item.get("Port") or group.port))


def _matching(group: Any, item: dict[str, Any]) -> list[Target]:
    """Without a port all ports of the address are meant."""
    if item.get("Port"):
        return [_target(group, item)]
    return [target for target in book_of(_backend(group)).of_group(group.arn) if target.address == item["Id"]]


def _mend_health() -> None:
    """DescribeTargetHealth from what Envoy sees; moto calls every target healthy."""
    from moto.elbv2.exceptions import TargetGroupNotFoundError
    from moto.elbv2.models import ELBv2Backend, FakeHealthStatus

    @wrap(ELBv2Backend, "describe_target_health")
    def describe(
        original: Callable[..., Any],  # noqa: ARG001 replaced, not extended
        self: Any,
        target_group_arn: str,
        targets: Sequence[dict[str, Any]],
    ) -> list[Any]:
        group = self.target_groups.get(target_group_arn)
        if group is None:
            raise TargetGroupNotFoundError
        asked = [_matching(group, item) or [_target(group, item)] for item in targets]
        wanted = [target for some in asked for target in some] if targets else book_of(self).of_group(group.arn)
        answers = []
        for target in wanted:
            state = target_state(self, target)
            port = group.health_check_port if group.health_check_port != "traffic-port" else str(target.port)
            answers.append(
                FakeHealthStatus(target.address, target.port, port, state.state, state.reason, state.description)
            )
        return answers


def _mend_deletion() -> None:
    """With its group a target is gone."""
    from moto.elbv2.models import ELBv2Backend

    @wrap(ELBv2Backend, "delete_target_group")
    def delete_target_group(original: Callable[..., Any], self: Any, target_group_arn: str) -> Any:
        deleted = original(self, target_group_arn)
        book_of(self).forget_group(target_group_arn)
        return deleted
