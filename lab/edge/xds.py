"""From the model to Envoy's configuration (pure): a listener a distribution and protocol, a route a behaviour."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.balancer.connection_manager import CONNECTION_FLAGS, HTTP, HTTP_CONNECTION_MANAGER, TIMEOUT_FLAGS
from lab.balancer.matching import wildcard
from lab.balancer.routes import ENVOY_HEADERS
from lab.balancer.xds import CONFIG, EXTENSION, certificate_files, source
from lab.edge import scripts
from lab.edge.model import Behaviour, Distribution, Origin, Snapshot

Json = dict[str, Any]

VIEWER, ORIGIN, CACHE = "edge.viewer", "edge.origin", "envoy.filters.http.cache"
GZIP, BROTLI = "edge.gzip", "edge.brotli"
FILTER_CONFIG = f"{CONFIG}route.v3.FilterConfig"
LUA = f"{HTTP}lua.v3.LuaPerRoute"
OFF: Json = {"@type": FILTER_CONFIG, "disabled": True}
LEAST_COMPRESSED = 1000
"""Bytes; https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html."""
COMPRESSED_TYPES = [
    *(f"application/{name}" for name in ("javascript", "json", "manifest+json", "vnd.ms-fontobject", "wasm")),
    *(f"application/{name}" for name in ("xhtml+xml", "xml")),
    *(f"text/{name}" for name in ("css", "csv", "html", "javascript", "markdown", "plain", "xml")),
    *("font/otf", "font/ttf", "image/svg+xml", "image/x-icon"),
]
SCHEMES = ("http", "https")
KEPT_BODY = ("GET", "HEAD")
NOT_HERE = "The request could not be satisfied. The distribution has no alternate domain name like this."
NOT_ALLOWED = "This distribution is not configured to allow the HTTP request method that was used for this request."
NOT_FOUND = "CloudFront wasn't able to resolve the origin domain name."
NO_HTTP = "The distribution supports only HTTPS requests."
TOO_SLOW = "CloudFront wasn't able to connect to the origin in time."
VERSIONS = {"TLSv1": "TLSv1_0", "TLSv1.1": "TLSv1_1", "TLSv1.2": "TLSv1_2", "TLSv1.3": "TLSv1_3"}


def render(snapshot: Snapshot, directory: Path, authority: Path, port: Callable[[int], int]) -> dict[str, str]:
    """The whole configuration by file, in the order in which the files are to be written.

    `authority` has the certificates that origins are verified with; `port` maps a port to the one to bind.
    """
    files: dict[str, str] = {}
    clusters, listeners = [], []
    for distribution in snapshot.distributions:
        for certificate in distribution.certificates:
            files |= certificate_files(certificate)
        places = range(len(distribution.behaviours))
        clusters += [cluster(distribution, place, authority) for place in places]
    files["cds.json"] = _discovery(*clusters)
    for distribution in snapshot.distributions:
        for scheme in SCHEMES:
            name = f"{distribution.id}.{scheme}"
            files[f"rds.{name}.json"] = _discovery(route_configuration(distribution, scheme, name, port))
            listeners.append(listener(distribution, scheme, name, directory, port))
    files["lds.json"] = _discovery(*listeners)
    return files


def listener_names(snapshot: Snapshot) -> frozenset[str]:
    """What Envoy should have."""
    return frozenset(f"{item.id}.{scheme}" for item in snapshot.distributions for scheme in SCHEMES)


def _discovery(*resources: Json) -> str:
    return json.dumps({"resources": resources}, separators=(",", ":"))


def cluster_name(distribution: Distribution, place: int) -> str:
    return f"{distribution.id}.{place}"


def cluster(distribution: Distribution, place: int, authority: Path) -> Json:
    """The origin of the behaviour at `place`; it has no endpoint where its name leads nowhere."""
    origin = distribution.origin_of(place)
    most: Json = dict.fromkeys(("max_connections", "max_pending_requests", "max_requests"), 1 << 20)
    where = {"address": {"socket_address": {"address": origin.address, "port_value": origin.port}}}
    endpoints = [{"lb_endpoints": [{"endpoint": where}]}] if origin.address else []
    resource: Json = {
        "@type": f"{CONFIG}cluster.v3.Cluster",
        "name": cluster_name(distribution, place),
        "type": "STATIC",
        "connect_timeout": f"{origin.connect_timeout}s",
        "load_assignment": {
            "cluster_name": cluster_name(distribution, place),
            "endpoints": endpoints,
        },
        "circuit_breakers": {"thresholds": [{**most, "max_retries": 64}]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": f"{EXTENSION}upstreams.http.v3.HttpProtocolOptions",
                "common_http_protocol_options": {"idle_timeout": f"{origin.keepalive_timeout}s"},
                "explicit_http_config": {"http_protocol_options": {}},
                "http_filters": [
                    {
                        "name": ORIGIN,
                        "typed_config": {
                            "@type": f"{HTTP}lua.v3.Lua",
                            "default_source_code": {
                                "inline_string": scripts.origin(distribution, distribution.behaviours[place], origin)
                            },
                        },
                    },
                    {
                        "name": "envoy.filters.http.upstream_codec",
                        "typed_config": {"@type": f"{HTTP}upstream_codec.v3.UpstreamCodec"},
                    },
                ],
            }
        },
    }
    if origin.https:
        resource["transport_socket"] = _to_origin(distribution, origin, authority)
    return resource


def _to_origin(distribution: Distribution, origin: Origin, authority: Path) -> Json:
    """CloudFront wants a certificate it trusts, for the origin's name or for the Host that it passes on."""
    names = [origin.domain, *distribution.aliases]
    versions = sorted(VERSIONS[version] for version in origin.tls_versions if version in VERSIONS)
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{EXTENSION}transport_sockets.tls.v3.UpstreamTlsContext",
            "sni": origin.domain,
            "common_tls_context": {
                "tls_params": {
                    "tls_minimum_protocol_version": versions[0] if versions else "TLSv1_2",
                    "tls_maximum_protocol_version": versions[-1] if versions else "TLSv1_2",
                },
                "validation_context": {
                    "trusted_ca": {"filename": str(authority)},
                    "match_typed_subject_alt_names": [_dns_name(name) for name in names],
                },
            },
        },
    }


def _dns_name(name: str) -> Json:
    """Envoy takes a certificate's wildcard for a name under it."""
    return {"san_type": "DNS", "matcher": {"exact": name.lower(), "ignore_case": True}}


def route_configuration(distribution: Distribution, scheme: str, name: str, port: Callable[[int], int]) -> Json:
    routes = [
        route
        for place in range(len(distribution.behaviours))
        for route in behaviour_routes(distribution, place, scheme, port)
    ]
    known = [*distribution.aliases, distribution.domain_name, distribution.address]
    other = _direct(distribution, {"prefix": "/"}, 403, NOT_HERE)
    return {
        "@type": f"{CONFIG}route.v3.RouteConfiguration",
        "name": name,
        "validate_clusters": False,
        "ignore_port_in_host_matching": True,
        "request_headers_to_remove": ENVOY_HEADERS,
        "virtual_hosts": [
            {"name": "distribution", "domains": sorted({item.lower() for item in known}), "routes": routes},
            {"name": "other", "domains": ["*"], "routes": [other]},
        ],
    }


def behaviour_routes(distribution: Distribution, place: int, scheme: str, port: Callable[[int], int]) -> list[Json]:
    behaviour, origin = distribution.behaviours[place], distribution.origin_of(place)
    match = path_match(behaviour.pattern)
    if scheme == "http" and behaviour.viewer_protocol == "redirect-to-https":
        return redirects(distribution, match, port)
    if scheme == "http" and behaviour.viewer_protocol == "https-only":
        return [_direct(distribution, match, 403, NO_HTTP)]
    allowed = {**match, "headers": [_methods(behaviour.methods)]}
    refused = _direct(distribution, match, 403, NOT_ALLOWED)
    if origin.address is None:
        return [_direct(distribution, allowed, 502, NOT_FOUND), refused]
    forward = {
        "match": allowed,
        "route": {
            "cluster": cluster_name(distribution, place),
            "timeout": "0s",
            "idle_timeout": f"{origin.read_timeout}s",
            "retry_policy": {"retry_on": "connect-failure,reset-before-request", "num_retries": origin.attempts - 1},
        },
        "typed_per_filter_config": {
            VIEWER: _lua(scripts.viewer(distribution, behaviour, origin, place, scheme)),
            **_compression(behaviour),
        },
    }
    return [forward, refused]


def path_match(pattern: str | None) -> Json:
    """`*` and `?` are wildcards; a pattern begins with a slash whether or not it is written."""
    if pattern is None or pattern in ("*", "/*"):
        return {"prefix": "/"}
    return {"safe_regex": {"regex": wildcard("/" + pattern.removeprefix("/"))}}


def redirects(distribution: Distribution, match: Json, port: Callable[[int], int]) -> list[Json]:
    """301 for what reads; 307 keeps the method and the body of the rest."""
    reading = {**match, "headers": [_methods(KEPT_BODY)]}
    return [
        {
            "match": matched,
            "redirect": {"https_redirect": True, "port_redirect": port(443), "response_code": code},
            "typed_per_filter_config": _answered_here(distribution),
        }
        for matched, code in ((reading, "MOVED_PERMANENTLY"), (match, "TEMPORARY_REDIRECT"))
    ]


def _direct(distribution: Distribution, match: Json, status: int, words: str) -> Json:
    return {
        "match": match,
        "direct_response": {"status": status, "body": {"inline_string": words + "\n"}},
        "typed_per_filter_config": _answered_here(distribution),
    }


def _answered_here(distribution: Distribution) -> Json:
    return {VIEWER: _lua(scripts.direct(distribution)), CACHE: OFF, GZIP: OFF, BROTLI: OFF}


def _lua(text: str) -> Json:
    return {"@type": LUA, "source_code": {"inline_string": text}}


def _compression(behaviour: Behaviour) -> Json:
    """CloudFront compresses what it may keep, where both the behaviour and its policy say so."""
    keeps = behaviour.compress and behaviour.cache.most > 0
    wanted = {GZIP: keeps and behaviour.cache.gzip, BROTLI: keeps and behaviour.cache.brotli}
    return {name: OFF for name, on in wanted.items() if not on}


def _methods(methods: tuple[str, ...]) -> Json:
    regex = "|".join(re.escape(method) for method in methods)
    return {"name": ":method", "string_match": {"safe_regex": {"regex": regex}}}


def listener(distribution: Distribution, scheme: str, name: str, directory: Path, port: Callable[[int], int]) -> Json:
    chain: Json = {"filters": [connection_manager(name, directory)]}
    if scheme == "https":
        chain["transport_socket"] = to_viewer(distribution, directory)
    number = port(443 if scheme == "https" else 80)
    return {
        "@type": f"{CONFIG}listener.v3.Listener",
        "name": name,
        "address": {"socket_address": {"address": distribution.address, "port_value": number}},
        "enable_reuse_port": False,
        "filter_chains": [chain],
    }


def to_viewer(distribution: Distribution, directory: Path) -> Json:
    lowest = VERSIONS.get(distribution.minimum_protocol.partition("_")[0], "TLSv1_2")
    pairs = [list(certificate_files(certificate)) for certificate in distribution.certificates]
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{EXTENSION}transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"] if distribution.http2 else ["http/1.1"],
                "tls_params": {"tls_minimum_protocol_version": lowest, "tls_maximum_protocol_version": "TLSv1_3"},
                "tls_certificates": [
                    {
                        "certificate_chain": {"filename": str(directory / chain)},
                        "private_key": {"filename": str(directory / key)},
                    }
                    for chain, key in pairs
                ],
            },
        },
    }


def connection_manager(name: str, directory: Path) -> Json:
    return {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": HTTP_CONNECTION_MANAGER,
            "stat_prefix": name,
            "rds": {"route_config_name": name, "config_source": source(directory, f"rds.{name}.json")},
            "use_remote_address": True,
            "internal_address_config": {"unix_sockets": False},
            "generate_request_id": False,
            "server_header_transformation": "PASS_THROUGH",
            "http_protocol_options": {"accept_http_10": True},
            "upgrade_configs": [{"upgrade_type": "websocket"}],
            "local_reply_config": {
                "mappers": [_page(TIMEOUT_FLAGS, 504, TOO_SLOW), _page(CONNECTION_FLAGS, 502, scripts.NO_CONNECTION)]
            },
            "http_filters": http_filters(),
        },
    }


def _page(flags: list[str], status: int, words: str) -> Json:
    return {
        "filter": {"response_flag_filter": {"flags": flags}},
        "status_code": status,
        "body_format_override": {"text_format_source": {"inline_string": words + "\n"}},
    }


def http_filters() -> list[Json]:
    """In the order in which a request passes them; an answer comes back the other way."""
    nothing = {"@type": f"{HTTP}lua.v3.Lua", "clear_route_cache": False}
    store = {"@type": f"{EXTENSION}http.cache.simple_http_cache.v3.SimpleHttpCacheConfig"}
    return [
        {"name": GZIP, "typed_config": compressor("gzip", "Gzip", first=False)},
        {"name": BROTLI, "typed_config": compressor("brotli", "Brotli", first=True)},
        {"name": VIEWER, "typed_config": nothing},
        {"name": CACHE, "typed_config": {"@type": f"{HTTP}cache.v3.CacheConfig", "typed_config": store}},
        {
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": f"{HTTP}router.v3.Router", "suppress_envoy_headers": True},
        },
    ]


def compressor(library: str, kind: str, *, first: bool) -> Json:
    """`first` is taken where a viewer likes both as much."""
    name = f"{EXTENSION}compression.{library}.compressor.v3.{kind}"
    return {
        "@type": f"{HTTP}compressor.v3.Compressor",
        "choose_first": first,
        "compressor_library": {"name": library, "typed_config": {"@type": name}},
        "response_direction_config": {
            "common_config": {
                "min_content_length": LEAST_COMPRESSED,
                "content_type_matcher": [{"prefix": kind} for kind in COMPRESSED_TYPES],
            },
        },
    }
