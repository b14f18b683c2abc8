# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""PrivateLink between a VPC and an Atlas project: Atlas's endpoint service, our VPC endpoint, Atlas's side of that.

https://www.mongodb.com/docs/atlas/security-private-endpoint/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import AtlasKind, unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import (
    CREATE_ENDPOINT,
    CREATE_ENDPOINT_SERVICE,
    DELETE_ENDPOINT,
    DELETE_ENDPOINT_SERVICE,
    GET_ENDPOINT,
    GET_ENDPOINT_SERVICE,
    LIST_ENDPOINT_SERVICES,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._core.wait import Wait, wait
from ansible_collections.calstack.aws.plugins.module_utils._vpc.ec2 import Ec2Kind
from ansible_collections.calstack.aws.plugins.module_utils._vpc.endpoints import VpcEndpoint
from ansible_collections.calstack.aws.plugins.module_utils._vpc.groups import SecurityGroup

SERVICE, ENDPOINT = "Atlas endpoint service", "Atlas private endpoint"

READY_SECONDS = 1800.0
"""Atlas makes a network load balancer for a region's first service. A choice of this collection's."""

AVAILABLE = "AVAILABLE"
BROKEN = ("FAILED", "REJECTED")
LEAVING = "DELETING"
GONE = "gone"
ABSENT = (
    "PRIVATE_ENDPOINT_SERVICE_NOT_FOUND",
    "PRIVATE_ENDPOINT_NOT_FOUND",
    "PRIVATELINK_INTERFACE_ENDPOINT_NOT_FOUND",
)


class _Kind(AtlasKind):
    """What both of Atlas's sides share."""

    def services(self) -> list[dict[str, Any]]:
        """The project's endpoint services in the VPC's region."""
        every = self.api.every(LIST_ENDPOINT_SERVICES, project=self.project)
        return [item for item in every if item.get("regionName") == self.region]

    @property
    def region(self) -> str:
        """As Atlas writes it: EU_WEST_1."""
        return str(self.clients("ec2").meta.region_name).upper().replace("-", "_")

    def ours(self) -> dict[str, str]:
        """What the VPC endpoints that carry our tags lead to, by their ids."""
        items = AtlasVpcEndpoint(self.clients, self.scope).items()
        return {str(item["VpcEndpointId"]): str(item["ServiceName"]) for item in items}

    def until(self, what: str, state: Any, *until: str) -> None:
        wait(Wait(what, state, until, BROKEN, READY_SECONDS, every=10.0), self.clock, self.sleep)


class EndpointService(_Kind):
    """A project has one for each region, which others may use as well.

    It goes with our endpoint, when nobody else's is left. One without any endpoint, where we have none, is somebody
    else's who has not come to it yet: `left` has its id then.
    """

    kind = SERVICE

    def __init__(self, clients: Clients, scope: Scope, **given: Any) -> None:
        super().__init__(clients, scope, **given)
        self.left: list[str] = []

    def read_project(self, wanted: Iterable[Wanted]) -> list[Found]:
        there = self._staying()
        names = [item.name for item in wanted]
        if names:
            # One that is not ready has no name to refer to yet: it is made, which finds it again.
            ready = (item for item in there if item["status"] == AVAILABLE)
            return [self._found(name, item) for item in ready for name in names]
        ours, has_group = self.ours(), bool(SecurityGroup(self.clients, self.scope).items())
        mine = [item for item in there if is_ours(item, ours, has_group=has_group)]
        self.left[:] = [item["id"] for item in there if not item.get("interfaceEndpoints") and item not in mine]
        return [self._found(self.scope.stack, item) for item in mine]

    def _staying(self) -> list[dict[str, Any]]:
        return [item for item in self.services() if item["status"] != LEAVING]

    def _found(self, name: str, item: Mapping[str, Any]) -> Found:
        return Found(self.kind, name, item["id"], {}, attributes(item))

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        for item in self._staying():
            return self._found(name, item)

        def leaving() -> str:
            return "still being deleted" if self.services() else GONE

        self.until(f"the former {self.kind} of {self.region}", leaving, GONE)
        body = {"providerName": "AWS", "region": self.region}
        return self._found(name, self.api.call(CREATE_ENDPOINT_SERVICE, body=body, project=self.project))

    def settle(self, found: Found) -> Found:
        seen: list[Mapping[str, Any]] = []

        def state() -> str:
            seen[:] = [self.api.call(GET_ENDPOINT_SERVICE, project=self.project, service=found.id)]
            return told(seen[0], "status")

        self.until(f"{self.kind} {found.name}", state, AVAILABLE)
        return self._found(found.name, seen[0])

    def delete(self, found: Found) -> None:
        """Returns when it is gone: Atlas deletes no project that has one."""
        unless_absent(lambda: self.api.call(DELETE_ENDPOINT_SERVICE, project=self.project, service=found.id), *ABSENT)

        def state() -> str:
            return "still there" if any(item["id"] == found.id for item in self.services()) else GONE

        self.until(f"the deletion of {self.kind} {found.name}", state, GONE)


class AtlasVpcEndpoint(VpcEndpoint):
    """Our VPC endpoint: it becomes available only after Atlas has accepted it, so nobody waits for that here."""

    def items(self) -> list[dict[str, Any]]:
        return [item for item in Ec2Kind.items(self) if item["State"].lower() not in ("deleting", "deleted")]

    def found(self, item: Mapping[str, Any]) -> Found:
        found = super().found(item)
        state = found.properties["state"]
        usable = "usable" if state in ("pendingacceptance", "pending", "available") else state
        return Found(found.kind, found.name, found.id, {**found.properties, "state": usable})

    def settle(self, found: Found) -> Found:
        return found

    def amend(self, found: Found, changed: Mapping[str, Any]) -> None:
        if "state" in changed:
            raise CalstackError(
                f"it ({found.id}) is {found.properties['state']} and stays so: take the private endpoint down "
                "(state absent) and build it anew."
            )
        super().amend(found, changed)


class AtlasEndpoint(_Kind):
    """Atlas's side of our VPC endpoint."""

    kind = ENDPOINT
    fixed = frozenset({"service"})

    def read_project(self, wanted: Iterable[Wanted]) -> list[Found]:
        ours = self.ours()
        found = [
            self._found(service["id"], ident)
            for service in self.services()
            for ident in service.get("interfaceEndpoints") or ()
            if ident in ours
        ]
        return [item for item in found if item.properties["status"] != LEAVING]

    def _found(self, service: str, ident: str) -> Found:
        status = self._get(service, ident)["connectionStatus"]
        properties = {"service": service, "endpoint": ident, "status": status}
        return Found(self.kind, self.scope.stack, ident, properties)

    def _get(self, service: str, ident: str) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self.api.call(GET_ENDPOINT, project=self.project, service=service, endpoint=ident)
        return answer

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        ident = properties["endpoint"]
        self.api.call(CREATE_ENDPOINT, body={"id": ident}, project=self.project, service=properties["service"])
        return Found(self.kind, name, ident, properties)

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        """It is only ever not ready yet."""
        self.settle(found)

    def settle(self, found: Found) -> Found:
        service = found.properties["service"]
        what = f"{self.kind} {found.name} ({found.id})"
        self.until(what, lambda: told(self._get(service, found.id), "connectionStatus"), AVAILABLE)
        return found

    def delete(self, found: Found) -> None:
        """Returns when it is gone: Atlas deletes no service that has one."""
        given = {"project": self.project, "service": found.properties["service"], "endpoint": found.id}
        unless_absent(lambda: self.api.call(DELETE_ENDPOINT, **given), *ABSENT)

        def state() -> str:
            left = {ident for item in self.services() for ident in item.get("interfaceEndpoints") or ()}
            return "still there" if found.id in left else GONE

        self.until(f"the deletion of {self.kind} {found.name}", state, GONE)


def is_ours(service: Mapping[str, Any], ours: Mapping[str, str], *, has_group: bool) -> bool:
    """Whether the endpoint service goes when we go. Pure.

    `ours` are our VPC endpoints, `has_group` says whether there is the security group of one: it outlives the endpoint,
    so that a deletion which was killed in between is completed.
    """
    ends = set(service.get("interfaceEndpoints") or ())
    if not ends <= ours.keys():
        return False
    return bool(ends) or has_group or service.get("endpointServiceName") in ours.values()


def attributes(service: Mapping[str, Any]) -> dict[str, str]:
    """A service has no name at first. Pure."""
    name = service.get("endpointServiceName")
    return {"service_name": name} if name else {}


def told(answer: Mapping[str, Any], key: str) -> str:
    """The status, or CalstackError with Atlas's reason where it will never be AVAILABLE. Pure."""
    status = str(answer[key])
    if status in BROKEN:
        why = answer.get("errorMessage") or "Atlas gives no reason"
        raise CalstackError(f"Atlas says {status}: {why}. Take it down (state absent) and build it anew.")
    return status
