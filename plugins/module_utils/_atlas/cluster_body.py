# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The bodies of the requests that create and change clusters. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_model import Cluster
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_rules import size_to_be
from ansible_collections.calstack.aws.plugins.module_utils._atlas.ownership import tag_list
from ansible_collections.calstack.aws.plugins.module_utils._atlas.sizes import is_nvme, tier

Properties = Mapping[str, Any]
Body = dict[str, Any]

PRIORITY = 7
"""The highest, which the region with the primary has."""

FIELDS = {
    "mongodb_version": "mongoDBMajorVersion",
    "backup": "backupEnabled",
    "point_in_time": "pitEnabled",
    "termination_protection": "terminationProtectionEnabled",
}
"""Atlas's names of what stands at the top."""

HARDWARE = ("instance_size", "nodes", "disk_size_gb", "disk_autoscaling", "compute_autoscaling")
"""What stands in the replication specs."""


def creation(name: str, wanted: Properties) -> Body:
    """Of an M0 or dedicated cluster."""
    shared = tier(wanted["instance_size"]) == "M0"
    region = _tenant(wanted) if shared else _region(wanted)
    return {
        "name": name,
        "clusterType": wanted["cluster_type"],
        "replicationSpecs": [{"regionConfigs": [region]}],
        **_top(wanted),
    }


def flex_creation(name: str, wanted: Properties) -> Body:
    """Of a Flex cluster."""
    return {
        "name": name,
        "providerSettings": {"backingProviderName": "AWS", "regionName": wanted["region"]},
        **_top(wanted),
    }


def update(there: Cluster, changed: Properties, wanted: Properties) -> Body:
    """What a PATCH sends to bring `changed` about, of all that is `wanted`.

    Tags that somebody else has added stay: Atlas replaces the whole list.
    """
    body = _top(changed)
    if "tags" in changed:
        body["tags"] = tag_list({**there.properties["tags"], **changed["tags"]})
    if changed.keys() & set(HARDWARE):
        body["replicationSpecs"] = [_spec(there, changed, wanted)]
    return body


def _top(properties: Properties) -> Body:
    body: Body = {FIELDS[name]: value for name, value in properties.items() if name in FIELDS}
    if "tags" in properties:
        body["tags"] = tag_list(properties["tags"])
    return body


def _tenant(wanted: Properties) -> Body:
    return {
        "providerName": "TENANT",
        "backingProviderName": "AWS",
        "regionName": wanted["region"],
        "priority": PRIORITY,
        "electableSpecs": {"instanceSize": wanted["instance_size"]},
    }


def _region(wanted: Properties) -> Body:
    return {
        "providerName": "AWS",
        "regionName": wanted["region"],
        "priority": PRIORITY,
        "electableSpecs": _hardware(wanted["instance_size"], wanted["nodes"], wanted.get("disk_size_gb")),
        **_scaling(wanted),
    }


def _spec(there: Cluster, changed: Properties, wanted: Properties) -> Body:
    """The replication spec as Atlas has it, with what is to change. Atlas replaces it as a whole."""
    spec = there.answer["replicationSpecs"][0]
    region = spec["regionConfigs"][0]
    size = size_to_be(there.properties, wanted)
    disk = changed.get("disk_size_gb", there.properties["disk_size_gb"])
    others = {}
    for name in ("readOnlySpecs", "analyticsSpecs"):
        nodes = region.get(name) or {}
        if nodes.get("nodeCount"):
            own = nodes["instanceSize"] if name == "analyticsSpecs" else size
            others[name] = _volume(own, nodes) | _hardware(own, nodes["nodeCount"], disk)
    kept = {
        key: region[key] for key in ("providerName", "regionName", "priority", "analyticsAutoScaling") if key in region
    }
    nodes = changed.get("nodes", there.properties["nodes"])
    scaling = {**there.properties, **changed}
    if is_nvme(size):
        scaling.pop("disk_autoscaling", None)
    made = {
        **kept,
        **others,
        "electableSpecs": _volume(size, region.get("electableSpecs") or {}) | _hardware(size, nodes, disk),
        **_scaling(scaling),
    }
    return {**{key: spec[key] for key in ("id", "zoneName") if key in spec}, "regionConfigs": [made]}


def _hardware(size: str, nodes: int, disk: float | None) -> Body:
    # The disk of a local NVMe drive comes with the size.
    sized = {"diskSizeGB": disk} if disk and not is_nvme(size) else {}
    return {"instanceSize": size, "nodeCount": nodes, **sized}


def _volume(size: str, there: Mapping[str, Any]) -> Body:
    """The kind of disk that somebody has chosen, which would be lost otherwise: Atlas replaces the spec as a whole."""
    kind = there.get("ebsVolumeType")
    if is_nvme(size) or not kind:
        return {}
    # Those of a STANDARD volume follow from its size: to ask for the old ones would refuse a larger disk.
    speed = {"diskIOPS": there["diskIOPS"]} if kind == "PROVISIONED" and there.get("diskIOPS") else {}
    return {"ebsVolumeType": kind, **speed}


def _scaling(properties: Properties) -> Body:
    scaling: Body = {}
    if "disk_autoscaling" in properties:
        scaling["diskGB"] = {"enabled": properties["disk_autoscaling"]}
    if "compute_autoscaling" in properties:
        scaling["compute"] = _compute(properties["compute_autoscaling"])
    return {"autoScaling": scaling} if scaling else {}


def _compute(scaling: Properties) -> Body:
    if not scaling:
        return {"enabled": False, "scaleDownEnabled": False}
    smallest = {"minInstanceSize": scaling["min"]} if scaling["scale_down"] else {}
    return {
        "enabled": True,
        "scaleDownEnabled": scaling["scale_down"],
        "maxInstanceSize": scaling["max"],
        **smallest,
    }
