"""Mends of load balancers: addresses of the lab, subnets, attributes, deletion protection, tags."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lab.aws.patching import wrap
from lab.settings import Settings

CANONICAL_HOSTED_ZONE = "Z32O12XQLNTSW2"
"""Application Load Balancers of eu-west-1; https://docs.aws.amazon.com/general/latest/gr/elb.html"""

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
DEFAULT_ATTRIBUTES = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "ipv6.deny_all_igw_traffic": "false",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
MOST_BALANCERS = 254


def apply(settings: Settings) -> None:
    _mend_creation(settings)
    _mend_deletion()
    _mend_tagged_resources()


def _mend_creation(settings: Settings) -> None:
    """AWS wants two zones, refuses a name that is taken and has all attributes; moto has none of that.

    The DNS name is the address on which the lab's Envoy plays the balancer.
    """
    from moto.elbv2.models import ELBv2Backend

    @wrap(ELBv2Backend, "create_load_balancer")
    def create_load_balancer(original: Callable[..., Any], self: Any, name: str, *given: Any, **named: Any) -> Any:
        if (named.get("loadbalancer_type") or "application") != "application":
            return original(self, name, *given, **named)
        mappings = named.get("subnet_mappings") or []
        subnets = [*named.get("subnet_ids", []), *(mapping["SubnetId"] for mapping in mappings)]
        check_subnets(subnets, lambda subnet: _zone(self, subnet))
        same = next((item for item in self.load_balancers.values() if item.name == name), None)
        if same is not None:
            return _same_or_refused(same, subnets, named)
        address = free_address({item.dns_name for item in self.load_balancers.values()}, settings)
        created = original(self, name, *given, **named)
        created.dns_name = address
        created.canonical_hosted_zone_id = CANONICAL_HOSTED_ZONE
        created.attrs = dict(DEFAULT_ATTRIBUTES)
        return created


def _zone(backend: Any, subnet_id: str) -> str | None:
    from moto.core.exceptions import ServiceException

    try:
        subnet = backend.ec2_backend.get_subnet(subnet_id)
    except ServiceException:
        return None
    return str(subnet.availability_zone) if subnet else None


def check_subnets(subnets: Sequence[str], zone_of: Callable[[str], str | None]) -> None:
    """Refuse, in AWS's words, subnets that are unknown, share a zone, or do not cover two."""
    from moto.elbv2.exceptions import ELBClientError

    zones: set[str] = set()
    for subnet in subnets:
        zone = zone_of(subnet)
        if zone is None:
            raise ELBClientError("SubnetNotFound", f"The subnet ID '{subnet}' does not exist")
        if zone in zones:
            words = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
            raise ELBClientError("InvalidConfigurationRequest", words)
        zones.add(zone)
    if len(zones) < 2:
        words = "At least two subnets in two different Availability Zones must be specified"
        raise ELBClientError("ValidationError", words)


def _same_or_refused(same: Any, subnets: Sequence[str], named: Mapping[str, Any]) -> Any:
    from moto.elbv2.exceptions import ELBClientError

    asked = (set(subnets), set(named.get("security_groups") or []), named.get("scheme") or "internet-facing")
    there = ({item.id for item in same.subnets}, set(same.security_groups or []), same.scheme or "internet-facing")
    if asked != there:
        words = f"A load balancer with the same name '{same.name}' exists, but with different settings"
        raise ELBClientError("DuplicateLoadBalancerName", words)
    return same


def free_address(taken: set[str], settings: Settings) -> str:
    """The first of the lab's balancer addresses that no balancer has."""
    from moto.elbv2.exceptions import ELBClientError

    for number in range(1, MOST_BALANCERS + 1):
        address = settings.balancer_address(number)
        if address not in taken:
            return address
    raise ELBClientError("TooManyLoadBalancers", "The lab has no more addresses for load balancers")


def _mend_deletion() -> None:
    """AWS honours deletion protection; moto deletes."""
    from moto.elbv2.exceptions import ELBClientError
    from moto.elbv2.models import ELBv2Backend

    @wrap(ELBv2Backend, "delete_load_balancer")
    def delete_load_balancer(original: Callable[..., Any], self: Any, arn: str) -> None:
        item = self.load_balancers.get(arn)
        if item is not None and item.attrs.get("deletion_protection.enabled") == "true":
            words = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
            raise ELBClientError("OperationNotPermitted", words)
        original(self, arn)


def _mend_tagged_resources() -> None:
    """The Resource Groups Tagging API knows listeners and rules too; moto has balancers and target groups only."""
    from moto.core.resource_tagging import TaggedResource
    from moto.elbv2.models import ELBv2Backend

    @wrap(ELBv2Backend, "iter_tagged_resources")
    def iter_tagged_resources(original: Callable[..., Any], self: Any) -> Iterator[Any]:
        yield from original(self)
        for balancer in self.load_balancers.values():
            for listener in balancer.listeners.values():
                rules = [rule.arn for rule in listener.rules.values() if not rule.is_default]
                for arn, kind in [(listener.arn, "listener"), *((arn, "listener-rule") for arn in rules)]:
                    tags = self.tagging_service.get_tag_dict_for_resource(arn)
                    yield TaggedResource(arn=arn, tags=tags, resource_type=f"elasticloadbalancing:{kind}")
