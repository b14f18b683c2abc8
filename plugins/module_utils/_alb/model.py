# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the balancer consists of: parameters in, wanted resources out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._alb.actions import FORBIDDEN, NOT_FOUND, TO_HTTPS
from ansible_collections.calstack.aws.plugins.module_utils._alb.health_checks import HealthCheck
from ansible_collections.calstack.aws.plugins.module_utils._alb.inputs import check
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Ref, Wanted

COLOURS = ("blue", "green")
BALANCER = "load balancer"
GROUP = "target group"
LISTENER = "listener"
RULE = "rule"


def balancer_name(scope: Scope) -> str:
    return f"{scope.stack}-alb"


def group_name(scope: Scope, colour: str) -> str:
    return f"{scope.stack}-{colour}"


def listener_name(scope: Scope, protocol: str) -> str:
    return f"{scope.stack}-{protocol}"


def rule_name(scope: Scope, purpose: str) -> str:
    return f"{scope.stack}-{purpose}"


def check_inputs(params: Mapping[str, Any], scope: Scope) -> None:
    """Raises InputError for what is wrong without asking anybody."""
    check(params, (balancer_name(scope), *(group_name(scope, colour) for colour in COLOURS)))


def wanted(params: Mapping[str, Any], scope: Scope) -> Sequence[Wanted]:
    """Everything the component is made of. `params` as the module documents them, and what `survey` found.

    Raises InputError.
    """
    check_inputs(params, scope)
    return (
        *(_group(params, scope, colour) for colour in COLOURS),
        _balancer(params, scope),
        _https(params, scope),
        _http(scope),
        _production(params, scope),
        _test(params, scope),
    )


def _group(params: Mapping[str, Any], scope: Scope, colour: str) -> Wanted:
    name = group_name(scope, colour)
    asked = HealthCheck(params["health_check_path"], params["health_check_matcher"])
    asked = params["kept_health_checks"].get(colour, asked)
    properties = {
        "protocol": params["target_protocol"],
        "target_type": "ip",
        "vpc_id": params["vpc_id"],
        "health_check_protocol": params["target_protocol"],
        "health_check_port": "traffic-port",
        "health_check_path": asked.path,
        "health_check_matcher": asked.matcher,
        "health_check_interval": params["health_check_interval"],
        "health_check_timeout": params["health_check_timeout"],
        "healthy_threshold": params["healthy_threshold"],
        "unhealthy_threshold": params["unhealthy_threshold"],
        "deregistration_delay.timeout_seconds": str(params["deregistration_delay"]),
        "slow_start.duration_seconds": "0",
        "stickiness.enabled": "false",
        "tags": scope.tags(name),
    }
    # AWS cannot change the port of a group, and does not need to: ECS registers each task with the port of its own.
    return Wanted(GROUP, name, properties, initial={"port": params["port"]})


def _balancer(params: Mapping[str, Any], scope: Scope) -> Wanted:
    name = balancer_name(scope)
    properties = {
        "scheme": "internet-facing",
        "subnets": frozenset(params["subnet_ids"]),
        "security_groups": frozenset([params["security_group_id"]]),
        "idle_timeout.timeout_seconds": str(params["idle_timeout"]),
        "routing.http.drop_invalid_header_fields.enabled": "true",
        "routing.http.desync_mitigation_mode": "defensive",
        "routing.http2.enabled": "true",
        "deletion_protection.enabled": _flag(params["deletion_protection"]),
        **_access_logs(params),
        "tags": scope.tags(name),
    }
    return Wanted(BALANCER, name, properties)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _access_logs(params: Mapping[str, Any]) -> dict[str, str]:
    if not params["access_logs_bucket"]:
        return {"access_logs.s3.enabled": "false"}
    return {
        "access_logs.s3.enabled": "true",
        "access_logs.s3.bucket": params["access_logs_bucket"],
        "access_logs.s3.prefix": params["access_logs_prefix"],
    }


def _https(params: Mapping[str, Any], scope: Scope) -> Wanted:
    name = listener_name(scope, "https")
    properties = {
        "port": 443,
        "protocol": "HTTPS",
        "ssl_policy": params["ssl_policy"],
        "certificate": params["certificate_arn"],
        "extra_certificates": frozenset(params["extra_certificate_arns"]) - {params["certificate_arn"]},
        "default_action": FORBIDDEN if params["origin"] else NOT_FOUND,
        "tags": scope.tags(name),
    }
    return Wanted(LISTENER, name, properties, initial={"load_balancer": Ref(BALANCER, balancer_name(scope))})


def _http(scope: Scope) -> Wanted:
    name = listener_name(scope, "http")
    properties = {"port": 80, "protocol": "HTTP", "default_action": TO_HTTPS, "tags": scope.tags(name)}
    return Wanted(LISTENER, name, properties, initial={"load_balancer": Ref(BALANCER, balancer_name(scope))})


def _production(params: Mapping[str, Any], scope: Scope) -> Wanted:
    """Names both colours from the start: ECS refuses a service whose target group no rule names."""
    stable = params["stable_colour"]
    forward = tuple(
        {"target_group": Ref(GROUP, group_name(scope, colour)), "weight": 100 if colour == stable else 0}
        for colour in COLOURS
    )
    everything = {"field": "path-pattern", "values": frozenset(["/*"])}
    return _rule(params, scope, "production", everything, forward)


def _test(params: Mapping[str, Any], scope: Scope) -> Wanted:
    candidate = next(colour for colour in COLOURS if colour != params["stable_colour"])
    forward = ({"target_group": Ref(GROUP, group_name(scope, candidate)), "weight": 100},)
    header = params["test_header"]
    has_header = {"field": "http-header", "name": header["name"], "values": frozenset(header["values"])}
    return _rule(params, scope, "test", has_header, forward)


def _rule(
    params: Mapping[str, Any],
    scope: Scope,
    purpose: str,
    condition: Mapping[str, Any],
    forward: Sequence[Mapping[str, Any]],
) -> Wanted:
    """A rule whose forward action is only its first one: weights and stickiness belong to the release from then on.

    That holds for an action that no longer names both colours, too. A rollback takes the failing colour out of the
    production rule on purpose, since a sticky client would follow it even at weight 0, and only the release's
    record can tell that from a slip. `notes` says when it leaves a colour that ECS would refuse.
    """
    name = rule_name(scope, purpose)
    properties = {
        "priority": params[f"{purpose}_priority"],
        "conditions": (condition,),
        "origin": params["origin"],
        "tags": scope.tags(name),
    }
    listener = Ref(LISTENER, listener_name(scope, "https"))
    return Wanted(RULE, name, properties, initial={"listener": listener, "forward": tuple(forward)})


def outputs(_params: Mapping[str, Any], scope: Scope) -> Mapping[str, Any]:
    """What the component publishes."""
    balancer = balancer_name(scope)
    return {
        "alb_arn": Ref(BALANCER, balancer),
        "alb_dns_name": Ref(BALANCER, balancer, "dns_name"),
        "alb_zone_id": Ref(BALANCER, balancer, "zone_id"),
        "alb_https_listener_arn": Ref(LISTENER, listener_name(scope, "https")),
        "alb_rule_arns": {purpose: Ref(RULE, rule_name(scope, purpose)) for purpose in ("production", "test")},
        "alb_target_group_arns": {colour: Ref(GROUP, group_name(scope, colour)) for colour in COLOURS},
    }


def notes(found: Sequence[Found], _scope: Scope) -> Sequence[str]:
    """A warning for each colour that no rule names, and one while the colours are asked differently."""
    return (*_unnamed(found), *_asked_differently(found))


def _asked_differently(found: Sequence[Found]) -> Iterator[str]:
    groups = {item.name: item.properties for item in found if item.kind == GROUP}
    asked = {name: (item["health_check_path"], item["health_check_matcher"]) for name, item in groups.items()}
    if len(set(asked.values())) > 1:
        listed = ", ".join(f"{name} is asked {path} ({codes})" for name, (path, codes) in sorted(asked.items()))
        yield (
            f"The colours' health checks differ: {listed}. A new path or matcher goes to a colour that does not serve; "
            f"run site.yml again after the next release."
        )


def _unnamed(found: Sequence[Found]) -> Sequence[str]:
    """None while rules are still to be made."""
    rules = [item for item in found if item.kind == RULE]
    if len(rules) < 2:
        return ()
    named = {arn for rule in rules for arn in rule.attributes["target_groups"].split()}
    return tuple(
        f"No rule names the target group {item.name}: AWS does not check its health, and ECS refuses services on it. "
        f"Weights belong to the release: playbooks/release.yml or playbooks/rollback.yml puts it right."
        for item in found
        if item.kind == GROUP and item.id not in named
    )
