# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A cluster as Atlas describes it, in the words of the module's options. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas.ownership import tags_of
from ansible_collections.calstack.aws.plugins.module_utils._atlas.sizes import Tier, tier

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Cluster:
    """`properties` has the names and shapes of what is wanted; `answer` is what Atlas said, for what must be kept.

    `state` is Atlas's stateName; `mongodb_version` the whole version, "" until Atlas tells it.
    """

    name: str
    id: str
    state: str
    paused: bool
    mongodb_version: str
    properties: Mapping[str, Any]
    answer: Answer

    @property
    def size(self) -> str:
        return str(self.properties["instance_size"])

    @property
    def tier(self) -> Tier:
        return tier(self.size)


def cluster(answer: Answer) -> Cluster:
    """What the operations on clusters answer: M0 and dedicated sizes."""
    regions = _regions(answer)
    first = regions[0] if regions else {}
    electable = first.get("electableSpecs") or {}
    scaling = first.get("autoScaling") or {}
    properties = _common(answer) | {
        "instance_size": electable.get("instanceSize", ""),
        # A layout that this module does not make must not look like one that it does.
        "region": ", ".join(dict.fromkeys(region.get("regionName", "") for region in regions)),
        "cluster_type": answer.get("clusterType", "REPLICASET"),
        "nodes": sum((region.get("electableSpecs") or {}).get("nodeCount", 0) for region in regions),
        "disk_size_gb": electable.get("diskSizeGB"),
        "disk_autoscaling": bool((scaling.get("diskGB") or {}).get("enabled")),
        "compute_autoscaling": _compute(scaling.get("compute") or {}),
        "mongodb_version": answer.get("mongoDBMajorVersion", ""),
        "backup": bool(answer.get("backupEnabled")),
        "point_in_time": bool(answer.get("pitEnabled")),
    }
    return _made(answer, properties)


def flex(answer: Answer) -> Cluster:
    """What the operations on Flex clusters answer."""
    properties = _common(answer) | {
        "instance_size": "FLEX",
        "region": (answer.get("providerSettings") or {}).get("regionName", ""),
        "cluster_type": answer.get("clusterType", "REPLICASET"),
        "backup": bool((answer.get("backupSettings") or {}).get("enabled", True)),
    }
    return _made(answer, properties)


def connection_strings(answer: Answer) -> dict[str, Any]:
    """Where the cluster is: Atlas's strings, which hold neither user nor password."""
    told = answer.get("connectionStrings") or {}
    return {
        "standard": told.get("standard") or "",
        "standard_srv": told.get("standardSrv") or "",
        "private_endpoints": [
            {
                "type": item.get("type") or "",
                "connection_string": item.get("connectionString") or "",
                "srv_connection_string": item.get("srvConnectionString") or "",
                "endpoints": [
                    {
                        "endpoint_id": end.get("endpointId") or "",
                        "provider_name": end.get("providerName") or "",
                        "region": end.get("region") or "",
                    }
                    for end in item.get("endpoints") or ()
                ],
            }
            for item in told.get("privateEndpoint") or ()
        ],
    }


def _made(answer: Answer, properties: Mapping[str, Any]) -> Cluster:
    return Cluster(
        name=answer["name"],
        id=answer.get("id") or "",
        state=answer.get("stateName") or "",
        paused=bool(answer.get("paused")),
        mongodb_version=answer.get("mongoDBVersion") or "",
        properties=properties,
        answer=answer,
    )


def _common(answer: Answer) -> dict[str, Any]:
    protected = bool(answer.get("terminationProtectionEnabled"))
    return {"termination_protection": protected, "tags": tags_of(answer)}


def _regions(answer: Answer) -> list[Answer]:
    return [region for spec in answer.get("replicationSpecs") or () for region in spec.get("regionConfigs") or ()]


def _compute(told: Answer) -> dict[str, Any]:
    """Empty where it is off. The smallest size means nothing unless Atlas may scale down."""
    if not told.get("enabled"):
        return {}
    down = bool(told.get("scaleDownEnabled"))
    smallest = {"min": told.get("minInstanceSize")} if down else {}
    return {"max": told.get("maxInstanceSize"), "scale_down": down, **smallest}
