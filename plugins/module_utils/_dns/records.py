# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Records as they are compared, and the registry of those that are ours. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._dns.names import plain

Set = Mapping[str, Any]
"""A resource record set as Route 53 has it."""

TTL = 300
CHARACTERS = 255
"""Of one string of a TXT record: https://www.rfc-editor.org/rfc/rfc1035#section-3.3"""

HOST_TYPES = ("CNAME", "NS", "PTR")
"""Types whose whole value is a host name, so that case and a dot at the end say nothing."""


@dataclass(frozen=True, order=True)
class Key:
    """A record's name, as it is compared, and its type."""

    name: str
    type: str

    def __str__(self) -> str:
        return f"{self.name} {self.type}"


@dataclass(frozen=True)
class Entry:
    """One of ours, as the registry has it: `purpose` is "record" or "validation"."""

    purpose: str
    key: Key


def key_of(record: Set) -> Key:
    return Key(plain(record["Name"]), record["Type"])


def by_key(records: Iterable[Set]) -> dict[Key, tuple[Set, ...]]:
    """A zone's record sets by name and type; several of one key differ by their SetIdentifier."""
    ordered = sorted(records, key=key_of)
    return {key: tuple(items) for key, items in groupby(ordered, key=key_of)}


# Answers: what a record says, in our words, in an order that compares.


def answers(records: Sequence[Set]) -> tuple[dict[str, Any], ...]:
    """What the record sets of one key answer, in our words."""
    return tuple(sorted((_answer(item) for item in records), key=lambda item: str(item.get("failover", ""))))


def _answer(record: Set) -> dict[str, Any]:
    if target := record.get("AliasTarget"):
        said: dict[str, Any] = alias(target["DNSName"], target["HostedZoneId"], bool(target["EvaluateTargetHealth"]))
    else:
        values = [item["Value"] for item in record.get("ResourceRecords", ())]
        said = {"ttl": record.get("TTL"), "values": frozenset(_value(record["Type"], value) for value in values)}
    if "Failover" in record:
        said["failover"] = record["Failover"]
    if "HealthCheckId" in record:
        said["health_check"] = record["HealthCheckId"]
    if others := sorted({"Weight", "Region", "GeoLocation", "MultiValueAnswer", "CidrRoutingConfig"} & record.keys()):
        said["routing"] = ", ".join(others)
    return said


def alias(name: Any, zone: Any, evaluate: bool = False) -> dict[str, Any]:
    """An alias to another AWS resource. `name` and `zone` may be Refs."""
    target = plain(name).removeprefix("dualstack.") if isinstance(name, str) else name
    return {"alias": target, "zone": zone, "evaluate": evaluate}


def values(type_: str, ttl: int, given: Iterable[str]) -> dict[str, Any]:
    """A record with values, as Route 53 would have them."""
    return {"ttl": ttl, "values": frozenset(_value(type_, value) for value in given)}


def _value(type_: str, value: str) -> str:
    if type_ in ("TXT", "SPF"):
        return value if value.startswith('"') else quoted(value)
    if type_ in HOST_TYPES:
        return plain(value)
    return value.strip()


def quoted(text: str) -> str:
    """A text as strings of a TXT record."""
    pieces = [text[start : start + CHARACTERS] for start in range(0, len(text), CHARACTERS)] or [""]
    return " ".join('"' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"' for piece in pieces)


def to_sets(key: Key, said: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Answers of ours as Route 53 takes them. What fails over goes by its SetIdentifier, which is its role."""
    return [_to_set(key, item) for item in said]


def _to_set(key: Key, item: Mapping[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {"Name": f"{key.name}.", "Type": key.type}
    if "alias" in item:
        target = {"HostedZoneId": item["zone"], "DNSName": item["alias"], "EvaluateTargetHealth": item["evaluate"]}
        record["AliasTarget"] = target
    else:
        record |= {"TTL": item["ttl"], "ResourceRecords": [{"Value": value} for value in sorted(item["values"])]}
    if "failover" in item:
        record |= {"SetIdentifier": item["failover"], "Failover": item["failover"]}
    if "health_check" in item:
        record["HealthCheckId"] = item["health_check"]
    return record


# The registry: records have no tags, so a TXT record beside them lists which are ours.


@dataclass(frozen=True)
class Registry:
    """Of one stack in one zone. `raw` is its record set; none where there is no registry yet."""

    key: Key
    entries: frozenset[Entry] = frozenset()
    raw: Set | None = field(default=None, compare=False)

    def has(self, key: Key) -> bool:
        return any(entry.key == key for entry in self.entries)


def registry_key(stack: str, zone: str) -> Key:
    return Key(f"_calstack-{stack}.{plain(zone)}".lower(), "TXT")


def read_registry(stack: str, zone: str, there: Mapping[Key, Sequence[Set]]) -> Registry:
    """The registry as the zone has it. What in it is not understood is left out, and goes when it is written next."""
    key = registry_key(stack, zone)
    sets = there.get(key, ())
    if not sets:
        return Registry(key)
    texts = [item["Value"].strip('"').split() for item in sets[0].get("ResourceRecords", ())]
    entries = frozenset(Entry(text[0], Key(plain(text[2]), text[1])) for text in texts if len(text) == 3)
    return Registry(key, entries, sets[0])


def changes(
    registry: Registry,
    there: Mapping[Key, Sequence[Set]],
    put: Mapping[Key, Sequence[Mapping[str, Any]]],
    drop: Iterable[Key],
    purpose: str,
) -> list[dict[str, Any]]:
    """One batch, which Route 53 carries out wholly or not at all: the records and the registry with them.

    `put` are records to have; `drop` those to have no more. Nothing where all is as it should be.
    """
    gone = set(drop)
    batch = [_change("DELETE", item) for key in sorted(gone) for item in there.get(key, ())]
    for key, said in sorted(put.items(), key=lambda pair: pair[0]):
        batch += _replace(key, there.get(key, ()), said)
    entries = {entry for entry in registry.entries if entry.key not in gone and entry.key not in put}
    entries |= {Entry(purpose, key) for key in put}
    return batch + _reregister(registry, entries)


def _replace(key: Key, old: Sequence[Set], said: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if answers(old) == tuple(said):
        return []
    new = to_sets(key, said)
    stays = {item.get("SetIdentifier") for item in new}
    gone = [_change("DELETE", item) for item in old if item.get("SetIdentifier") not in stays]
    return gone + [_change("UPSERT", item) for item in new]


def _reregister(registry: Registry, entries: set[Entry]) -> list[dict[str, Any]]:
    if entries == registry.entries:
        return []
    if not entries:
        return [_change("DELETE", registry.raw)] if registry.raw else []
    texts = sorted(quoted(f"{entry.purpose} {entry.key.type} {entry.key.name}") for entry in entries)
    record = {"Name": f"{registry.key.name}.", "Type": "TXT", "TTL": TTL}
    return [_change("UPSERT", record | {"ResourceRecords": [{"Value": text} for text in texts]})]


def _change(action: str, record: Set) -> dict[str, Any]:
    return {"Action": action, "ResourceRecordSet": dict(record)}


def strangers(zone: str, registry: Registry, there: Iterable[Key]) -> list[Key]:
    """What stands in the zone besides our records, and the two that every zone has."""
    apex = {Key(plain(zone), "NS"), Key(plain(zone), "SOA")}
    return sorted(key for key in there if key not in apex and key != registry.key and not registry.has(key))


def in_the_way(key: Key, there: Iterable[Key]) -> list[Key]:
    """Records that cannot stand beside `key`: a CNAME has its name for itself."""
    others = [other for other in there if other.name == key.name and other.type != key.type]
    return sorted(others if key.type == "CNAME" else [other for other in others if other.type == "CNAME"])
