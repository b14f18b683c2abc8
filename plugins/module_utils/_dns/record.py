# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Records of the zone. Which are ours stands in a registry beside them: see `records`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._dns import route53
from ansible_collections.calstack.aws.plugins.module_utils._dns.context import Context, EdgeKind
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import RECORD
from ansible_collections.calstack.aws.plugins.module_utils._dns.records import (
    Key,
    Registry,
    Set,
    answers,
    changes,
    in_the_way,
    read_registry,
)
from ansible_collections.calstack.aws.plugins.module_utils._dns.zones import Zone, choose
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent

PURPOSE = "record"


@dataclass(frozen=True)
class Contents:
    """What stands in a zone, and which of it is ours."""

    zone: Zone
    there: Mapping[Key, Sequence[Set]]
    registry: Registry


def contents(client: Any, scope: Scope, zone: Zone) -> Contents:
    """Of `zone`; nothing where it has gone meanwhile."""
    there = unless_absent(lambda: route53.records(client, zone.id), route53.NO_ZONE) or {}
    return Contents(zone, there, read_registry(scope.stack, zone.name, there))


def zones_in_use(client: Any, scope: Scope, context: Context) -> list[Zone]:
    """The zone of the domain first, then those of ours that were used before; none before there is any."""
    every = route53.zones(client, scope)
    chosen = choose(every, context.place)
    return ([chosen] if chosen else []) + [zone for zone in every if zone.ours and zone != chosen]


class Record(EdgeKind):
    """A name with a type; its answers are replaced as a whole, together with the registry."""

    kind = RECORD

    def __init__(self, clients: Clients, scope: Scope, context: Context) -> None:
        super().__init__(clients, scope, context)
        self._pending = ""

    @property
    def _api(self) -> Any:
        return self.clients("route53")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        """Raises InputError where a wanted record is there already, says something else and is not ours."""
        items = list(wanted)
        found: list[Found] = []
        for number, zone in enumerate(zones_in_use(self._api, self.scope, self.context)):
            inside = contents(self._api, self.scope, zone)
            if number == 0:
                self._refuse_others(inside, items)
            names = {item.name for item in items} if number == 0 else set()
            found += [
                self._found(key, inside, "" if number == 0 else f" in {zone.id}")
                for key in inside.there
                if str(key) in names or self._is_ours(inside.registry, key)
            ]
        return found

    def _is_ours(self, registry: Registry, key: Key) -> bool:
        """What proves the domain to ACM stays while anything is wanted: certificates are renewed by it."""
        purposes = {entry.purpose for entry in registry.entries if entry.key == key}
        return PURPOSE in purposes or bool(purposes and not self.context.present)

    def _refuse_others(self, inside: Contents, wanted: Sequence[Wanted]) -> None:
        if self.context.replace_records:
            return
        for item in wanted:
            name, _space, type_ = item.name.rpartition(" ")
            key = Key(name, type_)
            others = [other for other in in_the_way(key, inside.there) if not inside.registry.has(other)]
            if key in inside.there and not inside.registry.has(key):
                same = answers(inside.there[key]) == item.properties["answers"]
                # An alias to what does not exist yet cannot be the same: that is only known when it is there.
                others += [] if same else [key]
            if others:
                said = "; ".join(f"{other} is {_said(inside.there[other])}" for other in others)
                raise InputError(
                    f"the zone {inside.zone.name} has what {self.scope.stack} has not made: {said}. To have it "
                    f"replaced, which moves whoever uses that name, set dns_replace_records: true."
                )

    def _found(self, key: Key, inside: Contents, suffix: str) -> Found:
        properties = {"zone": inside.zone.id, "answers": answers(inside.there[key])}
        return Found(RECORD, f"{key}{suffix}", str(key), properties)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        self._put(name, properties)
        return Found(RECORD, name, name, properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        self._put(found.name, properties)

    def _put(self, name: str, properties: Mapping[str, Any]) -> None:
        inside = self._contents(properties["zone"])
        host, _space, type_ = name.rpartition(" ")
        key = Key(host, type_)
        gone = in_the_way(key, inside.there) if self.context.replace_records else []
        put = {key: properties["answers"]}
        self._change(inside, changes(inside.registry, inside.there, put, gone, PURPOSE))

    def delete(self, found: Found) -> None:
        inside = self._contents(str(found.properties["zone"]))
        host, _space, type_ = found.id.rpartition(" ")
        self._change(inside, changes(inside.registry, inside.there, {}, [Key(host, type_)], PURPOSE))

    def _contents(self, zone_id: str) -> Contents:
        """Read anew: other stacks write into the same zone."""
        zone = next((zone for zone in route53.zones(self._api, self.scope) if zone.id == zone_id), None)
        return contents(self._api, self.scope, zone or Zone(zone_id, ""))

    def _change(self, inside: Contents, batch: Sequence[Mapping[str, Any]]) -> None:
        why = f"{self.scope.stack}: calstack.aws.dns"
        self._pending = route53.change(self._api, inside.zone.id, batch, why) or self._pending

    def settle(self, found: Found) -> Found:
        """All name servers answer so. The newest change is in sync when the older ones are."""
        if self._pending and self.context.waits:
            ident = self._pending
            self.context.until(
                f"record {found.name}", lambda: route53.change_status(self._api, ident), route53.IN_SYNC, seconds=300.0
            )
            self._pending = ""
        return found


def _said(sets: Sequence[Set]) -> str:
    return ", ".join(
        str(said.get("alias") or " ".join(sorted(said.get("values", ()))) or "something else") for said in answers(sets)
    )
