# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A distribution's configuration: ours and the API's. Pure.

What we say nothing of (functions that requests pass, field-level encryption, staging, …) stays as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._dns.cloudfront import items, listed
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import ORIGIN_HEADER

ORIGIN_ID = "balancer"

SET = "(set)"
OTHER = "(another value)"

READING = ("GET", "HEAD")
EVERYTHING = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
"""The answers that CloudFront keeps for ten seconds unless told otherwise, uncached behaviours included.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
"""

RESPONSE = "viewer-response"

_NONE: Mapping[str, Any] = {"Quantity": 0}

_BEHAVIOUR: Mapping[str, Any] = {
    "TrustedSigners": {"Enabled": False, **_NONE},
    "TrustedKeyGroups": {"Enabled": False, **_NONE},
    "SmoothStreaming": False,
    "LambdaFunctionAssociations": _NONE,
    "FunctionAssociations": _NONE,
    "FieldLevelEncryptionId": "",
}
"""What an update has to say of every behaviour: UpdateDistribution refuses a configuration with gaps."""

_OLD_STYLE = ("ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL")
"""Of behaviours from before there were cache policies; the API refuses both together."""


def described(config: Mapping[str, Any], secret: str | None) -> dict[str, Any]:
    """The API's configuration in our words. `secret` is the value that the origin's header should have."""
    certificate = config.get("ViewerCertificate", {})
    restriction = config.get("Restrictions", {}).get("GeoRestriction", {})
    logging = config.get("Logging", {})
    origins = {origin["Id"]: origin for origin in items(config["Origins"])}
    return {
        "enabled": config["Enabled"],
        "aliases": frozenset(items(config.get("Aliases"))),
        "comment": config.get("Comment", ""),
        "default_root_object": config.get("DefaultRootObject", ""),
        "price_class": config.get("PriceClass"),
        "http_version": str(config.get("HttpVersion", "")).lower(),
        "ipv6": config.get("IsIPV6Enabled"),
        "certificate": certificate.get("ACMCertificateArn", ""),
        "tls_policy": certificate.get("MinimumProtocolVersion", ""),
        "sni": certificate.get("SSLSupportMethod", ""),
        "origins": frozenset(origins),
        "origin": _origin(origins.get(ORIGIN_ID, {})),
        "origin_header": _header(origins.get(ORIGIN_ID, {}), secret),
        "default": _behaviour(config["DefaultCacheBehavior"]),
        "behaviours": tuple(
            {"path": item["PathPattern"], **_behaviour(item), "response_function": _response_function(item)}
            for item in items(config.get("CacheBehaviors"))
        ),
        "errors_kept": {
            str(item["ErrorCode"]): item.get("ErrorCachingMinTTL") for item in items(config.get("CustomErrorResponses"))
        },
        "web_acl": config.get("WebACLId", ""),
        "logging": {"bucket": logging.get("Bucket", ""), "prefix": logging.get("Prefix", "")}
        if logging.get("Enabled")
        else None,
        "countries": {
            "which": restriction.get("RestrictionType", "none"),
            "codes": frozenset(items(restriction)),
        },
    }


def _origin(origin: Mapping[str, Any]) -> dict[str, Any]:
    custom = origin.get("CustomOriginConfig", {})
    return {
        "domain": origin.get("DomainName", ""),
        "path": origin.get("OriginPath", ""),
        "protocol": custom.get("OriginProtocolPolicy", ""),
        "tls": frozenset(items(custom.get("OriginSslProtocols"))),
        "port": custom.get("HTTPSPort"),
        "read_timeout": custom.get("OriginReadTimeout"),
        "keepalive": custom.get("OriginKeepaliveTimeout"),
        "attempts": origin.get("ConnectionAttempts"),
        "connection_timeout": origin.get("ConnectionTimeout"),
    }


def _header(origin: Mapping[str, Any], secret: str | None) -> str | None:
    """Never the value: whether it is the one it should be."""
    headers = {item["HeaderName"].lower(): item["HeaderValue"] for item in items(origin.get("CustomHeaders"))}
    value = headers.get(ORIGIN_HEADER.lower())
    if value is None:
        return None
    return SET if value == secret else OTHER


def _behaviour(item: Mapping[str, Any]) -> dict[str, Any]:
    methods = item.get("AllowedMethods", {})
    return {
        "origin": item["TargetOriginId"],
        "viewers": item["ViewerProtocolPolicy"],
        "methods": frozenset(items(methods)),
        "cached_methods": frozenset(items(methods.get("CachedMethods"))),
        "compress": item.get("Compress"),
        "cache_policy": item.get("CachePolicyId", ""),
        "request_policy": item.get("OriginRequestPolicyId", ""),
        "headers_policy": item.get("ResponseHeadersPolicyId", ""),
    }


def _response_function(item: Mapping[str, Any]) -> str:
    """The ARN of the function that answers pass; CloudFront lets a behaviour have one."""
    there = items(item.get("FunctionAssociations"))
    return next((str(one["FunctionARN"]) for one in there if one["EventType"] == RESPONSE), "")


def response_functions(config: Mapping[str, Any]) -> dict[str, str]:
    """By path: the function that answers pass, empty for none."""
    return {item["PathPattern"]: _response_function(item) for item in items(config.get("CacheBehaviors"))}


def merged(base: Mapping[str, Any], properties: Mapping[str, Any], secret: str) -> dict[str, Any]:
    """`base`, the configuration that is there or one with only a CallerReference, with all that is ours put in."""
    config = copy.deepcopy(dict(base))
    behaviours = {item["PathPattern"]: item for item in items(config.get("CacheBehaviors"))}
    origins = {item["Id"]: item for item in items(config.get("Origins"))}
    config |= {
        "Comment": properties["comment"],
        "Enabled": properties["enabled"],
        "Aliases": listed(sorted(properties["aliases"])),
        "DefaultRootObject": properties["default_root_object"],
        "PriceClass": properties["price_class"],
        "HttpVersion": properties["http_version"],
        "IsIPV6Enabled": properties["ipv6"],
        "ViewerCertificate": _to_certificate(properties),
        "Origins": listed([_to_origin(origins.get(ORIGIN_ID, {}), properties["origin"], secret)]),
        "DefaultCacheBehavior": _to_behaviour(config.get("DefaultCacheBehavior", {}), properties["default"]),
        "CacheBehaviors": listed(
            _to_static(behaviours.get(item["path"], {}), item) for item in properties["behaviours"]
        ),
        "CustomErrorResponses": listed(_to_error(code, kept) for code, kept in properties["errors_kept"].items()),
        "Logging": _to_logging(properties["logging"]),
        "WebACLId": properties["web_acl"],
        "Restrictions": {
            "GeoRestriction": {
                "RestrictionType": properties["countries"]["which"],
                **listed(sorted(properties["countries"]["codes"])),
            }
        },
    }
    return config


def _to_certificate(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ACMCertificateArn": properties["certificate"],
        "SSLSupportMethod": properties["sni"],
        "MinimumProtocolVersion": properties["tls_policy"],
    }


def _to_origin(base: Mapping[str, Any], origin: Mapping[str, Any], secret: str) -> dict[str, Any]:
    return {
        **base,
        "Id": ORIGIN_ID,
        "DomainName": origin["domain"],
        "OriginPath": origin["path"],
        "CustomHeaders": listed([{"HeaderName": ORIGIN_HEADER, "HeaderValue": secret}]),
        "CustomOriginConfig": {
            **base.get("CustomOriginConfig", {}),
            "HTTPPort": 80,
            "HTTPSPort": origin["port"],
            "OriginProtocolPolicy": origin["protocol"],
            "OriginSslProtocols": listed(sorted(origin["tls"])),
            "OriginReadTimeout": origin["read_timeout"],
            "OriginKeepaliveTimeout": origin["keepalive"],
        },
        "ConnectionAttempts": origin["attempts"],
        "ConnectionTimeout": origin["connection_timeout"],
    }


def _to_behaviour(base: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in base.items() if key not in _OLD_STYLE}
    behaviour = {
        **copy.deepcopy(dict(_BEHAVIOUR)),
        **kept,
        "TargetOriginId": item["origin"],
        "ViewerProtocolPolicy": item["viewers"],
        "AllowedMethods": {**listed(sorted(item["methods"])), "CachedMethods": listed(sorted(item["cached_methods"]))},
        "Compress": item["compress"],
        "CachePolicyId": item["cache_policy"],
    }
    for key, policy in (
        ("OriginRequestPolicyId", item["request_policy"]),
        ("ResponseHeadersPolicyId", item["headers_policy"]),
    ):
        behaviour.pop(key, None)
        if policy:
            behaviour[key] = policy
    return behaviour


def _to_static(base: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    """Functions that requests pass stay: they are not ours."""
    behaviour = _to_behaviour(base, item)
    functions = [one for one in items(behaviour["FunctionAssociations"]) if one["EventType"] != RESPONSE]
    if arn := item["response_function"]:
        functions.append({"FunctionARN": arn, "EventType": RESPONSE})
    return {**behaviour, "PathPattern": item["path"], "FunctionAssociations": listed(functions)}


def _to_error(code: str, kept: int) -> dict[str, Any]:
    """Without a page of ours the API wants both empty."""
    return {"ErrorCode": int(code), "ResponsePagePath": "", "ResponseCode": "", "ErrorCachingMinTTL": kept}


def _to_logging(logging: Mapping[str, str] | None) -> dict[str, Any]:
    where = logging or {"bucket": "", "prefix": ""}
    return {
        "Enabled": logging is not None,
        "IncludeCookies": False,
        "Bucket": where["bucket"],
        "Prefix": where["prefix"],
    }
