# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The rules of a security group in words that can be compared: what may pass, and from or to whom. Pure.

Rules map the traffic (`tcp 443`, `tcp 27015-27017`, `all`) to a set of peers: CIDRs, security groups, prefix lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Rules = Mapping[str, frozenset[str]]

EVERYTHING = "-1"
"""EC2's protocol for all protocols."""

_TRAFFIC = re.compile(r"^(?P<protocol>\S+)(?: (?P<first>-?\d+)(?:-(?P<last>-?\d+))?)?$")


def traffic(protocol: str, first: int | None = None, last: int | None = None) -> str:
    """The traffic's name; for ICMP `first` and `last` are type and code."""
    if protocol == EVERYTHING:
        return "all"
    if first is None:
        return protocol
    return f"{protocol} {first}" if last in (None, first) else f"{protocol} {first}-{last}"


def normalise(permissions: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """EC2's IpPermissions as Rules. Descriptions are nobody's business."""
    rules: dict[str, frozenset[str]] = {}
    for item in permissions:
        name = traffic(item["IpProtocol"], item.get("FromPort"), item.get("ToPort"))
        rules[name] = rules.get(name, frozenset()) | frozenset(_peers(item))
    return {name: peers for name, peers in rules.items() if peers}


def _peers(permission: Mapping[str, Any]) -> Iterable[str]:
    for key, field in _FIELDS.items():
        for item in permission.get(key) or ():
            yield item[field]


_FIELDS = {
    "UserIdGroupPairs": "GroupId",
    "PrefixListIds": "PrefixListId",
    "Ipv6Ranges": "CidrIpv6",
    "IpRanges": "CidrIp",
}


def permissions(rules: Rules) -> list[dict[str, Any]]:
    """Rules as EC2's IpPermissions."""
    return [{**_head(name), **_tail(peers)} for name, peers in rules.items()]


def _head(name: str) -> dict[str, Any]:
    if name == "all":
        return {"IpProtocol": EVERYTHING}
    match = _TRAFFIC.match(name)
    if not match:
        raise ValueError(f"{name!r} is no traffic")
    if match["first"] is None:
        return {"IpProtocol": match["protocol"]}
    return {
        "IpProtocol": match["protocol"],
        "FromPort": int(match["first"]),
        "ToPort": int(match["last"] or match["first"]),
    }


def _tail(peers: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    tail: dict[str, list[dict[str, str]]] = {}
    for peer in sorted(peers):
        key = _field_of(peer)
        tail.setdefault(key, []).append({_FIELDS[key]: peer})
    return tail


def _field_of(peer: str) -> str:
    if peer.startswith("sg-"):
        return "UserIdGroupPairs"
    if peer.startswith("pl-"):
        return "PrefixListIds"
    return "Ipv6Ranges" if ":" in peer else "IpRanges"


def without(rules: Rules, others: Rules) -> dict[str, frozenset[str]]:
    """Those of `rules` that are not among `others`."""
    left = {name: peers - others.get(name, frozenset()) for name, peers in rules.items()}
    return {name: peers for name, peers in left.items() if peers}
