"""What instance sizes there are, and what a region's configuration looks like once Atlas has filled it in (pure)."""

import re
from typing import Any

from lab.atlas.errors import RefusedError, invalid, missing

Body = dict[str, Any]

DISKS = {"M10": 10.0, "M20": 20.0, "M30": 40.0, "M40": 80.0, "M50": 160.0, "M60": 320.0, "M80": 750.0}
"""Gigabytes a cluster gets when none are asked for (Atlas on AWS); for sizes that are not here the last one."""
NVME_DISK = 380.0
"""Of the local drives of the _NVME sizes, whatever is asked for."""
SIZE = re.compile(r"M(10|20|30|40|50|60|80|100|140|200|300)|R(40|50|60|80|200|300|400|700)|M(40|50|60|80|200|400)_NVME")
REGION = re.compile(r"[A-Z]+(_[A-Z]+)*_[0-9]+")
SPECS = ("electableSpecs", "analyticsSpecs", "readOnlySpecs")
GIVEN = {"providerName", "backingProviderName", "regionName", "priority", "autoScaling", *SPECS}


def is_free(body: Body) -> bool:
    """Whether the request is for a shared cluster, as Atlas calls M0."""
    return any(region.get("providerName") == "TENANT" for region in regions(body))


def regions(body: Body) -> list[Body]:
    """The configurations of all regions. Raises RefusedError when they have not the form they must have."""
    specs = body.get("replicationSpecs")
    if not isinstance(specs, list) or not specs:
        raise missing("replicationSpecs")
    found = [region for spec in specs for region in spec.get("regionConfigs") or []]
    if not found:
        raise missing("regionConfigs")
    for region in found:
        if unknown := set(region) - GIVEN:
            raise invalid(min(unknown))
        if not REGION.fullmatch(region.get("regionName") or ""):
            raise invalid("regionName", "Atlas's names look like EU_WEST_1.")
    return found


def free_region(region: Body) -> Body:
    """Raises RefusedError."""
    if region.get("backingProviderName") not in ("AWS", "GCP", "AZURE"):
        raise missing("backingProviderName")
    size = (region.get("electableSpecs") or {}).get("instanceSize")
    if size != "M0":
        raise invalid("instanceSize", "TENANT has M0 only; M2 and M5 are no longer to be had.")
    return {
        "providerName": "TENANT",
        "backingProviderName": region["backingProviderName"],
        "electableSpecs": {"instanceSize": "M0"},
        "priority": 7,
        "regionName": region["regionName"],
    }


def dedicated_region(region: Body, there: Body | None) -> Body:
    """What was asked for, over what is there, over Atlas's defaults. Raises RefusedError."""
    there = there or {}
    if region.get("providerName") not in ("AWS", "GCP", "AZURE"):
        raise invalid("providerName")
    electable = {**there.get("electableSpecs", {}), **(region.get("electableSpecs") or {})}
    size = electable.get("instanceSize")
    if not size:
        raise missing("instanceSize")
    if not SIZE.fullmatch(size):
        raise invalid("instanceSize", f"{size} is none of AWS's.")
    disk = float(electable.get("diskSizeGB") or DISKS.get(size, DISKS["M80"]))
    # What a change does not say of the volumes is Atlas's default again.
    asked = region.get("electableSpecs") or {}
    volume = {"diskIOPS": asked.get("diskIOPS", 3000), "ebsVolumeType": asked.get("ebsVolumeType", "STANDARD")}
    if size.endswith("_NVME"):
        volume, disk = {}, NVME_DISK
    common = {"instanceSize": size, "diskSizeGB": disk, **volume}
    return {
        "analyticsSpecs": {**common, "nodeCount": (region.get("analyticsSpecs") or {}).get("nodeCount", 0)},
        "autoScaling": autoscaling(region.get("autoScaling") or {}, there.get("autoScaling")),
        "electableSpecs": {**common, "nodeCount": electable.get("nodeCount", 3)},
        "priority": region.get("priority", there.get("priority", 7)),
        "providerName": region["providerName"],
        "readOnlySpecs": {**common, "nodeCount": (region.get("readOnlySpecs") or {}).get("nodeCount", 0)},
        "regionName": region["regionName"],
    }


def autoscaling(given: Body, there: Body | None) -> Body:
    """Raises RefusedError for scaling without its limits."""
    there = there or {"compute": {"enabled": False, "scaleDownEnabled": False}, "diskGB": {"enabled": True}}
    compute = {**there["compute"], **(given.get("compute") or {})}
    if compute["enabled"] and not compute.get("maxInstanceSize"):
        raise RefusedError(
            400,
            "COMPUTE_AUTO_SCALING_MAX_INSTANCE_SIZE_REQUIRED",
            "The maximum instance size is required when compute auto-scaling is enabled.",
        )
    if compute["scaleDownEnabled"] and not compute.get("minInstanceSize"):
        raise RefusedError(
            400,
            "COMPUTE_AUTO_SCALING_MIN_INSTANCE_SIZE_REQUIRED",
            "The minimum instance size is required when scaling down is enabled.",
        )
    if not compute["enabled"]:
        compute = {"enabled": False, "scaleDownEnabled": False}
    return {"compute": compute, "diskGB": {**there["diskGB"], **(given.get("diskGB") or {})}}
