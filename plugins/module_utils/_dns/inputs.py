# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Whether the parameters make sense by themselves, before anybody is asked. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import is_within, plain

Params = Mapping[str, Any]

ONLY_CERTIFICATES = "certificates"
LONGEST_CACHED = 31536000
"""One year; no browser keeps anything longer: https://www.rfc-editor.org/rfc/rfc2616#section-14.21"""

BEHAVIOURS = 24
"""CloudFront's quota of cache behaviours is 25, with the default one: https://docs.aws.amazon.com/general/latest/gr/cf_region.html"""

LONGEST_HEADER = 1024
"""Characters. CloudFront takes ten kilobytes of code with it: https://docs.aws.amazon.com/general/latest/gr/cf_region.html"""

RANGES = {
    "static_ttl": (1, LONGEST_CACHED),
    "origin_read_timeout": (1, 120),
    "origin_keepalive_timeout": (1, 60),
    "hsts_seconds": (0, 63072000),
    "wait_seconds": (1, 86400),
}
"""https://docs.aws.amazon.com/AmazonCloudFront/latest/APIReference/API_CustomOriginConfig.html and its siblings."""

TYPES = (
    "A",
    "AAAA",
    "CAA",
    "CNAME",
    "DS",
    "HTTPS",
    "MX",
    "NAPTR",
    "NS",
    "PTR",
    "SPF",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
)
"""What Route 53 holds: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html"""

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_WEB_ACL = re.compile(r"arn:[^:]+:wafv2:us-east-1:\d+:global/webacl/")
_COUNTRY = re.compile(r"[A-Z]{2}")


def check(params: Params) -> None:
    """Raises InputError that names the role's variable."""
    _domain(params)
    for key, (least, most) in RANGES.items():
        if not least <= params[key] <= most:
            raise InputError(f"dns_{key} is {params[key]}: AWS takes {least} to {most}.")
    if params["only"] != ONLY_CERTIFICATES:
        _balancer(params)
    _paths(params["static_paths"])
    _cache_control(params["static_cache_control"])
    _hsts(params)
    _countries(params)
    _failover(params)
    if params["waf"] and params["waf_acl_arn"]:
        raise InputError("dns_waf is true and dns_waf_acl_arn is given: choose one.")
    acl = params["waf_acl_arn"]
    if acl and not _WEB_ACL.match(acl):
        raise InputError(f"dns_waf_acl_arn is {acl}: CloudFront takes web ACLs of us-east-1 with the scope CLOUDFRONT.")
    if params["log_prefix"] and not params["log_bucket"]:
        raise InputError("dns_log_prefix is given without dns_log_bucket: name the bucket too.")
    for variable in ("own_edge_certificate_arn", "own_origin_certificate_arn"):
        if params[variable] and not params[variable].startswith("arn:"):
            raise InputError(f"dns_{variable} is {params[variable]!r}: give the ARN of a certificate in ACM.")
    if params["own_edge_certificate_arn"] and ":us-east-1:" not in params["own_edge_certificate_arn"]:
        raise InputError(
            "dns_own_edge_certificate_arn must be of us-east-1: CloudFront takes certificates of no other region."
        )
    _sendgrid(params["sendgrid"])


def _domain(params: Params) -> None:
    domain, origin = params["domain"], params["origin_name"]
    for variable, name in (("dns_domain", domain), ("dns_origin_name", origin)):
        labels = plain(name).split(".")
        if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or len(plain(name)) > 253:
            raise InputError(f"{variable} is {name!r}: give a host name, app_domain for example calstack.example.com.")
    if plain(domain) == plain(origin):
        raise InputError(
            "dns_origin_name is the domain itself: it must be a name of its own, which leads to the balancer."
        )


def _balancer(params: Params) -> None:
    for key in ("alb_dns_name", "alb_zone_id"):
        if not params[key]:
            raise InputError(
                f"dns_{key} is empty: nothing of that kind was given or found. The component alb publishes it: "
                f"run site.yml --limit alb first, or give dns_{key}."
            )


def refuse_unknown(params: Params) -> None:
    """Raises InputError for an input that another component has only planned to make."""
    if params["only"] != ONLY_CERTIFICATES and KNOWN_AFTER_APPLY in (params["alb_dns_name"], params["alb_zone_id"]):
        raise InputError(
            f"dns_alb_dns_name is {KNOWN_AFTER_APPLY}: the component alb has only been planned. "
            f"Run site.yml without --check, or --limit alb first."
        )


def _paths(paths: Sequence[str]) -> None:
    for path in paths:
        if not path.startswith("/") or len(path) > 255 or not re.fullmatch(r"[A-Za-z0-9_\-.*$/~\"'@:+&?]+", path):
            raise InputError(f"dns_static_paths: {path!r} is no path pattern; one is /static/*.")
        if path in ("/*", "/"):
            raise InputError(f"dns_static_paths: {path} would cache pages for everybody that are made for one.")
    if len(paths) > BEHAVIOURS or len(set(paths)) != len(paths):
        raise InputError(f"dns_static_paths: give at most {BEHAVIOURS} path patterns, each once.")


def _cache_control(value: str) -> None:
    if len(value) > LONGEST_HEADER or not re.fullmatch(r"[ -~]*", value):
        raise InputError(
            f"dns_static_cache_control is {value!r}: give what is to follow Cache-Control:, on one line, in plain "
            f"ASCII characters, at most {LONGEST_HEADER}. Empty leaves it to the application."
        )


def _hsts(params: Params) -> None:
    if params["hsts_preload"] and not (params["hsts_subdomains"] and params["hsts_seconds"] >= LONGEST_CACHED):
        raise InputError(
            f"dns_hsts_preload needs dns_hsts_subdomains: true and dns_hsts_seconds of at least {LONGEST_CACHED}: "
            f"https://hstspreload.org."
        )


def _countries(params: Params) -> None:
    if params["countries_allowed"] and params["countries_denied"]:
        raise InputError("dns_countries_allowed and dns_countries_denied are both given: choose one.")
    for code in (*params["countries_allowed"], *params["countries_denied"]):
        if not _COUNTRY.fullmatch(code):
            raise InputError(f"dns_countries_…: {code!r} is no country: give two capital letters, as DE (ISO 3166-1).")


def _failover(params: Params) -> None:
    failover = params["failover"]
    if failover and not params["health_check"]:
        raise InputError("dns_failover needs dns_health_check: true, by which Route 53 knows when to fail over.")


def _sendgrid(sendgrid: Mapping[str, Any] | None) -> None:
    given = {key for key, value in (sendgrid or {}).items() if value}
    if given & {"em", "em_name"} and not given >= {"em", "em_name"}:
        raise InputError(
            "dns_sendgrid: em and em_name belong together: em1234 is the name, u1.wl2.sendgrid.net the value."
        )


def extra(params: Params, zone: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The further records with their full names, those of SendGrid among them. Raises InputError."""
    for item in params["extra_records"]:
        name = plain(params["domain"] if item["name"] == "@" else item["name"])
        if item["type"] not in TYPES:
            raise InputError(f"dns_extra_records: {name}: {item['type']} is not among {', '.join(TYPES)}.")
        if not is_within(name, zone):
            raise InputError(
                f"dns_extra_records: {name} does not lie in the zone {zone}. Give full names, or @ for the domain."
            )
        if not item["values"] or not 0 <= item["ttl"] <= 2147483647:
            raise InputError(f"dns_extra_records: {name} {item['type']} needs at least one value and a ttl in seconds.")
        if item["type"] == "CNAME" and (len(item["values"]) > 1 or name == plain(zone)):
            raise InputError(f"dns_extra_records: {name}: a CNAME has one value, and a zone's own name can have none.")
        yield name, item
    sendgrid, domain = params["sendgrid"] or {}, plain(params["sendgrid_domain"] or params["domain"])
    if any(sendgrid.values()) and not is_within(domain, zone):
        raise InputError(f"dns_sendgrid_domain: {domain} does not lie in the zone {zone}.")
    for key, host in (("s1", "s1._domainkey"), ("s2", "s2._domainkey"), ("em", sendgrid.get("em_name"))):
        if sendgrid.get(key):
            yield plain(f"{host}.{domain}"), {"type": "CNAME", "ttl": 300, "values": [sendgrid[key]]}
