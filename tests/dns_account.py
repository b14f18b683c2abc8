"""An emulated account that has what the edge needs, and the module's defaults."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from unittest import mock

import boto3
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import known, resolve
from ansible_collections.calstack.aws.plugins.module_utils._dns.component import context_of, dns
from ansible_collections.calstack.aws.plugins.modules.dns import OPTIONS
from cloudfront_fake import CloudFront
from cryptography.hazmat.primitives.asymmetric import rsa
from emulator import READS, Account, account

DOMAIN = "dev.calstack.example.com"
SECRET = "calstack/dev/origin"
BALANCER = {"alb_dns_name": "calstack-dev-alb-1.eu-west-1.elb.amazonaws.com", "alb_zone_id": "Z32O12XQLNTSW2"}
PARAMS = {name: option.get("default") for name, option in OPTIONS.items()} | {
    "state": "present",
    "domain": DOMAIN,
    "origin_name": f"origin.{DOMAIN}",
    "origin_secret_name": SECRET,
    **BALANCER,
}


class Clock:
    """Time passes only when somebody sleeps."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Killed(BaseException):
    """What ends a run in the middle: nothing of the collection may catch it."""


class EdgeAccount:
    """Clients of the region; `edge` are those of us-east-1. ACM issues what is proved by records, unless `stuck`."""

    def __init__(self, region: Account):
        self.region, self.clock, self.stuck = region, Clock(), False
        self.writes_left: int | None = None
        self.cloudfront = CloudFront(self._is_issued, self._note)
        region._session.events.register("before-call.*.*", lambda model, **_: self._spend(model.name))
        self._edge = {}

    def _note(self, operation):
        self.region.calls.append(operation)
        self._spend(operation)

    def _spend(self, operation):
        if self.writes_left is not None and not operation.startswith(READS):
            if self.writes_left == 0:
                raise Killed
            self.writes_left -= 1

    def killed_after(self, writes, run):
        """Whether `run` was killed before it was through: it may write `writes` times."""
        self.writes_left = writes
        try:
            run()
        except Killed:
            return True
        finally:
            self.writes_left = None
        return False

    @property
    def writes(self):
        return self.region.writes

    def __call__(self, service):
        return self.cloudfront if service == "cloudfront" else self._wrapped(self.region(service), service)

    def edge(self, service):
        if service == "cloudfront":
            return self.cloudfront
        if service not in self._edge:
            self._edge[service] = self.region._session.client(service, region_name="us-east-1")
        return self._wrapped(self._edge[service], service)

    def _wrapped(self, client, service):
        if service == "acm":
            self._issue()
        return client

    def _issue(self):
        """What a record of the zone proves becomes issued; nothing does by itself."""
        from moto.acm.models import acm_backends

        there = self.cnames()
        for region in ("eu-west-1", "us-east-1"):
            for bundle in acm_backends["123456789012"][region]._certificates.values():
                options = bundle.describe()["Certificate"].get("DomainValidationOptions", [])
                proofs = {
                    (one["ResourceRecord"]["Name"].rstrip("."), one["ResourceRecord"]["Value"].rstrip("."))
                    for one in options
                }
                if bundle.status == "PENDING_VALIDATION" and proofs <= there and not self.stuck:
                    bundle.status = "ISSUED"

    def _is_issued(self, arn):
        return (
            boto3.client("acm", region_name=arn.split(":")[3]).describe_certificate(CertificateArn=arn)["Certificate"][
                "Status"
            ]
            == "ISSUED"
        )

    def cnames(self):
        return {
            (item["Name"].rstrip("."), item["ResourceRecords"][0]["Value"].rstrip("."))
            for item in self.records()
            if item["Type"] == "CNAME"
        }

    def records(self):
        """Of all zones."""
        route53 = self.region("route53")
        return [
            item
            for zone in route53.list_hosted_zones()["HostedZones"]
            for item in route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        ]

    def said(self):
        """Records by name and type: what they lead to."""
        return {
            f"{item['Name'].rstrip('.')} {item['Type']}": (
                item["AliasTarget"]["DNSName"]
                if "AliasTarget" in item
                else sorted(value["Value"] for value in item["ResourceRecords"])
            )
            for item in self.records()
        }

    def zone(self, name):
        """A zone that somebody else has made."""
        return (
            self.region("route53")
            .create_hosted_zone(Name=name, CallerReference=f"by hand {name}")["HostedZone"]["Id"]
            .removeprefix("/hostedzone/")
        )

    def put(self, zone, name, type_, *values):
        record = {"Name": name, "Type": type_, "TTL": 60, "ResourceRecords": [{"Value": value} for value in values]}
        batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
        self.region("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)

    def certificates(self, region="eu-west-1"):
        return boto3.client("acm", region_name=region).list_certificates()["CertificateSummaryList"]


def scope(environment="dev"):
    return Scope(environment, "dns", f"calstack-{environment}")


def site(aws, check=False, environment="dev", **given):
    """What the module does with state present; returns the converger's result and what it publishes."""
    params = PARAMS | given
    context = context_of(params, aws.edge, clock=aws.clock, sleep=aws.clock.sleep)
    component = dns(params, context, check=check)
    params |= component.survey(aws, params, scope(environment))
    wanted = component.wanted(params, scope(environment))
    result = converge([kind(aws, scope(environment)) for kind in component.kinds], wanted, check=check)
    return result, resolve(dict(component.outputs(params, scope(environment))), known(result.found))


def destroy(aws, check=False, environment="dev", **given):
    """What the module does with state absent."""
    params = PARAMS | given | {"state": "absent"}
    context = context_of(params, aws.edge, clock=aws.clock, sleep=aws.clock.sleep)
    component = dns(params, context, check=check)
    return converge([kind(aws, scope(environment)) for kind in component.kinds], (), check=check)


def steps(result):
    """A plan in short."""
    return [f"{change.action} {change.kind} {change.name}" for change in result.changes]


_new_key = cache(rsa.generate_private_key)


@contextmanager
def ready(*zones: str) -> Iterator[EdgeAccount]:
    """An account with these zones of others. All its certificates share a key: making one takes longer than a test."""
    with account() as region, mock.patch.object(rsa, "generate_private_key", _new_key):
        aws = EdgeAccount(region)
        for name in zones:
            aws.zone(name)
        yield aws
