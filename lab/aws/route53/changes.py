"""Changes of record sets as Route 53 takes them: all of a batch or nothing (pure).

Source: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
"""

from collections.abc import Sequence
from typing import Any

Record = dict[str, Any]
"""A ResourceRecordSet in the API's words."""
Key = tuple[str, str, str]

NEITHER = (
    "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
    "TrafficPolicyInstanceId]"
)
OWN = ("NS", "SOA")
"""The record sets at a zone's apex that every zone has and keeps."""


class RefusedChangesError(Exception):
    """The batch, with what Route 53 says about each change that it refuses."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__(f"[{', '.join(messages)}]")


def name_of(name: str) -> str:
    """In lower case, with a dot at the end, and odd characters in octal, as Route 53 answers names."""
    dotted = name.lower().rstrip(".") + "."
    return "".join(character if _is_plain(character) else f"\\{ord(character):03o}" for character in dotted)


def _is_plain(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "-_.\\")


def key_of(record: Record) -> Key:
    return name_of(record["Name"]), record["Type"], record.get("SetIdentifier") or ""


def normal(record: Record) -> Record:
    """As it is kept: without what was not given, its name in Route 53's form."""
    kept = {name: value for name, value in record.items() if value not in (None, [])}
    kept["Name"] = name_of(record["Name"])
    if "TTL" in kept:
        kept["TTL"] = int(kept["TTL"])
    if alias := kept.get("AliasTarget"):
        kept["AliasTarget"] = {**alias, "DNSName": name_of(alias["DNSName"])}
    return kept


def change(zone: str, there: Sequence[Record], changes: Sequence[dict[str, Any]]) -> list[Record]:
    """The zone's record sets after the changes. Raises RefusedChangesError, and then nothing has changed."""
    apex = name_of(zone)
    records = {key_of(record): record for record in there}
    refused: list[str] = []
    for item in changes:
        record = normal(item["ResourceRecordSet"])
        words = refusal(apex, records, item["Action"], record)
        if words:
            refused.append(words)
        elif item["Action"] == "DELETE":
            del records[key_of(record)]
        else:
            records[key_of(record)] = record
    if refused:
        raise RefusedChangesError(refused)
    return list(records.values())


def refusal(apex: str, records: dict[Key, Record], action: str, record: Record) -> str | None:
    """Why Route 53 refuses a change of the record sets so far, in its words, or None."""
    name, kind, _ = key = key_of(record)
    words = f"[name='{name}', type='{kind}'{_identifier(record)}]"
    if name != apex and not name.endswith(f".{apex}"):
        return f"RRSet with DNS name {name} is not permitted in zone {apex}"
    if ("AliasTarget" in record) == ("ResourceRecords" in record and "TTL" in record):
        found = "more than one" if "AliasTarget" in record else "none"
        where = f"Action={action}, Name={name}, Type={kind}, SetIdentifier={record.get('SetIdentifier', 'null')}"
        return f"{NEITHER}, but found {found} in Change with [{where}]"
    if action == "DELETE":
        if key not in records:
            return f"Tried to delete resource record set {words} but it was not found"
        if records[key] != record:
            return (
                f"Tried to delete resource record set {words} but the values provided do not match the current values"
            )
        if name == apex and kind in OWN:
            return f"A HostedZone must contain at least one {kind} record for the zone itself."
        return None
    if action == "CREATE" and key in records:
        return f"Tried to create resource record set {words} but it already exists"
    return _conflict(apex, records, record, words)


def _conflict(apex: str, records: dict[Key, Record], record: Record, words: str) -> str | None:
    """A CNAME stands alone, and a name has simple record sets or ones with an identifier."""
    name, kind, identifier = key_of(record)
    others = [key for key in records if key[0] == name]
    if kind == "CNAME" and name == apex:
        return f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {apex}"
    alone = f"RRSet of type {kind} with DNS name {name} is not permitted"
    if kind == "CNAME" and any(other != "CNAME" for _, other, _ in others):
        return f"{alone} as it conflicts with other records with the same DNS name in zone {apex}"
    if kind != "CNAME" and any(other == "CNAME" for _, other, _ in others):
        return f"{alone} because a conflicting RRSet of type CNAME with the same DNS name already exists in zone {apex}"
    if any(other == kind and bool(known) != bool(identifier) for _, other, known in others):
        return (
            f"Tried to create resource record set {words} but the record set has both simple and other routing policies"
        )
    return None


def _identifier(record: Record) -> str:
    identifier = record.get("SetIdentifier")
    return f", set-identifier='{identifier}'" if identifier else ""


def order(record: Record) -> tuple[list[str], str, str]:
    """Route 53's order of record sets: by the labels of the name from the right, then by type."""
    name, kind, identifier = key_of(record)
    return list(reversed(name.rstrip(".").split("."))), kind, identifier
