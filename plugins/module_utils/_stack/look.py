# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Looking: who we are, where, and what there is of an environment. Only calls that read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import ClientMaker, doing, is_absent
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import (
    COMPONENT_TAG,
    ENVIRONMENT_TAG,
    STACK_TAG,
    Clients,
)
from ansible_collections.calstack.aws.plugins.module_utils._stack.living import living
from ansible_collections.calstack.aws.plugins.module_utils._stack.published import Details, published
from ansible_collections.calstack.aws.plugins.module_utils._stack.resource import BALANCER, Resource, parse

IMPATIENT: dict[str, Any] = {"connect_timeout": 2, "read_timeout": 20}
RETRIES: dict[str, Any] = {"mode": "standard", "total_max_attempts": 2}
"""This module runs first and says what is wrong: nobody should wait a minute to hear that there is no network."""


@dataclass(frozen=True)
class Caller:
    account_id: str
    arn: str


class ImpatientMaker:
    """Makes clients that give up soon."""

    def __init__(self, maker: ClientMaker) -> None:
        self._maker = maker

    def client(self, service: str, **extra: Any) -> Any:
        return self._maker.client(service, **{**extra, "config": {**extra.get("config", {}), **IMPATIENT}})


def look(clients: Clients, environment: str, stack: str) -> dict[str, Any]:
    """The caller's account and its zones, the environment's resources, and what its components publish.

    Raises CalstackError.
    """
    readers: Sequence[Callable[[], Any]] = (
        lambda: _caller(clients),
        lambda: _zones(clients),
        lambda: _tagged(clients, {ENVIRONMENT_TAG: environment, STACK_TAG: stack}),
    )
    clients("sts")  # a missing profile or region ends the module here, once, and not in three threads
    with ThreadPoolExecutor(len(readers)) as pool:
        running = [pool.submit(reader) for reader in readers]
        # The caller first: where the credentials are wrong, all three fail, and this one says it best.
        caller, zones, tagged = (each.result() for each in running)
    with doing(f"reading what the components of {stack} publish"):
        resources = living(clients, tagged)
        details = _details(clients, {ENVIRONMENT_TAG: environment, STACK_TAG: stack}, resources)
    return {
        "account_id": caller.account_id,
        "caller_arn": caller.arn,
        "zones": zones,
        "resources": [asdict(item) for item in resources],
        **published(resources, stack, details),
    }


def _caller(clients: Clients) -> Caller:
    with doing("asking AWS who we are"):
        answer = clients("sts").get_caller_identity()
    return Caller(answer["Account"], answer["Arn"])


def _zones(clients: Clients) -> list[str]:
    """Names of the zones that can be used. Local and wavelength zones carry no balancer."""
    filters = [{"Name": "zone-type", "Values": ["availability-zone"]}, {"Name": "state", "Values": ["available"]}]
    with doing("reading the region's zones"):
        answer = clients("ec2").describe_availability_zones(Filters=filters)
    return sorted(zone["ZoneName"] for zone in answer["AvailabilityZones"])


def _tagged(clients: Clients, tags: Mapping[str, str]) -> list[Resource]:
    """Everything with these tags, by component, kind and name."""
    with doing(f"reading what carries the tags {', '.join(f'{key}={value}' for key, value in tags.items())}"):
        pages = (
            clients("resourcegroupstaggingapi")
            .get_paginator("get_resources")
            .paginate(TagFilters=[{"Key": key, "Values": [value]} for key, value in tags.items()], ResourcesPerPage=100)
        )
        mappings = [mapping for page in pages for mapping in page["ResourceTagMappingList"]]
    found = [parse(one["ResourceARN"], {tag["Key"]: tag["Value"] for tag in one["Tags"]}) for one in mappings]
    return sorted(found, key=lambda item: (item.component, item.kind, item.name, item.arn))


def _details(clients: Clients, tags: Mapping[str, str], resources: Sequence[Resource]) -> Details:
    balancers = [item.arn for item in resources if (item.component, item.kind) == ("alb", BALANCER)]
    balancer = _balancer(clients, balancers[0]) if len(balancers) == 1 else None
    through_nat = any((item.component, item.kind) == ("vpc", "NAT gateway") for item in resources)
    return Details(
        dns_name=balancer["DNSName"] if balancer else "",
        zone_id=balancer["CanonicalHostedZoneId"] if balancer else "",
        nat_addresses=_addresses(clients, tags) if through_nat else (),
    )


def _balancer(clients: Clients, arn: str) -> Mapping[str, Any] | None:
    """None where the tag look-up still lists a balancer that is gone."""
    try:
        answer: Mapping[str, Any] = clients("elbv2").describe_load_balancers(LoadBalancerArns=[arn])
    except Exception as error:
        if is_absent(error, "LoadBalancerNotFound"):
            return None
        raise
    return next(iter(answer["LoadBalancers"]), None)


def _addresses(clients: Clients, tags: Mapping[str, str]) -> tuple[str, ...]:
    """The public addresses the environment's tasks are seen from, by their Name, so by zone."""
    whose = {**tags, COMPONENT_TAG: "vpc"}
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in whose.items()]
    answer = clients("ec2").describe_addresses(Filters=filters)["Addresses"]
    names = {one["PublicIp"]: {tag["Key"]: tag["Value"] for tag in one["Tags"]}.get("Name", "") for one in answer}
    return tuple(sorted(names, key=lambda address: (names[address], address)))
