# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Certificates that this component requests: one for CloudFront, one for the balancer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import is_absent
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._dns import acm
from ansible_collections.calstack.aws.plugins.module_utils._dns.certificates import Certificate, own
from ansible_collections.calstack.aws.plugins.module_utils._dns.context import Context, EdgeKind
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import (
    CERTIFICATE,
    DISTRIBUTION,
    EDGE_REGION,
    edge_certificate,
    origin_certificate,
)

IN_USE = "ResourceInUseException"


def acm_of(clients: Clients, context: Context, scope: Scope, name: str) -> Any:
    """The ACM that the certificate `name` lives in."""
    return (context.edge if name == edge_certificate(scope.stack) else clients)("acm")


class RequestedCertificate(EdgeKind):
    """Found by tag. Its names cannot be changed: one that covers no longer what is wanted is replaced.

    The one that replaces it has the name; the old one is called by the name and the end of its ARN.
    """

    kind = CERTIFICATE

    def __init__(self, clients: Clients, scope: Scope, context: Context) -> None:
        super().__init__(clients, scope, context)
        self._names = (edge_certificate(scope.stack), origin_certificate(scope.stack))

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        """Raises CalstackError when one is to go that something else uses."""
        names = {item.name: item.properties["names"] for item in wanted}
        found = [item for name in self._names for item in self._read(name, names.get(name, frozenset()))]
        if not self.context.present:
            for item in found:
                self._refuse_used(item)
        return found

    def _read(self, name: str, wanted: frozenset[str]) -> list[Found]:
        client = acm_of(self.clients, self.context, self.scope, name)
        every = [item for item in acm.certificates(client) if self._is_called(item, name)]
        best = own(every, self.scope, name, wanted)
        return [
            self._found(item, name if item == best else f"{name} {item.arn[-12:]}", wanted)
            for item in every
            if item == best or not self._is_still_used(item)
        ]

    def _is_still_used(self, item: Certificate) -> bool:
        """A replaced one goes on a later run: who shows it has not been told of the new one yet."""
        return self.context.present and bool(acm.describe(self._api(item.arn), item.arn).in_use_by)

    def _is_called(self, item: Certificate, name: str) -> bool:
        return self.scope.owns(item.tags) and item.tags.get("Name") == name

    def _found(self, item: Certificate, name: str, wanted: frozenset[str]) -> Found:
        properties = {"names": wanted or frozenset(item.names), "tags": dict(item.tags)}
        return Found(CERTIFICATE, name, item.arn, properties, {"status": item.status})

    def _refuse_used(self, found: Found) -> None:
        users = [arn for arn in acm.describe(self._api(found.id), found.id).in_use_by if not _is_distribution(arn)]
        users = [arn for arn in users if not self._goes_before(arn)]
        if users:
            raise CalstackError(
                f"the certificate {found.name} ({found.id}) is in use by {', '.join(users)}. Nothing has been deleted. "
                f"Take the component alb down first, or give it another certificate (alb_certificate_arn)."
            )

    def _goes_before(self, arn: str) -> bool:
        """Our own balancer is taken down before: in a plan it is there still, and ACM names it for minutes after."""
        if f":loadbalancer/app/{self.scope.stack}-alb/" not in arn:
            return False
        if self.context.plans:
            return True
        try:
            self.clients("elbv2").describe_load_balancers(LoadBalancerArns=[arn])
        except Exception as error:
            if is_absent(error, "LoadBalancerNotFound"):
                return True
            raise
        return False

    def _api(self, arn: str) -> Any:
        """The region stands in the ARN; where both are one region, both clients will do."""
        return (self.context.edge if arn.split(":")[3] == EDGE_REGION else self.clients)("acm")

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        client = acm_of(self.clients, self.context, self.scope, name)
        names = sorted(properties["names"], key=lambda item: (len(item), item))
        arn = acm.request(client, names, properties["tags"])
        return Found(CERTIFICATE, name, arn, properties, {"status": "PENDING_VALIDATION"})

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        pairs = [{"Key": key, "Value": value} for key, value in changed["tags"].items()]
        self._api(found.id).add_tags_to_certificate(CertificateArn=found.id, Tags=pairs)

    def delete(self, found: Found) -> None:
        """What used it lets go of it some minutes after it has gone itself."""
        client = self._api(found.id)

        def attempt() -> str:
            try:
                acm.delete(client, found.id)
            except Exception as error:
                if is_absent(error, IN_USE):
                    return "still in use"
                raise
            return "gone"

        self.context.until(f"{CERTIFICATE} {found.name}, being deleted,", attempt, "gone", seconds=900.0)


def _is_distribution(arn: str) -> bool:
    return f":{DISTRIBUTION}/" in arn
