"""A distribution's configuration as CloudFront answers it: complete, and in its own order (pure).

Source: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html
"""

import copy
from collections.abc import Iterator
from typing import Any

Config = dict[str, Any]

METHODS = ("HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT", "PATCH")
"""The order in which CloudFront answers methods."""
READING = ["HEAD", "GET"]


def complete(config: Config) -> Config:
    """What CloudFront keeps of a configuration: with all defaults, every list with its Quantity."""
    given = count(copy.deepcopy(config))
    return {
        "Aliases": {"Quantity": 0},
        "DefaultRootObject": "",
        "OriginGroups": {"Quantity": 0},
        "CacheBehaviors": {"Quantity": 0},
        "CustomErrorResponses": {"Quantity": 0},
        "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
        "PriceClass": "PriceClass_All",
        "WebACLId": "",
        "HttpVersion": "http2",
        "IsIPV6Enabled": True,
        "ContinuousDeploymentPolicyId": "",
        "Staging": False,
        "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
        **given,
        "Origins": listing([origin(item) for item in items(given.get("Origins"))]),
        "DefaultCacheBehavior": behaviour(given["DefaultCacheBehavior"]),
        **(
            {"CacheBehaviors": listing([behaviour(item) for item in items(given["CacheBehaviors"])])}
            if items(given.get("CacheBehaviors"))
            else {}
        ),
        "ViewerCertificate": certificate(given.get("ViewerCertificate") or {}),
    }


def listing(values: list[Any]) -> Config:
    """A list in CloudFront's form; an empty one has no Items."""
    return {"Quantity": len(values), "Items": values} if values else {"Quantity": 0}


def items(wrapped: Config | None) -> list[Any]:
    return list((wrapped or {}).get("Items") or [])


def count(value: Any) -> Any:
    """Every list with the Quantity that it has; empty ones and parts that were not given are left out."""
    if isinstance(value, list):
        return [count(item) for item in value]
    if not isinstance(value, dict):
        return value
    counted = {name: count(item) for name, item in value.items() if item is not None}
    if "Quantity" in counted or "Items" in counted:
        rest = {name: item for name, item in counted.items() if name not in ("Quantity", "Items")}
        return {**rest, **listing(counted.get("Items") or [])}
    return counted


def origin(item: Config) -> Config:
    whole: Config = {
        "OriginPath": "",
        "CustomHeaders": {"Quantity": 0},
        "ConnectionAttempts": 3,
        "ConnectionTimeout": 10,
        "OriginShield": {"Enabled": False},
        "OriginAccessControlId": "",
        **item,
    }
    if custom := whole.get("CustomOriginConfig"):
        whole["CustomOriginConfig"] = {
            "OriginSslProtocols": listing(["TLSv1", "SSLv3"]),
            "OriginReadTimeout": 30,
            "OriginKeepaliveTimeout": 5,
            "IpAddressType": "ipv4",
            **custom,
        }
    return whole


def behaviour(item: Config) -> Config:
    nobody = {"Enabled": False, "Quantity": 0}
    return {
        "TrustedSigners": nobody,
        "TrustedKeyGroups": nobody,
        "SmoothStreaming": False,
        "Compress": False,
        "LambdaFunctionAssociations": {"Quantity": 0},
        "FunctionAssociations": {"Quantity": 0},
        "FieldLevelEncryptionId": "",
        "GrpcConfig": {"Enabled": False},
        **item,
        "AllowedMethods": methods(item.get("AllowedMethods") or {}),
    }


def methods(given: Config) -> Config:
    allowed = items(given) or READING
    cached = items(given.get("CachedMethods")) or READING
    return {**listing(_in_order(allowed)), "CachedMethods": listing(_in_order(cached))}


def _in_order(given: list[str]) -> list[str]:
    return sorted(given, key=METHODS.index)


def certificate(given: Config) -> Config:
    """With the old names of the same things, as CloudFront answers still."""
    if arn := given.get("ACMCertificateArn"):
        old = {"Certificate": arn, "CertificateSource": "acm", "CloudFrontDefaultCertificate": False}
        return {"MinimumProtocolVersion": "TLSv1", **given, **old}
    return {
        **given,
        "CloudFrontDefaultCertificate": True,
        "SSLSupportMethod": "vip",
        "MinimumProtocolVersion": "TLSv1",
        "CertificateSource": "cloudfront",
    }


def behaviours(config: Config) -> Iterator[Config]:
    """All of them, the default one last."""
    yield from items(config["CacheBehaviors"])
    yield config["DefaultCacheBehavior"]
