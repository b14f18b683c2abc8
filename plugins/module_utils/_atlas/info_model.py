# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What there is in a project, in the names of the modules that converge it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_model import (
    Answer,
    Cluster,
    connection_strings,
)
from ansible_collections.calstack.aws.plugins.module_utils._atlas.ownership import tags_of

DAYS = ("", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
"""By Atlas's numbers."""

SHARED: Mapping[str, Any] = {
    "nodes": 3,
    "disk_size_gb": None,
    "disk_autoscaling": False,
    "compute_autoscaling": {},
    "point_in_time": False,
}
"""What cannot be chosen for M0 and FLEX, and Atlas does not tell."""


def project(answer: Answer) -> dict[str, Any]:
    return {
        "id": answer["id"],
        "name": answer.get("name") or "",
        "org_id": answer.get("orgId") or "",
        "tags": tags_of(answer),
    }


def cluster(item: Cluster) -> dict[str, Any]:
    """Its properties, none of them missing, whatever kind of cluster it is."""
    return {
        **item.properties,
        **(SHARED if item.tier != "dedicated" else {}),
        "id": item.id,
        "name": item.name,
        "state_name": item.state,
        "paused": item.paused,
        "mongodb_version": item.mongodb_version,
        "connection_strings": connection_strings(item.answer),
    }


def database_user(answer: Answer) -> dict[str, Any]:
    """`type` is scram, or aws_iam for one without a password."""
    by_iam = answer.get("awsIAMType", "NONE") != "NONE"
    return {
        "username": answer["username"],
        "database_name": answer.get("databaseName") or "",
        "type": "aws_iam" if by_iam else "scram",
        "roles": [
            {
                "role": role.get("roleName") or "",
                "database": role.get("databaseName") or "",
                "collection": role.get("collectionName") or "",
            }
            for role in answer.get("roles") or ()
        ],
        "clusters": [scope["name"] for scope in answer.get("scopes") or () if scope.get("type") == "CLUSTER"],
        "delete_after": answer.get("deleteAfterDate") or "",
    }


def access_entry(answer: Answer) -> dict[str, Any]:
    # An address is listed as a block too: the block says it all.
    entry = answer.get("cidrBlock") or answer.get("ipAddress") or answer.get("awsSecurityGroup") or ""
    return {
        "entry": entry,
        "comment": answer.get("comment") or "",
        "delete_after": answer.get("deleteAfterDate") or "",
    }


def private_endpoint(answer: Answer) -> dict[str, Any]:
    return {
        "id": answer["id"],
        "region": answer.get("regionName") or "",
        "status": answer.get("status") or "",
        "endpoint_service_name": answer.get("endpointServiceName") or "",
        "endpoint_ids": list(answer.get("interfaceEndpoints") or ()),
    }


def maintenance_window(answer: Answer) -> dict[str, Any]:
    """Empty where Atlas may choose."""
    if not answer.get("dayOfWeek"):
        return {}
    return {"day_of_week": answer["dayOfWeek"], "hour_of_day": answer.get("hourOfDay") or 0}


def backup_schedule(name: str, answer: Answer) -> dict[str, Any]:
    return {
        "cluster_name": name,
        "restore_window_days": answer.get("restoreWindowDays"),
        "policies": [
            {
                "frequency_type": item.get("frequencyType"),
                "frequency_interval": item.get("frequencyInterval"),
                "retention_unit": item.get("retentionUnit"),
                "retention_value": item.get("retentionValue"),
            }
            for policy in answer.get("policies") or ()
            for item in policy.get("policyItems") or ()
        ],
    }


def lines(name: str, found: Mapping[str, Any]) -> list[str]:
    """For people: one line a cluster, one for who may come in."""
    if not found["project"]:
        return [f"no project {name} in MongoDB Atlas"]
    clusters = [_cluster_line(item) for item in found["clusters"]] or [f"no cluster in project {name}"]
    ways = [
        _many(found["database_users"], "database user"),
        _many(found["access_list"], "access list entry", "access list entries"),
        _many(found["private_endpoints"], "private endpoint service"),
    ]
    window = found["maintenance_window"]
    when = f"maintenance on {DAYS[window['day_of_week']]} from {window['hour_of_day']:02d}:00" if window else ""
    return [*clusters, ", ".join(filter(None, [*ways, when]))]


def _cluster_line(item: Mapping[str, Any]) -> str:
    version = f"MongoDB {item['mongodb_version']}" if item["mongodb_version"] else ""
    state = "paused" if item["paused"] else item["state_name"]
    backups = "no backups" if not item["backup"] else "backups to any moment" if item["point_in_time"] else "backups"
    protected = "protected from termination" if item["termination_protection"] else ""
    head = f"{item['name']}  {item['instance_size']} in {item['region']}  {state}"
    return "  ".join([head, ", ".join(filter(None, [version, backups, protected]))])


def _many(items: Sequence[Any], one: str, many: str = "") -> str:
    return f"{len(items)} {one if len(items) == 1 else many or one + 's'}"
