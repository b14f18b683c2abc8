"""Reads moto's ELBv2 and ACM into the model. Call it under the emulator's lock."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lab.aws import backends
from lab.balancer.book import Target, TargetBook, book_of
from lab.balancer.health import NOT_REGISTERED, TargetState, judge
from lab.balancer.model import (
    Action,
    Certificate,
    Condition,
    FixedResponse,
    Forward,
    HealthCheck,
    Listener,
    LoadBalancer,
    Redirect,
    Rule,
    Snapshot,
    TargetGroup,
    TargetStickiness,
    Unplayed,
    WeightedGroup,
)
from lab.settings import Settings

if TYPE_CHECKING:
    from moto.elbv2.models import ELBv2Backend, FakeListener, FakeLoadBalancer, FakeTargetGroup

CONFIGURATIONS = {
    "path-pattern": "PathPatternConfig",
    "host-header": "HostHeaderConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}


def read(settings: Settings) -> Snapshot:
    elbv2 = backends.elbv2(settings)
    certificates = backends.acm(settings)._certificates
    book = book_of(elbv2)
    return Snapshot(
        balancers=tuple(
            balancer(item, certificates) for item in elbv2.load_balancers.values() if item.type == "application"
        ),
        groups=tuple(target_group(item, book) for item in elbv2.target_groups.values()),
    )


def balancer(item: "FakeLoadBalancer", certificates: Mapping[str, Any]) -> LoadBalancer:
    attributes = item.attrs
    return LoadBalancer(
        arn=item.arn,
        address=item.dns_name,
        listeners=tuple(listener(one, certificates) for one in item.listeners.values()),
        idle_timeout=int(attributes.get("idle_timeout.timeout_seconds", 60)),
        client_keep_alive=int(attributes.get("client_keep_alive.seconds", 3600)),
        http2=attributes.get("routing.http2.enabled", "true") == "true",
    )


def listener(item: "FakeListener", certificates: Mapping[str, Any]) -> Listener:
    arns = [*item.certificates, *vars(item).get("lab_extra_certificates", [])] if item.protocol == "HTTPS" else []
    return Listener(
        arn=item.arn,
        port=int(item.port),
        protocol=item.protocol,
        rules=tuple(
            Rule(
                arn=rule.arn,
                priority=None if rule.is_default else int(rule.priority),
                action=action([one.data for one in rule.actions]),
                conditions=tuple(condition(one) for one in rule.conditions),
            )
            for rule in item.rules.values()
        ),
        certificates=tuple(certificate(arn, certificates[arn]) for arn in arns if arn in certificates),
        tls_versions=tls_versions(item.ssl_policy),
    )


def tls_versions(policy: str | None) -> tuple[str, str]:
    """The lowest and the highest version of an SSL policy; one that is not known is taken as TLS 1.2 and 1.3."""
    from moto.elbv2.ssl_policies import SSL_POLICIES

    protocols: list[str] = SSL_POLICIES.get(policy, {}).get("ssl_protocols", ["TLSv1.2", "TLSv1.3"])
    versions = sorted("TLSv1.0" if name == "TLSv1" else name for name in protocols)
    return versions[0], versions[-1]


def certificate(arn: str, bundle: Any) -> Certificate:
    from moto.acm.models import AWS_ROOT_CA

    chain = bundle.cert.decode().strip() + "\n" + bundle.chain.replace(AWS_ROOT_CA, b"").decode().strip() + "\n"
    return Certificate(arn, chain, bundle.key.decode())


def action(actions: list[dict[str, Any]]) -> Action:
    """What a rule does with a request: the last of its actions; those before it authenticate."""
    ordered = sorted(actions, key=lambda item: int(item.get("Order") or 1))
    for item in ordered:
        if item["Type"].startswith("authenticate"):
            return Unplayed(f"the lab does not play the action {item['Type']}")
    last = ordered[-1]
    match last["Type"]:
        case "forward":
            return forward(last)
        case "redirect":
            config = last["RedirectConfig"]
            names = ("Protocol", "Host", "Port", "Path", "Query")
            given = {name.lower(): str(config[name]) for name in names if config.get(name) is not None}
            return Redirect(int(config["StatusCode"].removeprefix("HTTP_")), **given)
        case "fixed-response":
            config = last["FixedResponseConfig"]
            content_type = config.get("ContentType") or "text/plain"
            return FixedResponse(int(config["StatusCode"]), config.get("MessageBody") or "", content_type)
        case other:
            return Unplayed(f"the lab does not play the action {other}")


def forward(item: Mapping[str, Any]) -> Forward:
    config = item.get("ForwardConfig") or {}
    groups = tuple(
        WeightedGroup(group["TargetGroupArn"], int(group.get("Weight", 1)))
        for group in config.get("TargetGroups") or [{"TargetGroupArn": item["TargetGroupArn"]}]
    )
    stickiness = config.get("TargetGroupStickinessConfig") or {}
    return Forward(groups, int(stickiness.get("DurationSeconds") or 3600) if stickiness.get("Enabled") else None)


def condition(item: Mapping[str, Any]) -> Condition:
    config = item.get(CONFIGURATIONS[item["Field"]]) or {}
    values = config.get("Values") or item.get("Values") or ()
    if item["Field"] == "query-string":
        values = [f"{pair['Key']}={pair['Value']}" if pair.get("Key") else pair["Value"] for pair in values]
    return Condition(item["Field"], tuple(values), config.get("HttpHeaderName", ""))


def target_group(item: "FakeTargetGroup", book: TargetBook) -> TargetGroup:
    attributes = item.attributes
    return TargetGroup(
        arn=item.arn,
        protocol=item.protocol or "HTTP",
        protocol_version=item.protocol_version or "HTTP1",
        algorithm=attributes.get("load_balancing.algorithm.type", "round_robin"),
        slow_start=int(attributes.get("slow_start.duration_seconds", 0)),
        health_check=health_check(item),
        stickiness=stickiness(attributes),
        endpoints=book.endpoints(item.arn),
    )


def stickiness(attributes: Mapping[str, Any]) -> TargetStickiness | None:
    """An application cookie is played by a cookie of the balancer's own with the same duration."""
    if str(attributes.get("stickiness.enabled")).lower() != "true":
        return None
    if attributes.get("stickiness.type") == "app_cookie":
        return TargetStickiness("AWSALBAPP-0", int(attributes.get("stickiness.app_cookie.duration_seconds", 86400)))
    return TargetStickiness("AWSALB", int(attributes.get("stickiness.lb_cookie.duration_seconds", 86400)))


def health_check(item: "FakeTargetGroup") -> HealthCheck | None:
    if not item.health_check_enabled:
        return None
    port = str(item.health_check_port or "traffic-port")
    return HealthCheck(
        path=item.health_check_path or "/",
        port=None if port == "traffic-port" else int(port),
        protocol=item.health_check_protocol or "HTTP",
        interval=int(item.health_check_interval_seconds),
        timeout=int(item.health_check_timeout_seconds),
        healthy_threshold=int(item.healthy_threshold_count),
        unhealthy_threshold=int(item.unhealthy_threshold_count),
        matcher=code_ranges(item.matcher.get("HttpCode") or "200"),
    )


def code_ranges(matcher: str) -> tuple[tuple[int, int], ...]:
    """`200,204,300-399` as ranges with both ends."""
    ranges = (part.strip().partition("-") for part in matcher.split(",") if part.strip())
    return tuple((int(low), int(high or low)) for low, _, high in ranges)


def used_groups(backend: "ELBv2Backend") -> dict[str, set[str]]:
    """The target groups that a listener or a rule names, each with the ARNs of its load balancers."""
    used: dict[str, set[str]] = {}
    for item in backend.load_balancers.values():
        for one in item.listeners.values():
            for rule in one.rules.values():
                for each in rule.actions:
                    for arn in backend._get_target_group_arns_from(action_data=each.data):
                        used.setdefault(arn, set()).add(item.arn)
    return used


def target_state(backend: "ELBv2Backend", target: Target, now: float | None = None) -> TargetState:
    group = backend.target_groups.get(target.group_arn)
    if group is None:
        return NOT_REGISTERED
    book = book_of(backend)
    return judge(
        book.record(target),
        book.seen(target),
        health_check(group),
        target.group_arn in used_groups(backend),
        time.monotonic() if now is None else now,
    )
