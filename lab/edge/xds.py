"""From the model to Envoy's configuration (pure): a listener a distribution and protocol, a cluster a behaviour."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.balancer.connection_manager import CONNECTION_FLAGS, HTTP, HTTP_CONNECTION_MANAGER, TIMEOUT_FLAGS
from lab.balancer.xds import CONFIG, EXTENSION, certificate_files, source
from lab.edge import scripts
from lab.edge.model import Distribution, Origin, Snapshot
from lab.edge.routes import BROTLI, CACHE, GZIP, VIEWER, cluster_name, is_passed, route_configuration

Json = dict[str, Any]

SCHEMES = ("http", "https")
POP = "LAB50-P1"
"""The point of presence: AWS's are called for an airport."""
LEAST_COMPRESSED = 1000
"""Bytes; https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html."""
COMPRESSED_TYPES = [
    *(f"application/{name}" for name in ("javascript", "json", "manifest+json", "vnd.ms-fontobject", "wasm")),
    *(f"application/{name}" for name in ("xhtml+xml", "xml")),
    *(f"text/{name}" for name in ("css", "csv", "html", "javascript", "markdown", "plain", "xml")),
    *("font/otf", "font/ttf", "image/svg+xml", "image/x-icon"),
]
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
                **_origin_filters(distribution, place),
            }
        },
    }
    if origin.https:
        resource["transport_socket"] = _to_origin(distribution, origin, authority)
    return resource


def _origin_filters(distribution: Distribution, place: int) -> Json:
    if is_passed(distribution, distribution.behaviours[place]):
        return {}
    script = {"inline_string": scripts.origin(distribution, place)}
    return {
        "http_filters": [
            {"name": "edge.origin", "typed_config": {"@type": f"{HTTP}lua.v3.Lua", "default_source_code": script}},
            {
                "name": "envoy.filters.http.upstream_codec",
                "typed_config": {"@type": f"{HTTP}upstream_codec.v3.UpstreamCodec"},
            },
        ]
    }


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


def listener(distribution: Distribution, scheme: str, name: str, directory: Path, port: Callable[[int], int]) -> Json:
    chain: Json = {"filters": [connection_manager(distribution, name, directory)]}
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


def connection_manager(distribution: Distribution, name: str, directory: Path) -> Json:
    return {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": HTTP_CONNECTION_MANAGER,
            "stat_prefix": name,
            "rds": {"route_config_name": name, "config_source": source(directory, f"rds.{name}.json")},
            "use_remote_address": True,
            "internal_address_config": {"unix_sockets": False},
            "generate_request_id": False,
            "server_name": "CloudFront",
            "server_header_transformation": "APPEND_IF_ABSENT",
            "http_protocol_options": {"accept_http_10": True},
            "upgrade_configs": [{"upgrade_type": "websocket"}],
            "local_reply_config": {
                "mappers": [_page(TIMEOUT_FLAGS, 504, TOO_SLOW), _page(CONNECTION_FLAGS, 502, scripts.NO_CONNECTION)]
            },
            "http_filters": http_filters(distribution),
        },
    }


def _page(flags: list[str], status: int, words: str) -> Json:
    return {
        "filter": {"response_flag_filter": {"flags": flags}},
        "status_code": status,
        "body_format_override": {"text_format_source": {"inline_string": words + "\n"}},
    }


def http_filters(distribution: Distribution) -> list[Json]:
    """In the order in which a request passes them; an answer comes back the other way."""
    nothing = {"@type": f"{HTTP}lua.v3.Lua", "clear_route_cache": False}
    store = {"@type": f"{EXTENSION}http.cache.simple_http_cache.v3.SimpleHttpCacheConfig"}
    return [
        {"name": GZIP, "typed_config": compressor("gzip", "Gzip", first=False)},
        {"name": BROTLI, "typed_config": compressor("brotli", "Brotli", first=True)},
        {"name": VIEWER, "typed_config": nothing},
        {"name": "edge.identity", "typed_config": identity(distribution)},
        {"name": CACHE, "typed_config": {"@type": f"{HTTP}cache.v3.CacheConfig", "typed_config": store}},
        {
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": f"{HTTP}router.v3.Router", "suppress_envoy_headers": True},
        },
    ]


def identity(distribution: Distribution) -> Json:
    """Each request has an id, which its answer bears, too."""

    def added(name: str, value: str, action: str = "OVERWRITE_IF_EXISTS_OR_ADD") -> Json:
        return {"append": {"header": {"key": name, "value": value}, "append_action": action}}

    via = added("via", scripts.via(distribution), "APPEND_IF_EXISTS_OR_ADD")
    return {
        "@type": f"{HTTP}header_mutation.v3.HeaderMutation",
        "mutations": {
            "request_mutations": [added("x-amz-cf-id", "%UNIQUE_ID%"), via],
            "response_mutations": [
                added("x-amz-cf-id", "%REQ(X-AMZ-CF-ID)%"),
                via,
                added("x-amz-cf-pop", POP),
                {"remove": "x-envoy-upstream-service-time"},
            ],
        },
    }


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
