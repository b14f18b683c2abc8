"""A lab with its balancer only, as seen from outside, and targets to balance over."""

import contextlib
import http.client
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import boto3
import trustme
from botocore.config import Config

from lab import ca
from lab.balancer.envoy import Envoy
from lab.balancer.health import observations
from lab.settings import Settings

Answer = tuple[int, dict[str, str], str]


def until(seen: Callable[[], Any], seconds: float = 10.0, every: float = 0.05) -> Any:
    """Poll until it is true; its last value."""
    deadline = time.monotonic() + seconds
    while not (value := seen()) and time.monotonic() < deadline:
        time.sleep(every)
    return value


def own_certificate() -> ssl.SSLContext:
    """A server's, with a certificate for another name that nobody else trusts."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("task").configure_cert(context)
    return context


class Toy(ThreadingHTTPServer):
    """A target: answers with its name, or as it is told to; `/slow` takes `delay` seconds. `tls` makes it speak TLS."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, name: str, address: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        super().__init__((address, port), ToyHandler)
        self.tls = tls
        self.name, self.status, self.delay = name, 200, 0.5
        self.headers: dict[str, str] = {}
        self.connections: list[socket.socket] = []
        self.slow_started = threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.append(request)
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the request's own thread: a handshake that nobody goes on with must not stop the others."""
        with contextlib.suppress(OSError):
            secured = self.tls.wrap_socket(request, server_side=True) if self.tls else request
            super().finish_request(secured, client_address)
            if self.tls:
                secured.close()

    def close(self) -> None:
        """As a process ends: with its connections."""
        self.shutdown()
        self.server_close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class ToyHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body in one packet: else each answer waits 40 ms for an acknowledgement
    server: Toy

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.server.slow_started.set()
            time.sleep(self.server.delay)
        self.server.headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.server.name.encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Stand:
    settings: Settings
    process: "subprocess.Popen[str]"
    vpc: str = ""
    subnets: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @cache  # noqa: B019 one stand a module
    def client(self, service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.settings.aws_endpoint,
            region_name=self.settings.region,
            aws_access_key_id="AKIASTAND0CALSTACK00",
            aws_secret_access_key="stand-only",
            # AWS allows health checks every 5 s at the most: too slow for a test.
            config=Config(retries={"total_max_attempts": 1}, proxies={}, parameter_validation=False),
        )

    def __hash__(self) -> int:
        return id(self)

    @property
    def elbv2(self) -> Any:
        return self.client("elbv2")

    def network(self) -> None:
        ec2 = self.client("ec2")
        self.vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        for number, zone in enumerate("ab"):
            made = ec2.create_subnet(
                VpcId=self.vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}"
            )
            self.subnets.append(made["Subnet"]["SubnetId"])

    def balancer(self) -> dict[str, Any]:
        made = self.elbv2.create_load_balancer(Name=f"lb-{next(self.numbers)}", Subnets=self.subnets)
        return dict(made["LoadBalancers"][0])

    def group(
        self, *, protocol: str = "HTTP", interval: int = 2, timeout: int = 1, delay: int = 10, **more: Any
    ) -> str:
        made = self.elbv2.create_target_group(
            Name=f"tg-{next(self.numbers)}",
            Protocol=protocol,
            Port=5000,
            VpcId=self.vpc,
            TargetType="ip",
            HealthCheckIntervalSeconds=interval,
            HealthCheckTimeoutSeconds=timeout,
            UnhealthyThresholdCount=2,
            **more,
        )
        arn = str(made["TargetGroups"][0]["TargetGroupArn"])
        self.attributes(arn, **{"deregistration_delay.timeout_seconds": str(delay)})
        return arn

    def attributes(self, group: str, **values: str) -> None:
        attributes = [{"Key": key, "Value": value} for key, value in values.items()]
        self.elbv2.modify_target_group_attributes(TargetGroupArn=group, Attributes=attributes)

    def listener(self, balancer: dict[str, Any], action: dict[str, Any], port: int = 80) -> str:
        certificate = self.client("acm").list_certificates()["CertificateSummaryList"][0]["CertificateArn"]
        secure = {"Protocol": "HTTPS", "Certificates": [{"CertificateArn": certificate}]}
        made = self.elbv2.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Port=port,
            DefaultActions=[action],
            **(secure if port == 443 else {"Protocol": "HTTP"}),
        )
        return str(made["Listeners"][0]["ListenerArn"])

    def toy(self, group: str, name: str, tls: ssl.SSLContext | None = None) -> Toy:
        """A target that is running and registered."""
        toy = Toy(name, self.settings.task_address(next(self.numbers)), 5000, tls)
        self.register(group, toy)
        return toy

    def register(self, group: str, toy: Toy) -> None:
        self.elbv2.register_targets(TargetGroupArn=group, Targets=[identity(toy)])

    def deregister(self, group: str, toy: Toy) -> None:
        self.elbv2.deregister_targets(TargetGroupArn=group, Targets=[identity(toy)])

    def health(self, group: str) -> list[tuple[str, str | None, str | None]]:
        described = self.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        states = [item["TargetHealth"] for item in described]
        return [(state["State"], state.get("Reason"), state.get("Description")) for state in states]

    def leaves_out(self, toy: Toy) -> bool:
        """Whether Envoy says that the target is no endpoint."""
        clusters = Envoy(self.settings).clusters()
        endpoints = {(address, port) for (_, address, port), _ in observations(clusters or {})}
        return clusters is not None and toy.server_address[:2] not in endpoints

    def healthy(self, group: str, number: int = 1) -> None:
        assert until(lambda: [state for state, *_ in self.health(group)] == ["healthy"] * number), self.health(group)

    def connect(self, balancer: dict[str, Any], port: int = 80) -> http.client.HTTPConnection:
        address, mapped = balancer["DNSName"], self.settings.listener_port(port)
        if port == 443:
            context = ssl.create_default_context(cafile=str(ca.certificate_file(self.settings)))
            return http.client.HTTPSConnection(address, mapped, context=context, timeout=15)
        return http.client.HTTPConnection(address, mapped, timeout=15)

    def get(
        self, balancer: dict[str, Any], path: str = "/", port: int = 80, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = self.connect(balancer, port)
        try:
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return response.status, found, response.read().decode()
        except ConnectionRefusedError:
            return 0, {}, ""
        finally:
            connection.close()

    def answers(self, balancer: dict[str, Any], status: int, port: int = 80) -> Answer:
        """Poll until the balancer answers with the status; that answer."""
        until(lambda: self.get(balancer, port=port)[0] == status)
        answer = self.get(balancer, port=port)
        assert answer[0] == status, answer
        return answer


def identity(toy: Toy) -> dict[str, Any]:
    return {"Id": toy.server_address[0], "Port": toy.server_address[1]}


def forward(*groups: tuple[str, int], stickiness: int | None = None) -> dict[str, Any]:
    sticky = {"Enabled": True, "DurationSeconds": stickiness} if stickiness else {"Enabled": False}
    targets = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": targets, "TargetGroupStickinessConfig": sticky}}
