"""What Route 53 answers from the account's public zones (pure).

Of record sets with one name and type it answers the first PRIMARY, the one for everywhere, the heaviest or simply the
first; multivalue ones all. Health checks are taken for healthy: nothing here probes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
LONGEST_CHAIN = 8
"""CNAMEs and aliases that are followed one after the other."""
ALIAS_TTL = 60
"""Of an answer through an alias to a balancer or a distribution."""


@dataclass(frozen=True)
class Record:
    name: str
    type: str
    ttl: int
    values: tuple[str, ...] = ()
    alias: str = ""
    """AliasTarget's DNSName; then there are no values."""
    rank: tuple[int, ...] = (0,)
    """The least is answered where several sets have one name and type."""
    multi: bool = False


@dataclass(frozen=True)
class Zone:
    name: str
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Answer:
    code: int
    records: tuple[Record, ...] = ()
    soa: Record | None = None


def dotted(name: str) -> str:
    return name.lower().rstrip(".") + "."


def zone(name: str, records: Iterable[Mapping[str, Any]]) -> Zone:
    """A zone of record sets in the API's words."""
    return Zone(dotted(name), tuple(_record(item) for item in records))


def _record(item: Mapping[str, Any]) -> Record:
    alias = item.get("AliasTarget") or {}
    everywhere = (item.get("GeoLocation") or {}).get("CountryCode", "*") != "*"
    rank = (int(item.get("Failover") == "SECONDARY"), int(everywhere), -int(item.get("Weight") or 0))
    return Record(
        name=unescape(dotted(item["Name"])),
        type=item["Type"],
        ttl=int(item.get("TTL") or ALIAS_TTL),
        values=tuple(value["Value"] for value in item.get("ResourceRecords") or ()),
        alias=dotted(alias["DNSName"]) if alias else "",
        rank=rank,
        multi=bool(item.get("MultiValueAnswer")),
    )


def unescape(name: str) -> str:
    r"""Route 53 writes `*` as `\052`."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), name)


class Zones:
    """`hosts` are the names of distributions, with their addresses."""

    def __init__(self, zones: Sequence[Zone] = (), hosts: Mapping[str, str] | None = None) -> None:
        self._zones = sorted(zones, key=lambda zone: len(zone.name), reverse=True)
        self._hosts = {dotted(name): address for name, address in (hosts or {}).items()}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Zones) and (self._zones, self._hosts) == (other._zones, other._hosts)

    __hash__ = None  # type: ignore[assignment]  # it is only compared

    def address(self, name: str) -> str | None:
        """The first IPv4 address of a host name."""
        found = [value for record in self.ask(name, "A").records if record.type == "A" for value in record.values]
        return found[0] if found else None

    def ask(self, name: str, kind: str) -> Answer:
        """As the zone's name server answers; CNAMEs are followed as far as the account's zones lead."""
        return self._follow(dotted(name), kind, LONGEST_CHAIN)

    def _follow(self, name: str, kind: str, most: int) -> Answer:
        """`most` is how many names more may be asked for."""
        chain: list[Record] = []
        for left in range(most, 0, -1):
            step = self._step(name, kind, left - 1)
            chain += step.records
            following = step.records[0] if step.records and step.records[0].type == "CNAME" else None
            if following is None or kind == "CNAME":
                return replace(step, records=tuple(chain))
            name = dotted(following.values[0])
            if name not in self._hosts and self._zone_of(name) is None:
                return Answer(NOERROR, tuple(chain))
        return Answer(SERVFAIL)

    def _step(self, name: str, kind: str, left: int) -> Answer:
        if literal := _literal(name, kind, self._hosts):
            return Answer(NOERROR, (literal,)) if literal.values else Answer(NOERROR)
        zone = self._zone_of(name)
        if zone is None:
            return Answer(REFUSED)
        soa = next((record for record in zone.records if record.type == "SOA"), None)
        named = list(_named(zone, name))
        if not named:
            return Answer(NOERROR if _has_below(zone, name) else NXDOMAIN, (), soa)
        chosen = _choose(named, kind) or _choose(named, "CNAME")
        if chosen is None:
            return Answer(NOERROR, (), soa)
        if not chosen.alias:
            return Answer(NOERROR, (replace(chosen, name=name),))
        target = self._follow(_without_dualstack(chosen.alias), kind, left)
        values = tuple(value for record in target.records if record.type == kind for value in record.values)
        return Answer(NOERROR, (Record(name, kind, ALIAS_TTL, values),)) if values else Answer(NOERROR, (), soa)

    def _zone_of(self, name: str) -> Zone | None:
        return next((zone for zone in self._zones if name == zone.name or name.endswith(f".{zone.name}")), None)


def _literal(name: str, kind: str, hosts: Mapping[str, str]) -> Record | None:
    """The lab's balancers have an address for a name, its distributions a name that stands in no zone."""
    address = name.rstrip(".") if re.fullmatch(r"127(\.\d{1,3}){3}\.", name) else hosts.get(name)
    return Record(name, kind, ALIAS_TTL, (address,) if kind == "A" else ()) if address else None


def _without_dualstack(name: str) -> str:
    return name.removeprefix("dualstack.")


def _named(zone: Zone, name: str) -> Iterator[Record]:
    """The record sets of a name, else those of the closest wildcard above it."""
    exact = [record for record in zone.records if record.name == name]
    if exact or _has_below(zone, name):
        yield from exact
        return
    above = name
    while above != zone.name:
        above = above.partition(".")[2]
        starred = [record for record in zone.records if record.name == f"*.{above}"]
        if starred or any(record.name == above for record in zone.records):
            yield from starred
            return


def _has_below(zone: Zone, name: str) -> bool:
    return any(record.name.endswith(f".{name}") for record in zone.records)


def _choose(records: Sequence[Record], kind: str) -> Record | None:
    sets = sorted((record for record in records if record.type == kind), key=lambda record: record.rank)
    if not sets:
        return None
    if sets[0].multi:
        return replace(sets[0], values=tuple(value for record in sets if record.multi for value in record.values))
    return sets[0]
