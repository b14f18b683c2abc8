# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The sizes of clusters: what they are called, how they compare, how many connections they take. Pure."""

from __future__ import annotations

import re
from typing import Literal

Tier = Literal["M0", "FLEX", "dedicated"]

RESERVED_CONNECTIONS = 10
"""How many of each node's connections Atlas keeps to itself."""

# On AWS, per node: https://www.mongodb.com/docs/atlas/reference/atlas-limits/#connection-limits-and-cluster-tier.
# NVMe sizes have a table of their own, which is not copied here.
_CONNECTIONS = {
    "M0": 500,
    "FLEX": 500,
    "M10": 1500,
    "M20": 3000,
    "M30": 3000,
    "M40": 6000,
    "M50": 16000,
    "M60": 32000,
    "M80": 96000,
    "M140": 96000,
    "M200": 128000,
    "M300": 128000,
    "R40": 4000,
    "R50": 16000,
    "R60": 32000,
    "R80": 64000,
    "R140": 96000,
    "R200": 128000,
    "R300": 128000,
    "R400": 128000,
    "R700": 128000,
}

_DEDICATED = re.compile(r"[MR](\d{2,4})(_NVME)?")
_SHARED = ("M0", "FLEX")


def size(text: str) -> str:
    """A size as Atlas writes it, from any case; "" for what is none. Sizes that are new to this file pass."""
    name = text.strip().upper()
    return name if name in _SHARED or _DEDICATED.fullmatch(name) else ""


def tier(instance_size: str) -> Tier:
    """Which of Atlas's three kinds of clusters have the size."""
    if instance_size == "M0":
        return "M0"
    return "FLEX" if instance_size == "FLEX" else "dedicated"


def number(instance_size: str) -> int:
    """By what dedicated sizes compare: 40 of M40, R40 and M40_NVME; 0 for a shared one."""
    match = _DEDICATED.fullmatch(instance_size)
    return int(match[1]) if match else 0


def is_nvme(instance_size: str) -> bool:
    """Whether the disks are local ones, which come with the size and do not grow."""
    return instance_size.endswith("_NVME")


def connection_limit(instance_size: str) -> int | None:
    """How many connections one node takes, RESERVED_CONNECTIONS included; None for a size that is not known here."""
    return _CONNECTIONS.get(instance_size)


def usual_time(instance_size: str) -> str:
    """How long new clusters of the size were seen to take until they were IDLE."""
    return "3 to 27 s" if instance_size in _SHARED else "12 to 29 min"
