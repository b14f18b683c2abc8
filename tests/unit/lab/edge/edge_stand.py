"""A lab with its edge only, as seen from outside: zones, certificates, distributions, and viewers of them."""

import copy
import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import boto3
from botocore.config import Config

from lab import ca
from lab.settings import Settings
from tests.web_server import WebServer

Settled = dict[str, Any]
DOMAIN = "app.example.com"
ORIGIN = f"origin.{DOMAIN}"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
SECRET = "a 100% secret"


def until(seen: Callable[[], Any], seconds: float = 10.0, every: float = 0.05) -> Any:
    """Poll until it is true; its last value."""
    deadline = time.monotonic() + seconds
    while not (value := seen()) and time.monotonic() < deadline:
        time.sleep(every)
    return value


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    cookies: list[str]

    @property
    def cache(self) -> str:
        """Miss, Hit, RefreshHit, Error or Redirect."""
        return self.headers["x-cache"].removesuffix(" from cloudfront")


@dataclass
class EdgeStand:
    settings: Settings
    origin: WebServer
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __hash__(self) -> int:
        return id(self)

    @cache  # noqa: B019 one stand a session
    def client(self, service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.settings.aws_endpoint,
            region_name="us-east-1",
            aws_access_key_id="AKIASTAND0CALSTACK00",
            aws_secret_access_key="stand-only",
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    @property
    def cloudfront(self) -> Any:
        return self.client("cloudfront")

    def zone(self) -> str:
        """The zone of example.com, in which the origin has its address."""
        route53 = self.client("route53")
        for known in route53.list_hosted_zones()["HostedZones"]:
            return str(known["Id"])
        made = str(route53.create_hosted_zone(Name="example.com", CallerReference="stand")["HostedZone"]["Id"])
        self.record(ORIGIN, "A", "127.0.0.1", zone=made)
        return made

    def record(self, name: str, kind: str, *values: str, zone: str = "", action: str = "UPSERT", **more: Any) -> None:
        found = {"TTL": 60, "ResourceRecords": [{"Value": value} for value in values]} if values else {}
        change = {"Action": action, "ResourceRecordSet": {"Name": name, "Type": kind, **found, **more}}
        self.client("route53").change_resource_record_sets(
            HostedZoneId=zone or self.zone(), ChangeBatch={"Changes": [change]}
        )

    @cache  # noqa: B019 one stand a session
    def certificate(self, *names: str) -> str:
        acm = self.client("acm")
        arn = str(acm.request_certificate(DomainName=names[0], SubjectAlternativeNames=list(names))["CertificateArn"])

        def described() -> dict[str, Any]:
            return dict(acm.describe_certificate(CertificateArn=arn)["Certificate"])

        assert until(lambda: all("ResourceRecord" in item for item in described()["DomainValidationOptions"]))
        for option in described()["DomainValidationOptions"]:
            record = option["ResourceRecord"]
            self.record(record["Name"], "CNAME", record["Value"])
        assert until(lambda: described()["Status"] == "ISSUED"), described()
        return arn

    def config(self, *, behaviours: tuple[Settled, ...] = (), default: Settled | None = None, **more: Any) -> Settled:
        origin = {
            "Id": "balancer",
            "DomainName": ORIGIN,
            "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "X-Origin-Verify", "HeaderValue": SECRET}]},
            "CustomOriginConfig": {
                "HTTPPort": 80,
                "HTTPSPort": self.origin.port,
                "OriginProtocolPolicy": "https-only",
                "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
            },
        }
        whole = {
            "CallerReference": str(next(self.numbers)),
            "Aliases": {"Quantity": 1, "Items": [DOMAIN]},
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": behaviour(**(default or {})),
            "CacheBehaviors": {"Quantity": len(behaviours), "Items": list(behaviours)},
            "ViewerCertificate": {
                "ACMCertificateArn": self.certificate(DOMAIN, f"*.{DOMAIN}"),
                "SSLSupportMethod": "sni-only",
                "MinimumProtocolVersion": "TLSv1.2_2021",
            },
        }
        return copy.deepcopy({**whole, **more})

    def create(self, config: Settled) -> "Edge":
        self.zone()
        made = self.cloudfront.create_distribution(DistributionConfig=config)["Distribution"]
        return Edge(self, made["Id"], made["DomainName"]).live()


def behaviour(pattern: str = "", **more: Any) -> Settled:
    whole: Settled = {
        "TargetOriginId": "balancer",
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": CACHING_DISABLED,
        "OriginRequestPolicyId": ALL_VIEWER,
        "AllowedMethods": {
            "Quantity": 7,
            "Items": METHODS,
            "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
        },
    }
    whole |= {"PathPattern": pattern} if pattern else {}
    return {name: value for name, value in {**whole, **more}.items() if value is not None}


def static(pattern: str = "/static/*", **more: Any) -> Settled:
    methods = {"Quantity": 2, "Items": ["GET", "HEAD"], "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]}}
    given = {"CachePolicyId": CACHING_OPTIMIZED, "OriginRequestPolicyId": None, "Compress": True}
    return behaviour(pattern, **{"AllowedMethods": methods, **given, **more})


@dataclass
class Edge:
    """A distribution."""

    stand: EdgeStand
    id: str
    domain_name: str
    address: str = ""

    def __post_init__(self) -> None:
        # The only distribution of a stand at a time has the first address.
        self.address = self.address or self.stand.settings.edge_address(1)

    def status(self) -> str:
        return str(self.stand.cloudfront.get_distribution(Id=self.id)["Distribution"]["Status"])

    def live(self) -> "Edge":
        """Return when it is Deployed and the edge has it."""
        assert until(lambda: self.status() == "Deployed")
        assert until(self.answers)
        return self

    def answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((self.address, 8443)) == 0

    def update(self, **more: Any) -> None:
        found = self.stand.cloudfront.get_distribution_config(Id=self.id)
        config = {**found["DistributionConfig"], **more}
        self.stand.cloudfront.update_distribution(Id=self.id, DistributionConfig=config, IfMatch=found["ETag"])

    def invalidate(self, *paths: str) -> None:
        batch = {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": str(time.time())}
        made = self.stand.cloudfront.create_invalidation(DistributionId=self.id, InvalidationBatch=batch)
        identity = made["Invalidation"]["Id"]

        def completed() -> bool:
            found = self.stand.cloudfront.get_invalidation(DistributionId=self.id, Id=identity)
            return bool(found["Invalidation"]["Status"] == "Completed")

        assert until(completed)

    def delete(self) -> None:
        self.update(Enabled=False)
        assert until(lambda: self.status() == "Deployed")
        etag = self.stand.cloudfront.get_distribution(Id=self.id)["ETag"]
        self.stand.cloudfront.delete_distribution(Id=self.id, IfMatch=etag)

    def ask(
        self, path: str = "/", method: str = "GET", *, body: bytes | None = None, name: str = DOMAIN, **headers: str
    ) -> Answer:
        """A viewer's request over TLS, with the certificate checked for `name`."""
        context = ssl.create_default_context(cafile=str(ca.certificate_file(self.stand.settings)))
        plain = socket.create_connection((self.address, 8443), 10)
        connection = http.client.HTTPConnection(name, timeout=10)
        connection.sock = context.wrap_socket(plain, server_hostname=name)
        return _exchange(connection, method, path, body, headers)

    def ask_plainly(self, path: str = "/", method: str = "GET", name: str = DOMAIN) -> Answer:
        connection = http.client.HTTPConnection(name, timeout=10)
        connection.sock = socket.create_connection((self.address, 8080), 10)
        return _exchange(connection, method, path, None, {})


def _exchange(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> Answer:
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=named)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read(), response.headers.get_all("set-cookie") or [])
    finally:
        connection.close()
