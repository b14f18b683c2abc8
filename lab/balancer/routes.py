"""A listener's rules as an Envoy RouteConfiguration (pure)."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

from lab.balancer.matching import matchers
from lab.balancer.model import (
    Action,
    FixedResponse,
    Forward,
    Listener,
    Redirect,
    Rule,
    TargetGroup,
    TargetStickiness,
    Unplayed,
    WeightedGroup,
    cluster_name,
)

Json = dict[str, Any]
Groups = dict[str, TargetGroup]

STATEFUL_SESSION = "envoy.filters.http.stateful_session"
NO_TARGET = "no-target"
"""A cluster that never exists: Envoy answers 503 with the flag NC, as the ALB does when no group has a weight."""
ENVOY_HEADERS = ["x-envoy-internal", "x-envoy-external-address", "x-envoy-expected-rq-timeout-ms"]


def route_configuration(listener: Listener, name: str, groups: Groups, port: Callable[[int], int]) -> Json:
    """`groups` are the target groups by ARN; `port` maps a listener's port to the one Envoy binds."""
    rules = sorted(listener.rules, key=lambda rule: (rule.priority is None, rule.priority))
    return {
        "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
        "name": name,
        "validate_clusters": False,
        "request_headers_to_add": [_header("X-Forwarded-Port", str(port(listener.port)))],
        "request_headers_to_remove": ENVOY_HEADERS,
        "virtual_hosts": [
            {
                "name": name,
                "domains": ["*"],
                "routes": [route for rule in rules for route in rule_routes(rule, listener, groups, port)],
            }
        ],
    }


def rule_routes(rule: Rule, listener: Listener, groups: Groups, port: Callable[[int], int]) -> list[Json]:
    """The routes that play a rule, each named for it; those for stuck clients come first."""
    match: Json = {"prefix": "/", "headers": matchers(rule.conditions)}
    routes = []
    if isinstance(rule.action, Forward) and rule.action.stickiness is not None:
        for group in rule.action.groups:
            stuck = {**match, "headers": [*match["headers"], _stuck_to(group.arn)]}
            only = Forward((WeightedGroup(group.arn, 1),), rule.action.stickiness)
            routes.append({"name": rule.arn, "match": stuck, **forward(only, groups)})
    return [*routes, {"name": rule.arn, "match": match, **_play(rule.action, listener, groups, port)}]


def _play(action: Action, listener: Listener, groups: Groups, port: Callable[[int], int]) -> Json:
    match action:
        case Forward():
            return forward(action, groups)
        case Redirect():
            return redirect(action, listener, port)
        case FixedResponse():
            return _direct(action.status, action.body, action.content_type)
        case Unplayed():
            return _direct(501, action.why, "text/plain")


def forward(action: Forward, groups: Groups) -> Json:
    weighted = [
        _weighted_cluster(group, action.stickiness, groups[group.arn].stickiness)
        for group in action.groups
        if group.weight > 0 and group.arn in groups
    ]
    target = {"weighted_clusters": {"clusters": weighted}} if weighted else {"cluster": NO_TARGET}
    # The ALB knows no limit on the whole of a request, only the idle time-out. What was reset before anything of
    # the request was sent may go again: nothing can be done twice by that.
    retry = {"retry_on": "reset-before-request", "num_retries": 1}
    return {"route": {**target, "timeout": "0s", "retry_policy": retry}}


def _weighted_cluster(group: WeightedGroup, group_stickiness: int | None, stickiness: TargetStickiness | None) -> Json:
    cluster: Json = {"name": cluster_name(group.arn), "weight": group.weight}
    if group_stickiness is not None:
        cookie = f"={_token(group.arn)}; Max-Age={group_stickiness}; Path=/"
        cluster["response_headers_to_add"] = [
            _header("Set-Cookie", f"AWSALBTG{cookie}", "APPEND_IF_EXISTS_OR_ADD"),
            _header("Set-Cookie", f"AWSALBTGCORS{cookie}; SameSite=None; Secure", "APPEND_IF_EXISTS_OR_ADD"),
        ]
    if stickiness is not None:
        cluster["typed_per_filter_config"] = {STATEFUL_SESSION: _target_session(stickiness)}
    return cluster


def _stuck_to(group_arn: str) -> Json:
    regex = rf"(?:.*;\s*)?AWSALBTG(?:CORS)?={_token(group_arn)}(?:;.*)?"
    return {"name": "cookie", "string_match": {"safe_regex": {"regex": regex}}}


def _token(group_arn: str) -> str:
    return hashlib.sha256(group_arn.encode()).hexdigest()[:32]


def _target_session(stickiness: TargetStickiness) -> Json:
    extension = "type.googleapis.com/envoy.extensions."
    cookie = {"name": stickiness.cookie, "path": "/", "ttl": f"{stickiness.duration}s"}
    return {
        "@type": f"{extension}filters.http.stateful_session.v3.StatefulSessionPerRoute",
        "stateful_session": {
            "session_state": {
                "name": "envoy.http.stateful_session.cookie",
                "typed_config": {
                    "@type": f"{extension}http.stateful_session.cookie.v3.CookieBasedSessionState",
                    "cookie": cookie,
                },
            }
        },
    }


def redirect(action: Redirect, listener: Listener, port: Callable[[int], int]) -> Json:
    """Envoy cannot build a host from #{host} and more, nor a query from #{query} and more: those answer 501."""
    if (action.host != "#{host}" and "#{" in action.host) or (
        action.query != "#{query}" and re.search(r"#\{(?!port|protocol)", action.query)
    ):
        return _direct(501, "the lab plays #{host} and #{query} in a redirect only alone", "text/plain")
    if re.search(r"#\{(host|query)\}", action.path):
        return _direct(501, "the lab does not play #{host} or #{query} in a redirect's path", "text/plain")
    protocol = listener.protocol if action.protocol == "#{protocol}" else action.protocol
    wanted = listener.port if action.port == "#{port}" else int(action.port)
    play: Json = {
        "scheme_redirect": protocol.lower(),
        "port_redirect": port(wanted),
        "response_code": "MOVED_PERMANENTLY" if action.status == 301 else "FOUND",
        "strip_query": action.query != "#{query}",
    }
    if action.host != "#{host}":
        play["host_redirect"] = action.host
    known = {"#{protocol}": protocol.lower(), "#{port}": str(wanted)}
    query = _fill(action.query, known) if action.query not in ("", "#{query}") else ""
    if action.path != "/#{path}" or query:
        rewritten = _fill(action.path, known).replace("\\", "\\\\").replace("#{path}", r"\1")
        play["regex_rewrite"] = {
            "pattern": {"regex": "^/(.*)$"},
            "substitution": rewritten + (f"?{query}" if query else ""),
        }
    return {"redirect": play}


def _fill(template: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        template = template.replace(name, value)
    return template


def _direct(status: int, body: str, content_type: str) -> Json:
    response: Json = {"status": status}
    if body:
        response["body"] = {"inline_string": body}
    return {"direct_response": response, "response_headers_to_add": [_header("Content-Type", content_type)]}


def _header(key: str, value: str, append_action: str = "OVERWRITE_IF_EXISTS_OR_ADD") -> Json:
    # Envoy reads % as the start of a command in the values of headers.
    return {"header": {"key": key, "value": value.replace("%", "%%")}, "append_action": append_action}
