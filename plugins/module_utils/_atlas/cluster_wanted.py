# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What is asked for of a cluster: the module's options, checked. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_rules import PREFIX
from ansible_collections.calstack.aws.plugins.module_utils._atlas.ownership import checked
from ansible_collections.calstack.aws.plugins.module_utils._atlas.sizes import Tier, is_nvme, number, size, tier
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Wanted

KIND = "cluster"
NODES = 3
"""Electable nodes of a new cluster."""

DEDICATED_ONLY = (
    "mongodb_version",
    "disk_size_gb",
    "disk_autoscaling",
    "compute_autoscaling",
    "backup",
    "point_in_time",
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_VERSION = re.compile(r"(\d+)(?:\.(\d+))?")
_REGION = re.compile(r"[A-Z]+(_[A-Z]+)+_\d")

Params = Mapping[str, Any]


def wanted(params: Params) -> Wanted:
    """The cluster as it should be: only what was asked for. Raises InputError."""
    instance_size = size(params["instance_size"] or "")
    if not instance_size:
        raise InputError(
            f"atlas_instance_size is {params['instance_size']!r}. "
            f"It must be M0, FLEX, or a dedicated size such as M10, M20, M30, R40 or M40_NVME."
        )
    _check_name(params["name"])
    kind = tier(instance_size)
    if kind != "dedicated":
        _check_shared(params, kind)
    properties = {
        "instance_size": instance_size,
        "region": region(params["region"] or ""),
        "cluster_type": "REPLICASET",
        **(_dedicated(params, instance_size) if kind == "dedicated" else {}),
    }
    if params.get("termination_protection") is not None:
        properties["termination_protection"] = params["termination_protection"]
    if params.get("tags") is not None:
        properties["tags"] = checked(params["tags"])
    initial = {"nodes": NODES} if kind == "dedicated" and "nodes" not in properties else {}
    return Wanted(KIND, params["name"], properties, initial)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(
            f"atlas_cluster_name is {name!r}. It may have letters, digits and hyphens, 64 characters at most."
        )
    if name.endswith("-") or name[:PREFIX].endswith("-"):
        raise InputError(
            f"atlas_cluster_name is {name!r}. Neither its last character nor its {PREFIX}rd may be a hyphen: Atlas "
            f"begins the hosts' names with the first {PREFIX}."
        )


def region(text: str) -> str:
    """AWS's name of a region as Atlas writes it: EU_WEST_1 from either form. Raises InputError."""
    name = text.strip().upper().replace("-", "_")
    if not _REGION.fullmatch(name):
        raise InputError(f"atlas_region is {text!r}. It must be a region of AWS, for example eu-west-1 or EU_WEST_1.")
    return name


def version(text: str) -> str:
    """A major version as Atlas writes it: 8.0 from 8 and 8.0. Raises InputError."""
    match = _VERSION.fullmatch(text.strip())
    if not match:
        raise InputError(f"atlas_mongodb_version is {text!r}. It must be a major version such as 8.0.")
    return f"{match[1]}.{match[2] or 0}"


def _check_shared(params: Params, kind: Tier) -> None:
    """M0 and FLEX leave little to choose; what is off need not be named."""
    for name in DEDICATED_ONLY:
        if params.get(name) and not (kind == "FLEX" and name == "backup") and _on(params[name]):
            raise InputError(
                f"atlas_{name} cannot be chosen for atlas_instance_size {kind}: it needs M10 or more. "
                f"Leave it out, or take a dedicated size."
            )
    if kind == "FLEX" and params.get("backup") is False:
        raise InputError("atlas_backup is off, but Atlas always backs a FLEX cluster up. Leave it out, or set it.")
    if params.get("nodes") not in (None, NODES):
        raise InputError(f"atlas_nodes is {params['nodes']}, but a cluster of the size {kind} always has {NODES}.")


def _on(value: Any) -> bool:
    return not (isinstance(value, Mapping) and value.get("enabled") is False)


def _dedicated(params: Params, instance_size: str) -> dict[str, Any]:
    plain = ("disk_size_gb", "disk_autoscaling", "backup", "point_in_time", "nodes")
    asked = {name: params[name] for name in plain if params.get(name) is not None}
    if asked.get("point_in_time") and not asked.get("backup"):
        raise InputError("atlas_point_in_time needs atlas_backup: Atlas restores to a moment from its backups.")
    if asked.get("backup") is False:
        asked["point_in_time"] = False
    if asked.get("nodes", NODES) not in (3, 5, 7):
        raise InputError(
            f"atlas_nodes is {asked['nodes']}. Electable nodes are 3, 5 or 7: a majority must be possible."
        )
    if is_nvme(instance_size) and (disk := [name for name in ("disk_size_gb", "disk_autoscaling") if name in asked]):
        raise InputError(
            f"atlas_{disk[0]} cannot be chosen for {instance_size}, whose disk comes with the size. Leave it out."
        )
    if asked.get("disk_size_gb", 10) < 10:
        raise InputError(f"atlas_disk_size_gb is {asked['disk_size_gb']}. The least is 10.")
    if params.get("mongodb_version"):
        asked["mongodb_version"] = version(params["mongodb_version"])
    if params.get("compute_autoscaling") is not None:
        asked["compute_autoscaling"] = _compute(params["compute_autoscaling"], instance_size)
    return asked


def _compute(asked: Params, instance_size: str) -> dict[str, Any]:
    """Empty where it is to be off."""
    if asked.get("enabled") is False:
        return {}
    sizes = {key: size(asked.get(key) or "") for key in ("min", "max")}
    if asked.get("min") and not number(sizes["min"]):
        raise InputError(f"atlas_compute_autoscaling.min is {asked['min']!r}. It must be a dedicated size such as M10.")
    if not number(sizes["max"]):
        raise InputError(
            f"atlas_compute_autoscaling.max is {asked.get('max')!r}. It must be a dedicated size such as M30, "
            f"so that there is a limit to what Atlas may book."
        )
    smallest = sizes["min"] or instance_size
    if not number(smallest) <= number(instance_size) <= number(sizes["max"]):
        raise InputError(
            f"atlas_instance_size is {instance_size}, which is not between the {smallest} and {sizes['max']} "
            f"of atlas_compute_autoscaling."
        )
    down = bool(asked.get("scale_down"))
    return {"max": sizes["max"], "scale_down": down, **({"min": smallest} if down else {})}
