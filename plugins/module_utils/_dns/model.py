# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the edge consists of: parameters in, wanted resources out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Ref, Wanted
from ansible_collections.calstack.aws.plugins.module_utils._dns import names, records
from ansible_collections.calstack.aws.plugins.module_utils._dns.cache_control import RUNTIME
from ansible_collections.calstack.aws.plugins.module_utils._dns.distribution_config import (
    ERRORS,
    EVERYTHING,
    ORIGIN_ID,
    READING,
    SET,
)
from ansible_collections.calstack.aws.plugins.module_utils._dns.health_check import FAILURES
from ansible_collections.calstack.aws.plugins.module_utils._dns.inputs import ONLY_CERTIFICATES, extra
from ansible_collections.calstack.aws.plugins.module_utils._dns.records import Key
from ansible_collections.calstack.aws.plugins.module_utils._secrets import model as secrets

Params = Mapping[str, Any]

COMMON_RULES = ("AWS/AWSManagedRulesCommonRuleSet",)


def wanted(params: Params, scope: Scope) -> list[Wanted]:
    """All resources in the order of use. Raises InputError."""
    early = [*_zone(params, scope), *_secret(params, scope), *_certificates(params, scope)]
    if params["only"] == ONLY_CERTIFICATES:
        return early
    late = [*_health_check(params, scope), *_policies(params, scope), *_function(params, scope)]
    late += _web_acl(params, scope)
    return [*early, *late, _distribution(params, scope), *_records(params, scope)]


def secret_options(name: str) -> dict[str, Any]:
    """The origin's secret in the words of the module app_secret."""
    variables = {names.SECRET_KEY: {"generate": names.SECRET_LENGTH}}
    return {"secrets": [{"id": "origin", "name": name, "variables": variables}], "kms_key_id": ""}


def _zone(params: Params, scope: Scope) -> Iterator[Wanted]:
    """Only one that we have made, or have to make."""
    zone = params["zone"]
    if zone is None or zone.ours:
        name = params["zone_name_used"]
        yield Wanted(names.ZONE, name, {"tags": scope.tags(name)})


def _zone_id(params: Params) -> Any:
    zone = params["zone"]
    return Ref(names.ZONE, params["zone_name_used"]) if zone is None or zone.ours else zone.id


def _secret(params: Params, scope: Scope) -> Sequence[Wanted]:
    if params["own_origin_secret_arn"]:
        return ()
    return secrets.wanted(secret_options(params["origin_secret_name"]), scope, ())


def certificate_names(params: Params, scope: Scope) -> dict[str, frozenset[str]]:
    """The names that each certificate has to cover, by its own name."""
    domain, origin = names.plain(params["domain"]), names.plain(params["origin_name"])
    return {
        names.edge_certificate(scope.stack): frozenset([domain]),
        names.origin_certificate(scope.stack): frozenset([domain, origin]),
    }


def _certificates(params: Params, scope: Scope) -> Iterator[Wanted]:
    """Those that have not been given or found. Both are requested before either is waited for."""
    ours = {name: hosts for name, hosts in certificate_names(params, scope).items() if not params["certificates"][name]}
    for name, hosts in ours.items():
        yield Wanted(names.CERTIFICATE, name, {"names": hosts, "tags": scope.tags(name)})
    for name, hosts in ours.items():
        initial = {"certificate": Ref(names.CERTIFICATE, name), "zone": _zone_id(params)}
        yield Wanted(names.VALIDATION, name, {"names": hosts, "proved": True}, initial)


def _certificate_arn(params: Params, name: str) -> Any:
    """One of ours by way of its validation: what is not issued cannot be used."""
    return params["certificates"][name] or Ref(names.VALIDATION, name)


def _health_check(params: Params, scope: Scope) -> Iterator[Wanted]:
    if params["health_check"]:
        name = names.distribution_name(scope.stack)
        properties = {
            "type": "HTTPS",
            "interval": 30,
            "host": names.plain(params["domain"]),
            "path": params["health_check_path"],
            "port": 443,
            "failures": FAILURES,
            "tags": scope.tags(name),
        }
        yield Wanted(names.HEALTH_CHECK, name, properties)


def _policies(params: Params, scope: Scope) -> Iterator[Wanted]:
    static, security = names.static_policy(scope.stack), names.security_policy(scope.stack)
    cache = {
        "seconds": (params["static_ttl"],) * 3,
        "compression": (True, True),
        "headers": "none",
        "cookies": "none",
        "query_strings": "all",
        "tags": scope.tags(static),
    }
    yield Wanted(names.CACHE_POLICY, static, cache)
    seconds = params["hsts_seconds"]
    hsts = {"seconds": seconds, "subdomains": params["hsts_subdomains"], "preload": params["hsts_preload"]}
    secure = {
        "hsts": hsts if seconds else None,
        "nosniff": True,
        "frame_options": params["frame_options"],
        "referrer_policy": params["referrer_policy"],
        "content_security_policy": params["content_security_policy"],
    }
    yield Wanted(names.HEADERS_POLICY, security, {**secure, "tags": scope.tags(security)})


def _function(params: Params, scope: Scope) -> Iterator[Wanted]:
    """Only where something is to be said, and of something."""
    if params["static_cache_control"] and params["static_paths"]:
        name = names.static_function(scope.stack)
        said = {"runtime": RUNTIME, "cache_control": params["static_cache_control"]}
        yield Wanted(names.FUNCTION, name, {**said, "tags": scope.tags(name)})


def _web_acl(params: Params, scope: Scope) -> Iterator[Wanted]:
    if params["waf"]:
        name = names.distribution_name(scope.stack)
        yield Wanted(names.WEB_ACL, name, {"default": "allow", "rules": COMMON_RULES, "tags": scope.tags(name)})


def _distribution(params: Params, scope: Scope) -> Wanted:
    name = names.distribution_name(scope.stack)
    bucket = params["log_bucket"]
    properties = {
        "enabled": True,
        "aliases": frozenset([names.plain(params["domain"])]),
        "comment": name,
        "default_root_object": "",
        "price_class": params["price_class"],
        "http_version": params["http_version"],
        "ipv6": params["ipv6"],
        "certificate": _certificate_arn(params, names.edge_certificate(scope.stack)),
        "tls_policy": params["tls_policy"],
        "sni": "sni-only",
        "origins": frozenset([ORIGIN_ID]),
        "origin": _origin(params),
        "origin_header": SET,
        "default": _pass_through(scope),
        "behaviours": tuple({"path": path, **_static(params, scope)} for path in params["static_paths"]),
        "errors_kept": {str(code): 0 for code in ERRORS},
        "web_acl": Ref(names.WEB_ACL, name, "arn") if params["waf"] else params["waf_acl_arn"],
        "logging": {"bucket": f"{bucket}.s3.amazonaws.com", "prefix": params["log_prefix"]} if bucket else None,
        "countries": _countries(params),
        "tags": scope.tags(name),
    }
    return Wanted(names.DISTRIBUTION, name, properties)


def _origin(params: Params) -> dict[str, Any]:
    return {
        "domain": names.plain(params["origin_name"]),
        "path": "",
        "protocol": "https-only",
        "tls": frozenset(["TLSv1.2"]),
        "port": 443,
        "read_timeout": params["origin_read_timeout"],
        "keepalive": params["origin_keepalive_timeout"],
        "attempts": 3,
        "connection_timeout": 10,
    }


def _pass_through(scope: Scope) -> dict[str, Any]:
    return {
        "origin": ORIGIN_ID,
        "viewers": "redirect-to-https",
        "methods": frozenset(EVERYTHING),
        "cached_methods": frozenset(READING),
        "compress": True,
        "cache_policy": names.CACHING_DISABLED,
        "request_policy": names.ALL_VIEWER,
        "headers_policy": Ref(names.HEADERS_POLICY, names.security_policy(scope.stack)),
    }


def _static(params: Params, scope: Scope) -> dict[str, Any]:
    """Without the viewer's headers: what is cached for all must not depend on who asked first."""
    said = params["static_cache_control"]
    return _pass_through(scope) | {
        "methods": frozenset(READING),
        "cache_policy": Ref(names.CACHE_POLICY, names.static_policy(scope.stack)),
        "request_policy": "",
        "response_function": Ref(names.FUNCTION, names.static_function(scope.stack), "arn") if said else "",
    }


def _countries(params: Params) -> dict[str, Any]:
    allowed, denied = params["countries_allowed"], params["countries_denied"]
    which = "whitelist" if allowed else "blacklist" if denied else "none"
    return {"which": which, "codes": frozenset(allowed or denied)}


def _records(params: Params, scope: Scope) -> Iterator[Wanted]:
    """The origin's first: the distribution looks it up as soon as somebody asks."""
    domain, origin = names.plain(params["domain"]), names.plain(params["origin_name"])
    balancer = records.alias(params["alb_dns_name"], params["alb_zone_id"])
    said: dict[Key, tuple[Mapping[str, Any], ...]] = {Key(origin, "A"): (balancer,)}
    for type_ in ("A", "AAAA") if params["ipv6"] else ("A",):
        said[Key(domain, type_)] = _domain_answers(params, scope)
    for name, item in extra(params, params["zone_name_used"]):
        key = Key(name, item["type"])
        if key in said:
            raise InputError(f"dns_extra_records: {key} is given twice, or is a record that this role makes itself.")
        said[key] = (records.values(item["type"], item["ttl"], item["values"]),)
    for key, answers in said.items():
        yield Wanted(names.RECORD, str(key), {"zone": _zone_id(params), "answers": answers})


def _domain_answers(params: Params, scope: Scope) -> tuple[Mapping[str, Any], ...]:
    distribution = Ref(names.DISTRIBUTION, names.distribution_name(scope.stack), "dns_name")
    first = records.alias(distribution, names.CLOUDFRONT_ZONE)
    if not (failover := params["failover"]):
        return (first,)
    check = Ref(names.HEALTH_CHECK, names.distribution_name(scope.stack))
    second = records.alias(failover["dns_name"], failover["zone_id"])
    return ({**first, "failover": "PRIMARY", "health_check": check}, {**second, "failover": "SECONDARY"})


def outputs(params: Params, scope: Scope) -> dict[str, Any]:
    """What the component publishes."""
    zone, secret = params["zone"], params["own_origin_secret_arn"]
    ours = zone is None or zone.ours
    name = params["zone_name_used"]
    found: dict[str, Any] = {
        "dns_hosted_zone_id": _zone_id(params),
        "dns_hosted_zone_name": name,
        "dns_name_servers": Ref(names.ZONE, name, "name_servers") if ours else " ".join(params["name_servers"]),
        "dns_edge_certificate_arn": _certificate_arn(params, names.edge_certificate(scope.stack)),
        "dns_origin_certificate_arn": _certificate_arn(params, names.origin_certificate(scope.stack)),
        "dns_origin_secret_arn": secret or Ref(secrets.KIND, params["origin_secret_name"]),
        "dns_origin_name": names.plain(params["origin_name"]),
        "dns_url": f"https://{names.plain(params['domain'])}",
    }
    if params["only"] == ONLY_CERTIFICATES:
        return found
    edge = names.distribution_name(scope.stack)
    found |= {
        "dns_distribution_id": Ref(names.DISTRIBUTION, edge),
        "dns_distribution_arn": Ref(names.DISTRIBUTION, edge, "arn"),
        "dns_distribution_dns_name": Ref(names.DISTRIBUTION, edge, "dns_name"),
        "dns_web_acl_arn": Ref(names.WEB_ACL, edge, "arn") if params["waf"] else params["waf_acl_arn"],
        "dns_health_check_id": Ref(names.HEALTH_CHECK, edge) if params["health_check"] else "",
    }
    return found
