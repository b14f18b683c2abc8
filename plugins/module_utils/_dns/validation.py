# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What makes a requested certificate an issued one: its records in the zone, and patience."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, NotReadyError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait
from ansible_collections.calstack.aws.plugins.module_utils._dns import acm, route53
from ansible_collections.calstack.aws.plugins.module_utils._dns.certificate import acm_of
from ansible_collections.calstack.aws.plugins.module_utils._dns.certificates import (
    ISSUED,
    PENDING,
    Certificate,
    Proof,
    own,
)
from ansible_collections.calstack.aws.plugins.module_utils._dns.context import Context, EdgeKind
from ansible_collections.calstack.aws.plugins.module_utils._dns.diagnosis import Case, explain, failure
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import VALIDATION, plain
from ansible_collections.calstack.aws.plugins.module_utils._dns.record import Contents, contents, zones_in_use
from ansible_collections.calstack.aws.plugins.module_utils._dns.records import TTL, Key, answers, changes, values
from ansible_collections.calstack.aws.plugins.module_utils._dns.resolver import ask, system_resolvers
from ansible_collections.calstack.aws.plugins.module_utils._dns.zones import Zone

PURPOSE = "validation"

PATIENCE = 60.0
"""Seconds after which, and then again, a validation that is not through is looked into."""

PROOFS_WITHIN = 120.0
"""Seconds in which ACM says what records it wants: usually five."""


class Validation(EdgeKind):
    """There when the certificate of its name is issued; proved while its records stand in the zone: ACM renews by them.

    What ACM has not issued yet counts as not there, so that a killed run is completed by the next.
    """

    kind = VALIDATION

    def __init__(self, clients: Clients, scope: Scope, context: Context) -> None:
        super().__init__(clients, scope, context)
        self._zones: dict[str, str] = {}

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        items = list(wanted)
        zones = zones_in_use(self.clients("route53"), self.scope, self.context) if items else []
        if not zones:
            return []
        inside = contents(self.clients("route53"), self.scope, zones[0])
        return [found for item in items if (found := self._found(item, inside))]

    def _found(self, item: Wanted, inside: Contents) -> Found | None:
        api = self._acm(item.name)
        certificate = own(acm.certificates(api), self.scope, item.name, item.properties["names"])
        if certificate is None or certificate.status != ISSUED:
            return None
        certificate = acm.describe(api, certificate.arn)
        properties = {"names": item.properties["names"], "proved": not _missing(certificate, inside)}
        return Found(VALIDATION, item.name, certificate.arn, properties)

    def _acm(self, name: str) -> Any:
        return acm_of(self.clients, self.context, self.scope, name)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        arn, zone_id = str(properties["certificate"]), str(properties["zone"])
        self._prove(self._with_proofs(name, arn), self._contents(zone_id))
        self._zones[name] = zone_id
        return Found(VALIDATION, name, arn, properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        zone = zones_in_use(self.clients("route53"), self.scope, self.context)[0]
        self._prove(acm.describe(self._acm(found.name), found.id), self._contents(zone.id))

    def _prove(self, certificate: Certificate, inside: Contents) -> None:
        put = {
            Key(plain(proof.name), "CNAME"): (values("CNAME", TTL, [proof.value]),)
            for proof in _missing(certificate, inside)
        }
        batch = changes(inside.registry, inside.there, put, (), PURPOSE)
        route53.change(self.clients("route53"), inside.zone.id, batch, f"{self.scope.stack}: calstack.aws.dns")

    def _contents(self, zone_id: str) -> Contents:
        every = route53.zones(self.clients("route53"), self.scope)
        zone = next((zone for zone in every if zone.id == zone_id), Zone(zone_id, ""))
        return contents(self.clients("route53"), self.scope, zone)

    def _with_proofs(self, name: str, arn: str) -> Certificate:
        """ACM needs some seconds to say what records it wants."""
        seen: list[Certificate] = []

        def look() -> str:
            seen.append(acm.describe(self._acm(name), arn))
            return "known" if seen[-1].proved else "not known yet"

        what = f"what ACM wants to see in the zone for the certificate {name}"
        context = self.context
        wait(Wait(what, look, ("known",), seconds=PROOFS_WITHIN, every=2.0), context.clock, context.sleep)
        return seen[-1]

    def settle(self, found: Found) -> Found:
        """Raises NotReadyError with what is wrong, as far as the zone and public DNS show it."""
        context, looked = self.context, [self.context.clock()]
        told: set[str] = set()

        def look() -> str:
            certificate = acm.describe(self._acm(found.name), found.id)
            if certificate.status not in (PENDING, ISSUED):
                raise CalstackError(
                    f"the certificate {found.name} ({found.id}) is {certificate.status}: {failure(certificate)}. "
                    f"When that is put right, run again: a new one is requested then."
                )
            if certificate.status == PENDING and context.clock() - looked[0] >= PATIENCE:
                looked[0] = context.clock()
                why = self._why(certificate, self._zones[found.name])
                if why not in told:
                    context.teller.line(f"certificate {found.name} is not issued yet: {why}", "warning")
                told.add(why)
            return certificate.status

        try:
            context.until(f"certificate {found.name}", look, ISSUED)
        except NotReadyError as error:
            certificate = acm.describe(self._acm(found.name), found.id)
            why = self._why(certificate, self._zones[found.name])
            raise CalstackError(f"{error} What is wrong: {why}.") from error
        return found

    def _why(self, certificate: Certificate, zone_id: str) -> str:
        inside = self._contents(zone_id)
        servers = route53.name_servers(self.clients("route53"), zone_id)
        resolvers = self.context.resolvers or system_resolvers()
        case = Case(inside.zone.name, servers, _missing(certificate, inside))
        return explain(certificate, case, partial(ask, resolvers=resolvers))

    def delete(self, found: Found) -> None:
        """Its records go with the others of the registry, the certificate by itself."""


def _missing(certificate: Certificate, inside: Contents) -> tuple[Proof, ...]:
    """The proofs that do not stand in the zone with ACM's value."""
    return tuple(
        proof
        for proof in certificate.proofs
        if not any(
            plain(proof.value) in said.get("values", ())
            for said in answers(inside.there.get(Key(plain(proof.name), "CNAME"), ()))
        )
    )
