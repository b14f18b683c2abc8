# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The hosted zone, where this component has to make one. A zone that is found is used, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._dns import route53
from ansible_collections.calstack.aws.plugins.module_utils._dns.context import EdgeKind
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import ZONE
from ansible_collections.calstack.aws.plugins.module_utils._dns.records import read_registry, strangers
from ansible_collections.calstack.aws.plugins.module_utils._dns.zones import Zone
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent

SORT = "hostedzone"


class HostedZone(EdgeKind):
    """Ours are known by the caller reference they were made with, and carry tags."""

    kind = ZONE
    adopts = True

    @property
    def _api(self) -> Any:
        return self.clients("route53")

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        """While anything is wanted, a zone of ours that is no longer used stays: somebody may point at it.

        Raises CalstackError when one is to go that holds somebody else's records.
        """
        names = {item.name for item in wanted}
        ours = [zone for zone in route53.zones(self._api, self.scope) if zone.ours]
        if self.context.present:
            ours = [zone for zone in ours if zone.name in names]
        else:
            for zone in ours:
                self._refuse_strangers(zone)
        return [self._found(zone) for zone in ours]

    def _refuse_strangers(self, zone: Zone) -> None:
        there = route53.records(self._api, zone.id)
        if others := strangers(zone.name, read_registry(self.scope.stack, zone.name, there), there):
            listed = ", ".join(map(str, others[:10])) + (" …" if len(others) > 10 else "")
            raise CalstackError(
                f"the hosted zone {zone.name} ({zone.id}) holds records that others have made: {listed}. Nothing has "
                f"been deleted. Delete them, or move them to another zone, then run again."
            )

    def _found(self, zone: Zone) -> Found:
        servers = " ".join(route53.name_servers(self._api, zone.id))
        properties = {"tags": route53.tags(self._api, SORT, zone.id)}
        return Found(ZONE, zone.name, zone.id, properties, {"name_servers": servers})

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        answer = self._api.create_hosted_zone(
            Name=name,
            CallerReference=route53.caller_reference(self.scope),
            HostedZoneConfig={"Comment": f"{self.scope.stack}, made by calstack.aws.dns", "PrivateZone": False},
        )
        zone = Zone(route53.short(answer["HostedZone"]["Id"]), name, ours=True)
        route53.tag(self._api, SORT, zone.id, properties["tags"])
        servers = answer.get("DelegationSet", {}).get("NameServers", ())
        self.context.teller.line(
            f"hosted zone {name} is new: at the registrar, or in the parent zone, enter the name servers "
            f"{', '.join(sorted(servers))}",
            "warning",
        )
        return self._found(zone)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        route53.tag(self._api, SORT, found.id, changed["tags"])

    def delete(self, found: Found) -> None:
        unless_absent(lambda: self._api.delete_hosted_zone(Id=found.id), route53.NO_ZONE)
