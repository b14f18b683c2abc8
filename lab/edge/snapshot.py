"""Reads the emulator's CloudFront, ACM and Route 53 into the edge's model. Call it under the emulator's lock."""

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from lab.aws.cloudfront.config import Config, behaviours, items
from lab.aws.cloudfront.distributions import Distribution as Kept
from lab.aws.cloudfront.functions import response_function
from lab.aws.cloudfront.player import Play, play
from lab.aws.cloudfront.store import Store, store_of
from lab.balancer.model import Certificate
from lab.balancer.snapshot import certificate
from lab.edge.headers import response_policy
from lab.edge.model import (
    Behaviour,
    CachePolicy,
    Distribution,
    Invalidation,
    Origin,
    OriginRequestPolicy,
    Selection,
    Snapshot,
)
from lab.edge.zones import Zone, Zones, zone
from lab.settings import Settings

Issue = Callable[[str, str], Certificate]
"""Makes the certificate of a distribution that has none of its own, for its domain name and its address."""


def is_asked_for(service: str) -> bool:
    """Whether anybody has called the service yet: loading it takes time."""
    return f"moto.{service}.models" in sys.modules


def read_zones(settings: Settings) -> tuple[Zone, ...]:
    if not is_asked_for("route53"):
        return ()
    from moto.route53.models import route53_backends

    from lab.aws.route53 import read as records

    kept = route53_backends[settings.account]["aws"].zones.values()
    return tuple(zone(item.name, records(item)) for item in kept if not item.private_zone)


def distributions(settings: Settings) -> tuple[Store, list[Kept]] | None:
    """The store and the distributions in it, or None where there are none."""
    if not is_asked_for("cloudfront"):
        return None
    from moto.cloudfront.models import cloudfront_backends

    backend = cloudfront_backends[settings.account]["aws"]
    if not vars(backend)["distributions"]:
        return None
    store = store_of(backend, settings)
    return store, list(store.distributions.kept.values())


def resolver(settings: Settings) -> Zones:
    """Distributions that the edge does not serve have an address all the same, where nothing answers."""
    found = distributions(settings)
    kept = found[1] if found else []
    return Zones(read_zones(settings), {item.domain_name: settings.edge_address(item.number) for item in kept})


def read(settings: Settings, zones: Zones, issue: Issue, now: float | None = None) -> Snapshot:
    """The distributions that the edge serves now: the enabled ones, with the configuration that is deployed."""
    found = distributions(settings)
    if found is None:
        return Snapshot()
    store, kept = found
    moment = time.time() if now is None else now
    served = []
    for item in kept:
        config = item.deployed(moment)
        if config and config["Enabled"]:
            served.append(_distribution(settings, store, item, config, zones, issue, moment))
    return Snapshot(tuple(served))


def _distribution(
    settings: Settings, store: Store, item: Kept, config: Config, zones: Zones, issue: Issue, now: float
) -> Distribution:
    address = settings.edge_address(item.number)
    viewer = config["ViewerCertificate"]
    own = _certificate(settings, viewer.get("ACMCertificateArn"))
    done = [one for one in item.invalidations if one.done_at <= now]
    latest = {path: number for number, one in enumerate(done, 1) for path in one.paths}
    errors = items(config["CustomErrorResponses"])
    return Distribution(
        id=item.id,
        domain_name=item.domain_name,
        address=address,
        aliases=tuple(alias.lower() for alias in items(config["Aliases"])),
        behaviours=tuple(_behaviour(store, one) for one in behaviours(config)),
        origins=tuple(_origin(settings, one, zones) for one in items(config["Origins"])),
        certificates=tuple(one for one in (issue(item.domain_name, address), own) if one),
        minimum_protocol=viewer.get("MinimumProtocolVersion", "TLSv1"),
        http2=config["HttpVersion"] != "http1.1",
        root_object=config["DefaultRootObject"].removeprefix("/"),
        error_seconds=tuple((int(one["ErrorCode"]), int(one.get("ErrorCachingMinTTL", 10))) for one in errors),
        invalidations=tuple(Invalidation(path, number) for path, number in sorted(latest.items())),
    )


def _certificate(settings: Settings, arn: str | None) -> Certificate | None:
    if not arn:
        return None
    from moto.acm.models import acm_backends

    bundle = acm_backends[settings.account][arn.split(":")[3]]._certificates.get(arn)
    if bundle is None:
        return None
    return certificate(arn, bundle)


def _origin(settings: Settings, item: Config, zones: Zones) -> Origin:
    custom = item.get("CustomOriginConfig") or {}
    https = custom.get("OriginProtocolPolicy") != "http-only"
    port = int(custom.get("HTTPSPort" if https else "HTTPPort") or (443 if https else 80))
    return Origin(
        id=item["Id"],
        domain=item["DomainName"],
        address=zones.address(item["DomainName"]) if custom else None,
        port=settings.listener_port(port),
        https=https,
        path=item["OriginPath"].rstrip("/"),
        headers=tuple((one["HeaderName"], one["HeaderValue"]) for one in items(item["CustomHeaders"])),
        tls_versions=tuple(items(custom.get("OriginSslProtocols"))),
        connect_timeout=int(item["ConnectionTimeout"]),
        attempts=int(item["ConnectionAttempts"]),
        read_timeout=int(custom.get("OriginReadTimeout", 30)),
        keepalive_timeout=int(custom.get("OriginKeepaliveTimeout", 5)),
    )


def _behaviour(store: Store, item: Config) -> Behaviour:
    def policy(name: str) -> Mapping[str, Any] | None:
        identity = item.get(f"{name}Id")
        return store.policies[name].get(identity).config if identity else None

    cache, request, response = policy("CachePolicy"), policy("OriginRequestPolicy"), policy("ResponseHeadersPolicy")
    return Behaviour(
        pattern=item.get("PathPattern"),
        origin=item["TargetOriginId"],
        viewer_protocol=item["ViewerProtocolPolicy"],
        methods=tuple(items(item["AllowedMethods"])),
        cached_methods=tuple(items(item["AllowedMethods"]["CachedMethods"])),
        compress=bool(item["Compress"]),
        cache=cache_policy(cache) if cache else forwarded_values(item),
        request=request_policy(request) if request else None,
        response=response_policy(response) if response else None,
        function=_function(store, item),
    )


def _function(store: Store, item: Config) -> Play | None:
    """Publishing has shown that it can be played."""
    arn = response_function(item)
    published = store.functions.live(arn) if arn else None
    return play(published.code) if published else None


def cache_policy(config: Mapping[str, Any]) -> CachePolicy:
    parameters = config["ParametersInCacheKeyAndForwardedToOrigin"]
    return CachePolicy(
        least=int(config["MinTTL"]),
        default=int(config["DefaultTTL"]),
        most=int(config["MaxTTL"]),
        headers=_selection(parameters, "Headers", "Header"),
        cookies=_selection(parameters, "Cookies", "Cookie"),
        query=_selection(parameters, "QueryStrings", "QueryString"),
        gzip=bool(parameters["EnableAcceptEncodingGzip"]),
        brotli=bool(parameters.get("EnableAcceptEncodingBrotli")),
    )


def request_policy(config: Mapping[str, Any]) -> OriginRequestPolicy:
    return OriginRequestPolicy(
        headers=_selection(config, "Headers", "Header"),
        cookies=_selection(config, "Cookies", "Cookie"),
        query=_selection(config, "QueryStrings", "QueryString"),
    )


def _selection(config: Mapping[str, Any], plural: str, singular: str) -> Selection:
    part = config[f"{plural}Config"]
    behavior = part[f"{singular}Behavior"]
    names = tuple(items(part.get(plural)))
    # "Viewer" says only that CloudFront's own headers are not meant, unless they are named.
    if behavior.startswith("allViewer"):
        return Selection("all", names)
    return Selection(behavior, names)


def forwarded_values(item: Config) -> CachePolicy:
    """The older form of a cache policy, in the behaviour itself."""
    values = item.get("ForwardedValues") or {}
    cookies = values.get("Cookies") or {}
    forward = str(cookies.get("Forward", "none"))
    headers = tuple(items(values.get("Headers")))
    least = int(item.get("MinTTL") or 0)
    default = int(item.get("DefaultTTL") or 86400)
    everything = headers == ("*",)
    return CachePolicy(
        least=least,
        default=max(default, least),
        most=0 if everything else int(item.get("MaxTTL") or 31536000),
        headers=Selection("all") if everything else Selection("whitelist" if headers else "none", headers),
        cookies=Selection(forward, tuple(items(cookies.get("WhitelistedNames")))),
        query=Selection("all" if values.get("QueryString") else "none"),
        gzip=bool(item["Compress"]),
    )


def is_moving(settings: Settings, now: float) -> bool:
    """Whether a deployment or an invalidation is under way."""
    found = distributions(settings)
    return found is not None and any(
        item.status(now) != "Deployed" or any(one.done_at > now for one in item.invalidations) for item in found[1]
    )


def overview(settings: Settings, now: float) -> dict[str, Any]:
    """For `lab status`."""
    found = distributions(settings)
    return {
        "distributions": [
            {
                "id": item.id,
                "status": item.status(now),
                "enabled": bool(item.config["Enabled"]),
                "address": settings.edge_address(item.number),
                "port": settings.listener_port(443),
                "names": items(item.config["Aliases"]) or [item.domain_name],
            }
            for item in (found[1] if found else [])
        ],
        "zones": [{"name": zone.name.rstrip("."), "records": len(zone.records)} for zone in read_zones(settings)],
    }
