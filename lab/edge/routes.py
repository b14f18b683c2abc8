"""A distribution's behaviours as an Envoy RouteConfiguration (pure)."""

import re
from collections.abc import Callable
from typing import Any

from lab.balancer.matching import wildcard
from lab.balancer.routes import ENVOY_HEADERS
from lab.balancer.xds import CONFIG, EXTENSION
from lab.edge import scripts
from lab.edge.model import Behaviour, Distribution

Json = dict[str, Any]

VIEWER, CACHE = "edge.viewer", "envoy.filters.http.cache"
GZIP, BROTLI = "edge.gzip", "edge.brotli"
LUA = f"{EXTENSION}filters.http.lua.v3.LuaPerRoute"
OFF: Json = {"@type": f"{CONFIG}route.v3.FilterConfig", "disabled": True}
READING = ("GET", "HEAD")
REPLACE, IF_ABSENT = "OVERWRITE_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT"
NOT_HERE = "The request could not be satisfied. The distribution has no alternate domain name like this."
NOT_ALLOWED = "This distribution is not configured to allow the HTTP request method that was used for this request."
NOT_FOUND = "CloudFront wasn't able to resolve the origin domain name."
NO_HTTP = "The distribution supports only HTTPS requests."


def route_configuration(distribution: Distribution, scheme: str, name: str, port: Callable[[int], int]) -> Json:
    """For the listener of a protocol; `port` maps a port to the one that is bound."""
    routes = [
        route
        for place in range(len(distribution.behaviours))
        for route in behaviour_routes(distribution, place, scheme, port)
    ]
    known = [*distribution.aliases, distribution.domain_name, distribution.address]
    return {
        "@type": f"{CONFIG}route.v3.RouteConfiguration",
        "name": name,
        "validate_clusters": False,
        "ignore_port_in_host_matching": True,
        "request_headers_to_remove": [*ENVOY_HEADERS, "x-forwarded-proto"],
        "virtual_hosts": [
            {"name": "distribution", "domains": sorted({item.lower() for item in known}), "routes": routes},
            {"name": "other", "domains": ["*"], "routes": [refusal({"prefix": "/"}, 403, NOT_HERE)]},
        ],
    }


def behaviour_routes(distribution: Distribution, place: int, scheme: str, port: Callable[[int], int]) -> list[Json]:
    behaviour, origin = distribution.behaviours[place], distribution.origin_of(place)
    match = path_match(behaviour.pattern)
    if scheme == "http" and behaviour.viewer_protocol == "redirect-to-https":
        return redirects(match, port)
    if scheme == "http" and behaviour.viewer_protocol == "https-only":
        return [refusal(match, 403, NO_HTTP)]
    allowed = {**match, "headers": [_methods(behaviour.methods)]}
    refused = refusal(match, 403, NOT_ALLOWED)
    if origin.address is None:
        return [refusal(allowed, 502, NOT_FOUND), refused]
    forward: Json = {
        "match": allowed,
        "route": {
            "cluster": cluster_name(distribution, place),
            "timeout": "0s",
            "idle_timeout": f"{origin.read_timeout}s",
            "retry_policy": {"retry_on": "connect-failure,reset-before-request", "num_retries": origin.attempts - 1},
        },
    }
    if is_passed(distribution, behaviour):
        _passed(forward, distribution, place)
    else:
        _sifted(forward, distribution, place, scheme)
    return [forward, refused]


def cluster_name(distribution: Distribution, place: int) -> str:
    """Of the origin as the behaviour at this place asks it."""
    return f"{distribution.id}.{place}"


def keeps(distribution: Distribution, behaviour: Behaviour) -> bool:
    """Whether anything is kept at all: errors are, unless all are told not to be."""
    return behaviour.cache.most > 0 or any(scripts.error_seconds(distribution).values())


def is_passed(distribution: Distribution, behaviour: Behaviour) -> bool:
    """Nothing is kept and all that the viewer sends goes on, which needs no script: each costs more than the rest."""
    request = behaviour.request
    if request is None or behaviour.function or keeps(distribution, behaviour) or distribution.root_object:
        return False
    all_headers = request.headers.behavior == "all" and not request.headers.names
    all_but_host = request.headers.behavior == "allExcept" and _lower(request.headers.names) == {"host"}
    everything = request.cookies.behavior == request.query.behavior == "all"
    return everything and (all_headers or all_but_host)


def _lower(names: tuple[str, ...]) -> set[str]:
    return {name.lower() for name in names}


def _passed(forward: Json, distribution: Distribution, place: int) -> None:
    behaviour, origin = distribution.behaviours[place], distribution.origin_of(place)
    if behaviour.request and behaviour.request.headers.behavior == "allExcept":
        forward["route"]["host_rewrite_literal"] = origin.domain
    if origin.path:
        forward["route"]["regex_rewrite"] = {"pattern": {"regex": "^/"}, "substitution": f"{origin.path}/"}
    forward["request_headers_to_add"] = [_header(name, value, REPLACE) for name, value in origin.headers]
    if policy := behaviour.response:
        forward["response_headers_to_remove"] = list(policy.removed)
        forward["response_headers_to_add"] = [
            _header(item.name, item.value, REPLACE if item.override else IF_ABSENT) for item in policy.added
        ]
    forward["typed_per_filter_config"] = {VIEWER: _lua(scripts.source("passed")), CACHE: OFF, GZIP: OFF, BROTLI: OFF}


def _sifted(forward: Json, distribution: Distribution, place: int, scheme: str) -> None:
    behaviour = distribution.behaviours[place]
    compressed = behaviour.compress and behaviour.cache.most > 0
    # CloudFront compresses what it may keep, where both the behaviour and its policy say so.
    wanted = {
        GZIP: compressed and behaviour.cache.gzip,
        BROTLI: compressed and behaviour.cache.brotli,
        CACHE: keeps(distribution, behaviour),
    }
    forward["typed_per_filter_config"] = {
        VIEWER: _lua(scripts.viewer(distribution, place, scheme)),
        **{name: OFF for name, on in wanted.items() if not on},
    }


def path_match(pattern: str | None) -> Json:
    """`*` and `?` are wildcards; a pattern begins with a slash whether or not it is written."""
    if pattern is None or pattern in ("*", "/*"):
        return {"prefix": "/"}
    return {"safe_regex": {"regex": wildcard("/" + pattern.removeprefix("/"))}}


def redirects(match: Json, port: Callable[[int], int]) -> list[Json]:
    """301 for what reads; 307 keeps the method and the body of the rest."""
    reading = {**match, "headers": [_methods(READING)]}
    return [
        {
            "match": matched,
            "redirect": {"https_redirect": True, "port_redirect": port(443), "response_code": code},
            **_answered_here("Redirect"),
        }
        for matched, code in ((reading, "MOVED_PERMANENTLY"), (match, "TEMPORARY_REDIRECT"))
    ]


def refusal(match: Json, status: int, words: str) -> Json:
    return {
        "match": match,
        "direct_response": {"status": status, "body": {"inline_string": words + "\n"}},
        **_answered_here("Error"),
    }


def _answered_here(result: str) -> Json:
    return {
        "response_headers_to_add": [_header("X-Cache", f"{result} from cloudfront", REPLACE)],
        "typed_per_filter_config": {VIEWER: OFF, CACHE: OFF, GZIP: OFF, BROTLI: OFF},
    }


def _lua(text: str) -> Json:
    return {"@type": LUA, "source_code": {"inline_string": text}}


def _methods(methods: tuple[str, ...]) -> Json:
    regex = "|".join(re.escape(method) for method in methods)
    return {"name": ":method", "string_match": {"safe_regex": {"regex": regex}}}


def _header(name: str, value: str, action: str) -> Json:
    """Envoy would take a percent sign for a variable."""
    return {"header": {"key": name, "value": value.replace("%", "%%")}, "append_action": action}
