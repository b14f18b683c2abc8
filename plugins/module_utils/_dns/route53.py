# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Route 53's calls, each in one function."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import plain
from ansible_collections.calstack.aws.plugins.module_utils._dns.records import Key, Set, by_key
from ansible_collections.calstack.aws.plugins.module_utils._dns.zones import Zone

NO_ZONE = "NoSuchHostedZone"
IN_SYNC = "INSYNC"


def mark(scope: Scope) -> str:
    """What the caller references of our zones and health checks start with.

    Tags come with a second call, so a killed run may leave something without: by this it is known all the same.
    """
    return f"{scope.stack}/{scope.environment}/"


def caller_reference(scope: Scope) -> str:
    return mark(scope) + uuid.uuid4().hex


def zones(client: Any, scope: Scope) -> list[Zone]:
    """All public hosted zones of the account."""
    pages = client.get_paginator("list_hosted_zones").paginate()
    return [
        Zone(short(item["Id"]), plain(item["Name"]), item.get("CallerReference", "").startswith(mark(scope)))
        for page in pages
        for item in page["HostedZones"]
        if not item.get("Config", {}).get("PrivateZone")
    ]


def name_servers(client: Any, zone_id: str) -> tuple[str, ...]:
    """The zone's own, in order of their names."""
    answer = client.get_hosted_zone(Id=zone_id)
    return tuple(sorted(plain(name) for name in answer.get("DelegationSet", {}).get("NameServers", ())))


def records(client: Any, zone_id: str) -> dict[Key, tuple[Set, ...]]:
    """All of the zone, by name and type."""
    pages = client.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone_id)
    return by_key(item for page in pages for item in page["ResourceRecordSets"])


def change(client: Any, zone_id: str, batch: Sequence[Mapping[str, Any]], why: str) -> str:
    """Carry out `batch`, wholly or not at all; returns the change's id, empty where there is nothing to do."""
    if not batch:
        return ""
    answer = client.change_resource_record_sets(
        HostedZoneId=zone_id, ChangeBatch={"Comment": why, "Changes": list(batch)}
    )
    return short(answer["ChangeInfo"]["Id"])


def change_status(client: Any, ident: str) -> str:
    """INSYNC when all of Route 53's name servers answer so."""
    return str(client.get_change(Id=ident)["ChangeInfo"]["Status"])


def tags(client: Any, sort: str, ident: str) -> dict[str, str]:
    """`sort` is "hostedzone" or "healthcheck"."""
    answer = client.list_tags_for_resource(ResourceType=sort, ResourceId=ident)
    return {tag["Key"]: tag["Value"] for tag in answer["ResourceTagSet"].get("Tags", ())}


def tag(client: Any, sort: str, ident: str, wanted: Mapping[str, str]) -> None:
    pairs = [{"Key": key, "Value": value} for key, value in wanted.items()]
    client.change_tags_for_resource(ResourceType=sort, ResourceId=ident, AddTags=pairs)


def short(ident: str) -> str:
    """Route 53 gives ids with their sort before them: /hostedzone/Z1, /change/C1."""
    return ident.rpartition("/")[2]
