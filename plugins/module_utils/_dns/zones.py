# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Which hosted zone answers for a domain. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import is_within, plain


@dataclass(frozen=True)
class Zone:
    """A public hosted zone. `ours` says that this component has made it."""

    id: str
    name: str
    ours: bool = False


@dataclass(frozen=True)
class Place:
    """The options that say where the records go."""

    domain: str
    zone_name: str = ""
    zone_id: str = ""


def choose(zones: Iterable[Zone], place: Place) -> Zone | None:
    """The zone that is asked for, else the longest one that `place.domain` lies in; None: it has to be made.

    Raises InputError for a zone that is not there or cannot hold the domain, and where two have one name.
    """
    public = list(zones)
    if place.zone_id:
        return _by_id(public, place)
    if place.zone_name and not is_within(place.domain, place.zone_name):
        raise InputError(
            f"dns_zone_name is {place.zone_name}, but {place.domain} (dns_domain, app_domain) does not lie in it."
        )
    fit = [
        zone
        for zone in public
        if is_within(place.domain, zone.name) and (not place.zone_name or plain(place.zone_name) == zone.name)
    ]
    longest = max((len(zone.name) for zone in fit), default=0)
    best = [zone for zone in fit if len(zone.name) == longest]
    if len(best) > 1:
        ours = [zone for zone in best if zone.ours]
        if len(ours) != 1:
            listed = " and ".join(zone.id for zone in best)
            raise InputError(
                f"{len(best)} public hosted zones are called {best[0].name}: {listed}. Give the one that the "
                f"registrar names in dns_zone_id, or delete the other."
            )
        best = ours
    return best[0] if best else None


def _by_id(zones: list[Zone], place: Place) -> Zone:
    ident = place.zone_id.removeprefix("/hostedzone/")
    for zone in zones:
        if zone.id == ident:
            if is_within(place.domain, zone.name):
                return zone
            raise InputError(f"dns_zone_id is {ident}, the zone {zone.name}, which {place.domain} does not lie in.")
    raise InputError(
        f"dns_zone_id is {ident}, but this account has no public hosted zone of that id. Leave it empty to have the "
        f"zone found by the domain."
    )


def zone_name(zone: Zone | None, place: Place) -> str:
    """The name of the zone that is used, or made: then the domain's own, which whoever has its parent can delegate."""
    return zone.name if zone else plain(place.zone_name or place.domain)
