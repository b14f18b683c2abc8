"""From the model to Envoy's configuration (pure): file names and their contents.

Envoy reads them as file-based xDS. A cluster is a target group, its endpoints are the targets, a listener is a
listener; rules become routes (`routes`).
"""

import hashlib
import json
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.balancer.connection_manager import connection_manager
from lab.balancer.model import Certificate, HealthCheck, Listener, LoadBalancer, Snapshot, TargetGroup
from lab.balancer.routes import route_configuration

Json = dict[str, Any]

CONFIG = "type.googleapis.com/envoy.config."
EXTENSION = "type.googleapis.com/envoy.extensions."
ADMIN_SOCKET = "admin.sock"
ACCESS_LOG = "access.pipe"
CONNECT_TIMEOUT = "10s"
"""The ALB's own: a target that accepts no connection for 10 s is answered with 504."""
ALGORITHMS = {"least_outstanding_requests": "LEAST_REQUEST", "weighted_random": "RANDOM"}


@dataclass(frozen=True)
class Rendered:
    files: dict[str, str] = field(repr=False)
    """Contents by name, in the order in which they are to be written: what is referred to comes first."""
    listeners: frozenset[str]
    """The names of the listeners that Envoy should have."""
    troubles: tuple[str, ...] = ()


def render(
    snapshot: Snapshot, directory: Path, port: Callable[[int], int], lingering: Set[str] = frozenset()
) -> Rendered:
    """The whole configuration of Envoy.

    `directory` is where the files will be, `port` maps a listener's port to the one to bind, `lingering` names
    target groups (ARNs) that no rule names any more but that keep their cluster.
    """
    groups = {group.arn: group for group in snapshot.groups}
    wanted = [groups[arn] for arn in sorted(snapshot.used().keys() | lingering) if arn in groups]
    files = {
        name: content
        for balancer in snapshot.balancers
        for listener in balancer.listeners
        for certificate in listener.certificates
        for name, content in certificate_files(certificate).items()
    }
    files |= {f"eds.{group.cluster}.json": _discovery(assignment(group)) for group in wanted}
    files["cds.json"] = _discovery(*(cluster(group, directory) for group in wanted))
    listeners: dict[str, Json] = {}
    bound: dict[tuple[str, int], str] = {}
    troubles = []
    for balancer in snapshot.balancers:
        for item in sorted(balancer.listeners, key=lambda item: item.port):
            where = (balancer.address, port(item.port))
            if where in bound:
                troubles.append(f"{item.arn} has no port: the lab maps it to {where}, where {bound[where]} is")
                continue
            if item.protocol == "HTTPS" and not item.certificates:
                troubles.append(f"{item.arn} does not answer: its certificate is not in the emulator's ACM")
                continue
            bound[where] = item.arn
            name = listener_name(item.arn)
            files[f"rds.{name}.json"] = _discovery(route_configuration(item, name, groups, port))
            listeners[name] = listener_resource(balancer, item, directory, port)
    files["lds.json"] = _discovery(*listeners.values())
    return Rendered(files, frozenset(listeners), tuple(troubles))


def _discovery(*resources: Json) -> str:
    return json.dumps({"resources": resources}, separators=(",", ":"))


def source(directory: Path, name: str) -> Json:
    return {"resource_api_version": "V3", "path_config_source": {"path": str(directory / name)}}


def cluster(group: TargetGroup, directory: Path) -> Json:
    resource: Json = {
        "@type": f"{CONFIG}cluster.v3.Cluster",
        "name": group.cluster,
        "type": "EDS",
        "eds_cluster_config": {"eds_config": source(directory, f"eds.{group.cluster}.json")},
        "connect_timeout": CONNECT_TIMEOUT,
        "lb_policy": ALGORITHMS.get(group.algorithm, "ROUND_ROBIN"),
        "ignore_health_on_host_removal": True,
        "common_lb_config": {
            # The ALB's fail-open: only when no target at all is healthy are the unhealthy ones used.
            "healthy_panic_threshold": {"value": 1.0},
            "ignore_new_hosts_until_first_hc": True,
            # Envoy would hold a draining state back for up to a second.
            "update_merge_window": "0s",
        },
        "circuit_breakers": {
            "thresholds": [
                {
                    "max_connections": 1 << 20,
                    "max_pending_requests": 1 << 20,
                    "max_requests": 1 << 20,
                    "max_retries": 64,
                }
            ]
        },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": f"{EXTENSION}upstreams.http.v3.HttpProtocolOptions",
                "common_http_protocol_options": {"idle_timeout": "60s"},
                "explicit_http_config": (
                    {"http_protocol_options": {}}
                    if group.protocol_version == "HTTP1"
                    else {"http2_protocol_options": {}}
                ),
            }
        },
    }
    if group.slow_start and resource["lb_policy"] == "ROUND_ROBIN":
        resource["round_robin_lb_config"] = {"slow_start_config": {"slow_start_window": f"{group.slow_start}s"}}
    if group.protocol == "HTTPS":
        resource["transport_socket"] = _upstream_tls()
    if group.health_check:
        resource["health_checks"] = [health_check(group.health_check)]
    return resource


def _upstream_tls() -> Json:
    """The ALB does not verify the certificates of targets."""
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {"@type": f"{EXTENSION}transport_sockets.tls.v3.UpstreamTlsContext"},
    }


def health_check(check: HealthCheck) -> Json:
    return {
        "timeout": f"{check.timeout}s",
        "interval": f"{check.interval}s",
        # Without it a cluster without traffic is checked once a minute.
        "no_traffic_interval": f"{check.interval}s",
        "healthy_threshold": check.healthy_threshold,
        "unhealthy_threshold": check.unhealthy_threshold,
        "reuse_connection": False,
        "http_health_check": {
            "path": check.path,
            "expected_statuses": [{"start": low, "end": high + 1} for low, high in check.matcher],
            # Else a single unexpected status is enough, whatever the threshold.
            "retriable_statuses": [{"start": 100, "end": 600}],
            "request_headers_to_add": [
                {
                    "header": {"key": "User-Agent", "value": "ELB-HealthChecker/2.0"},
                    "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
                }
            ],
        },
    }


def assignment(group: TargetGroup) -> Json:
    """The group's targets; while only draining ones are left, new requests get 503, as from an empty group."""
    port = group.health_check.port if group.health_check else None
    endpoints = [
        {
            "health_status": "DRAINING" if endpoint.draining else "HEALTHY",
            "endpoint": {
                "address": {"socket_address": {"address": endpoint.address, "port_value": endpoint.port}},
                "health_check_config": {
                    "hostname": f"{endpoint.address}:{port or endpoint.port}",
                    **({"port_value": port} if port else {}),
                },
            },
        }
        for endpoint in group.endpoints
    ]
    resource: Json = {
        "@type": f"{CONFIG}endpoint.v3.ClusterLoadAssignment",
        "cluster_name": group.cluster,
        "endpoints": [{"lb_endpoints": endpoints}],
    }
    if group.endpoints and all(endpoint.draining for endpoint in group.endpoints):
        resource["policy"] = {"drop_overloads": [{"category": "draining", "drop_percentage": {"numerator": 100}}]}
    return resource


def listener_name(arn: str) -> str:
    """The balancer's name and the unique end of the listener's ARN."""
    parts = arn.split("/")
    return f"{parts[-3]}.{parts[-1]}"


def listener_resource(balancer: LoadBalancer, listener: Listener, directory: Path, port: Callable[[int], int]) -> Json:
    name = listener_name(listener.arn)
    routes = {"route_config_name": name, "config_source": source(directory, f"rds.{name}.json")}
    chain: Json = {"filters": [connection_manager(balancer, name, routes, directory / ACCESS_LOG)]}
    if listener.protocol == "HTTPS":
        chain["transport_socket"] = downstream_tls(listener, directory, balancer.http2)
    return {
        "@type": f"{CONFIG}listener.v3.Listener",
        "name": name,
        "address": {"socket_address": {"address": balancer.address, "port_value": port(listener.port)}},
        # A second Envoy on the address is to fail, not to take half of the connections.
        "enable_reuse_port": False,
        "filter_chains": [chain],
    }


def downstream_tls(listener: Listener, directory: Path, http2: bool) -> Json:
    """Envoy chooses among the certificates by SNI and falls back to the first, as the ALB does."""
    lowest, highest = (version.replace(".", "_") for version in listener.tls_versions)
    names = [list(certificate_files(certificate)) for certificate in listener.certificates]
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{EXTENSION}transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"] if http2 else ["http/1.1"],
                "tls_params": {"tls_minimum_protocol_version": lowest, "tls_maximum_protocol_version": highest},
                "tls_certificates": [
                    {
                        "certificate_chain": {"filename": str(directory / chain)},
                        "private_key": {"filename": str(directory / key)},
                    }
                    for chain, key in names
                ],
            },
        },
    }


def certificate_files(certificate: Certificate) -> dict[str, str]:
    """Named by content: a certificate that is imported again under its ARN gets new names, and Envoy loads it."""
    digest = hashlib.sha256((certificate.chain + certificate.key).encode()).hexdigest()[:16]
    return {f"{digest}.crt": certificate.chain, f"{digest}.key": certificate.key}


def bootstrap(directory: Path) -> Json:
    """The configuration Envoy is started with.

    The admin socket's path is relative to Envoy's working directory: a socket's path may have 107 characters only.
    """
    return {
        "node": {"id": "lab", "cluster": "lab"},
        "admin": {"address": {"pipe": {"path": ADMIN_SOCKET, "mode": 0o600}}},
        "dynamic_resources": {
            "cds_config": source(directory, "cds.json"),
            "lds_config": source(directory, "lds.json"),
        },
        "stats_config": {"stats_matcher": {"reject_all": True}},
        # Envoy refuses regular expressions of more than 100 instructions; a rule may have five long patterns.
        "layered_runtime": {
            "layers": [{"name": "static", "static_layer": {"re2.max_program_size.error_level": 1_000_000}}]
        },
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": f"{EXTENSION}resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                        "max_active_downstream_connections": 50_000,
                    },
                }
            ]
        },
    }
