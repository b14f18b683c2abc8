"""EC2: the names of tagged types, NAT gateways' filters and end, subnets in use, what the tagging API sees."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models import EC2Backend
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.tags import EC2_PREFIX_TO_RESOURCE
from moto.ec2.utils import simple_aws_filter_to_re as to_regular_expression

from lab.aws.patching import wrap

TASK_INTERFACE = "moto ECS"


def apply() -> None:
    tagged_types()
    nat_gateway_filters()
    nat_gateway_deletion()
    subnet_in_use()
    no_negative_room()
    security_group_rule_description()
    tagged_resources()


def tagged_types() -> None:
    """DescribeTags names these types so; moto has names of its own, and so a filter on them finds nothing."""
    EC2_PREFIX_TO_RESOURCE.update({"nat": "natgateway", "eipalloc": "elastic-ip", "fl": "vpc-flow-log"})


def nat_gateway_filters() -> None:
    """DescribeNatGateways filters by tag; moto passes over `tag:NAME` and `tag-key`, and so gives all of them."""

    @wrap(EC2Backend, "describe_nat_gateways")
    def describe(
        original: Callable[..., list[NatGateway]], backend: EC2Backend, filters: Any, ids: list[str] | None
    ) -> list[NatGateway]:
        tag_filters = {name: values for name, values in (filters or {}).items() if name.startswith("tag")}
        return [gateway for gateway in original(backend, filters, ids) if _tags_match(backend, gateway.id, tag_filters)]


def _tags_match(backend: EC2Backend, resource: str, filters: dict[str, list[str]]) -> bool:
    tags = backend.tags.get(resource, {})
    return all(_like(_tag_values(tags, name), values) for name, values in filters.items())


def _tag_values(tags: dict[str, str], name: str) -> Iterable[str]:
    if name == "tag-key":
        return tags.keys()
    if name == "tag-value":
        return tags.values()
    key = name.removeprefix("tag:")
    return [tags[key]] if key in tags else []


def _like(found: Iterable[str], patterns: Iterable[str]) -> bool:
    expressions = [re.compile(to_regular_expression(pattern)) for pattern in patterns]
    return any(expression.match(value) for value in found for expression in expressions)


def nat_gateway_deletion() -> None:
    """A deleted NAT gateway gives its address and its network interface back; moto keeps both in use."""

    @wrap(EC2Backend, "delete_nat_gateway")
    def delete(original: Callable[..., NatGateway], backend: EC2Backend, gateway_id: str) -> NatGateway:
        gateway = original(backend, gateway_id)
        interface = gateway._eni
        for address in backend.addresses:
            if address.eni is not None and address.eni.id == interface.id:
                backend.disassociate_address(association_id=address.association_id)
        if interface.id in backend.enis:
            backend.delete_network_interface(interface.id)
        return gateway


def subnet_in_use() -> None:
    """DeleteSubnet is refused while a task or a NAT gateway has an interface there; moto deletes it."""

    @wrap(EC2Backend, "delete_subnet")
    def delete(original: Callable[..., Subnet], backend: EC2Backend, subnet_id: str) -> Subnet:
        gateways = {gateway._eni.id for gateway in backend.nat_gateways.values()}
        for interface in backend.enis.values():
            ours = interface.id in gateways or interface.description == TASK_INTERFACE
            if ours and interface.subnet.id == subnet_id:
                raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
        return original(backend, subnet_id)


def no_negative_room() -> None:
    """AvailableIpAddressCount ends at 0; moto gives interfaces out beyond it, which only a task that fails has."""
    count = Subnet.available_ip_address_count.fget
    Subnet.available_ip_address_count = property(lambda subnet: max(0, count(subnet)))


def security_group_rule_description() -> None:
    """A rule that names another group keeps its description; moto forgets it."""
    SecurityGroupRule.description = property(
        lambda rule: rule.ip_range.get("Description") or (rule.source_group or {}).get("Description")
    )


def tagged_resources() -> None:
    """GetResources shows endpoints, addresses, flow logs, network ACLs and group rules, and no deleted NAT gateway.

    moto leaves the first ones out, and gives flow logs an ARN that AWS does not know.
    """

    @wrap(EC2Backend, "iter_tagged_resources")
    def iter_tagged_resources(
        original: Callable[..., Iterator[TaggedResource]], backend: EC2Backend
    ) -> Iterator[TaggedResource]:
        deleted = {gateway.id for gateway in backend.nat_gateways.values() if gateway.state == "deleted"}
        for resource in original(backend):
            if resource.resource_type != "ec2:flow-logs" and resource.arn.rsplit("/", 1)[-1] not in deleted:
                yield resource
        rules = (rule for vpc in backend.groups.values() for group in vpc.values() for rule in _rules(group))
        for kind, ids in (
            ("vpc-endpoint", (item.id for item in backend.vpc_end_points.values() if item.state != "deleted")),
            ("elastic-ip", (item.allocation_id for item in backend.addresses if item.allocation_id)),
            ("vpc-flow-log", backend.flow_logs),
            ("network-acl", backend.network_acls),
            ("security-group-rule", (rule.id for rule in rules)),
        ):
            for identity in ids:
                yield TaggedResource(
                    arn=f"arn:{backend.partition}:ec2:{backend.region_name}:{backend.account_id}:{kind}/{identity}",
                    tags=dict(backend.tags.get(identity, {})),
                    resource_type=f"ec2:{kind}",
                )


def _rules(group: Any) -> list[SecurityGroupRule]:
    return [*group.ingress_rules, *group.egress_rules]
