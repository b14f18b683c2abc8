"""Route 53: batches that are checked as AWS checks them, changes that take their time."""

import secrets
import string
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult
from moto.route53.exceptions import HostedZoneNotEmpty, NoSuchHealthCheck
from moto.route53.models import DelegationSet, FakeZone, HealthCheck, RecordSet, Route53Backend
from moto.route53.responses import Route53

from lab.aws.patching import wrap
from lab.aws.route53.changes import OWN, Record, RefusedChangesError, change, name_of, normal, order
from lab.settings import Settings

SHARE = 0.25
"""Of a distribution's time until a change is INSYNC; AWS takes up to a minute."""
SERVERS = ("com", "net", "org", "co.uk")


class Route53Error(ServiceException):
    """What Route 53 refuses, with its code."""


def apply(settings: Settings) -> None:
    zones()
    records()
    pages()
    changes(settings.edge_seconds * SHARE)
    health_checks()


def read(zone: FakeZone) -> list[Record]:
    """A zone's record sets in the API's words."""
    return [as_record(item) for item in zone.rrsets]


def as_record(item: RecordSet) -> Record:
    names = {
        "SetIdentifier": item.set_identifier,
        "Weight": item.weight,
        "Region": item.region,
        "GeoLocation": item.geo_location,
        "Failover": item.failover,
        "MultiValueAnswer": item.multi_value_answer,
        "TTL": item.ttl,
        "AliasTarget": item.alias_target,
        "HealthCheckId": item.health_check_id,
    }
    values = [{"Value": value} for value in item.records or []]
    return normal({"Name": item.name, "Type": item.type, **names, "ResourceRecords": values})


def as_set(record: Record) -> RecordSet:
    """moto's form, in which values stand alone."""
    values = [item["Value"] for item in record.get("ResourceRecords") or []]
    return RecordSet({**record, "ResourceRecords": values})


def zones() -> None:
    """Every zone has name servers of its own, and a CallerReference makes one zone; moto's share four."""

    @wrap(Route53Backend, "create_hosted_zone")
    def create(original: Callable[..., FakeZone], backend: Route53Backend, name: str, **named: Any) -> FakeZone:
        reference = named.get("caller_reference")
        if any(zone.caller_reference == reference for zone in backend.zones.values()):
            words = f"A hosted zone has already been created with the specified caller reference: {reference}"
            raise Route53Error("HostedZoneAlreadyExists", words)
        zone = original(backend, name_of(name), **named)
        if not zone.private_zone and not named.get("delegation_set_id"):
            zone.delegation_set = DelegationSet("", name_servers(), "")
            zone.delegation_set.id = ""
        servers = zone.delegation_set.name_servers if zone.delegation_set else name_servers()
        zone.rrsets = [as_set(record) for record in apex_records(zone.name, servers)]
        return zone

    @wrap(Route53Backend, "delete_hosted_zone")
    def delete(original: Callable[..., Any], backend: Route53Backend, id_: str) -> Any:
        zone = backend.get_hosted_zone(id_)
        if any(item.type not in OWN or item.name != zone.name for item in zone.rrsets):
            raise HostedZoneNotEmpty()
        zone.rrsets = []
        backend.resource_tags.pop(zone.resource_id, None)
        return original(backend, id_)

    @wrap(Route53Backend, "list_hosted_zones_by_name")
    def by_name(
        original: Callable[..., Any], backend: Route53Backend, dnsname: str | None
    ) -> tuple[str | None, list[FakeZone]]:
        """From the name on, in the order of labels from the right; moto gives that zone alone."""
        _, ordered = original(backend, None)
        ordered.sort(key=lambda zone: _labels(zone.name))
        if not dnsname:
            return None, ordered
        return dnsname, [zone for zone in ordered if _labels(zone.name) >= _labels(name_of(dnsname))]


def _labels(name: str) -> list[str]:
    return list(reversed(name.rstrip(".").split(".")))


def name_servers() -> list[str]:
    """Four, each under another top-level domain, as Route 53 gives them out."""
    return [
        f"ns-{secrets.randbelow(512) + 512 * place}.awsdns-{secrets.randbelow(64):02d}.{domain}"
        for place, domain in enumerate(SERVERS)
    ]


def apex_records(name: str, servers: Sequence[str]) -> list[Record]:
    soa = f"{servers[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
    hosts = [{"Value": f"{server}."} for server in servers]
    return [
        {"Name": name, "Type": "NS", "TTL": 172800, "ResourceRecords": hosts},
        {"Name": name, "Type": "SOA", "TTL": 900, "ResourceRecords": [{"Value": soa}]},
    ]


def records() -> None:
    """A batch is checked against what stands in the zone, and done as a whole; moto goes by its own journal."""

    @wrap(Route53Backend, "change_resource_record_sets")
    def change_sets(
        original: Callable[..., None],  # noqa: ARG001 replaced, not extended
        backend: Route53Backend,
        zoneid: str,
        change_list: list[dict[str, Any]],
    ) -> None:
        zone = backend.get_hosted_zone(zoneid)
        try:
            changed = change(zone.name, read(zone), change_list)
        except RefusedChangesError as error:
            raise Route53Error("InvalidChangeBatch", str(error)) from None
        zone.rrsets = [as_set(record) for record in changed]


def pages() -> None:
    """Record sets by pages, identifiers told apart; moto knows no StartRecordIdentifier."""

    def listed(response: Route53) -> ActionResult:
        param = response._get_param
        zone = response.backend.get_hosted_zone(param("HostedZoneId"))
        most = int(param("MaxItems") or 300)
        ordered = sorted(read(zone), key=order)
        if name := param("StartRecordName"):
            begin = {
                "Name": name,
                "Type": param("StartRecordType") or "",
                "SetIdentifier": param("StartRecordIdentifier"),
            }
            ordered = [record for record in ordered if order(record) >= order(begin)]
        shown, rest = ordered[:most], ordered[most:]
        answer: dict[str, Any] = {"ResourceRecordSets": shown, "IsTruncated": bool(rest), "MaxItems": most}
        if rest:
            answer["NextRecordName"], answer["NextRecordType"] = rest[0]["Name"], rest[0]["Type"]
            answer["NextRecordIdentifier"] = rest[0].get("SetIdentifier")
        return ActionResult(answer)

    Route53.list_resource_record_sets = listed


def changes(seconds: float) -> None:
    """A change is PENDING for some seconds and has an id of its own; in moto all are INSYNC and one."""

    def begin(response: Route53, comment: str | None = None) -> dict[str, Any]:
        known: dict[str, tuple[float, str | None]] = vars(response.backend).setdefault("lab_changes", {})
        identity = "C" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(20))
        known[identity] = (time.time(), comment)
        return info(response, identity)

    def info(response: Route53, identity: str) -> dict[str, Any]:
        known = vars(response.backend).get("lab_changes", {})
        if identity not in known:
            raise Route53Error("NoSuchChange", f"A change with id {identity} was not found.")
        begun, comment = known[identity]
        status = "INSYNC" if time.time() >= begun + seconds else "PENDING"
        submitted = datetime.fromtimestamp(begun, UTC)
        return {"Id": f"/change/{identity}", "Status": status, "SubmittedAt": submitted, "Comment": comment}

    for name in ("create_hosted_zone", "delete_hosted_zone", "change_resource_record_sets"):
        _with_change(name, begin)

    def get(response: Route53) -> ActionResult:
        identity = response._get_param("Id").rpartition("/")[2]
        return ActionResult({"ChangeInfo": info(response, identity)})

    Route53.get_change = get


def _with_change(name: str, begin: Callable[..., dict[str, Any]]) -> None:
    @wrap(Route53, name)
    def handler(original: Callable[..., ActionResult], response: Route53) -> ActionResult:
        answer = original(response)
        comment = response._get_param("ChangeBatch.Comment")
        answer.result["ChangeInfo"] = begin(response, comment)
        return answer


def health_checks() -> None:
    """A CallerReference makes one check, one that is not there cannot be deleted, a change has a new version."""

    @wrap(Route53Backend, "create_health_check")
    def create(
        original: Callable[..., HealthCheck], backend: Route53Backend, caller_reference: str, arguments: dict[str, Any]
    ) -> HealthCheck:
        for known in backend.health_checks.values():
            if known.caller_reference == caller_reference:
                if vars(known).get("lab_arguments") == arguments:
                    return known
                words = "A health check with the same caller reference and other settings exists."
                raise Route53Error("HealthCheckAlreadyExists", words)
        made = original(backend, caller_reference, arguments)
        vars(made)["lab_arguments"] = dict(arguments)
        return made

    @wrap(Route53, "delete_health_check")
    def delete(original: Callable[..., EmptyResult], response: Route53) -> EmptyResult:
        identity = response._get_param("HealthCheckId")
        if identity not in response.backend.health_checks:
            raise NoSuchHealthCheck(identity)
        response.backend.resource_tags.pop(identity, None)
        return original(response)

    @wrap(Route53Backend, "update_health_check")
    def update(original: Callable[..., HealthCheck], backend: Route53Backend, *given: Any, **named: Any) -> HealthCheck:
        changed = original(backend, *given, **named)
        changed.health_check_version += 1
        return changed
