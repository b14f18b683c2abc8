"""A response headers policy as the headers that it adds and removes (pure).

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lab.aws.cloudfront.config import items
from lab.edge.model import AddedHeader, ResponseHeadersPolicy

Config = Mapping[str, Any]


def response_policy(config: Config) -> ResponseHeadersPolicy:
    added = [*security_headers(config.get("SecurityHeadersConfig") or {})]
    added += [
        AddedHeader(item["Header"], item["Value"], bool(item["Override"]))
        for item in items(config.get("CustomHeadersConfig"))
    ]
    removed = tuple(item["Header"] for item in items(config.get("RemoveHeadersConfig")))
    return ResponseHeadersPolicy(tuple(added), removed)


def security_headers(config: Config) -> Iterator[AddedHeader]:
    if part := config.get("StrictTransportSecurity"):
        value = f"max-age={part['AccessControlMaxAgeSec']}"
        value += "; includeSubDomains" if part.get("IncludeSubdomains") else ""
        value += "; preload" if part.get("Preload") else ""
        yield _header("Strict-Transport-Security", value, part)
    if part := config.get("ContentTypeOptions"):
        yield _header("X-Content-Type-Options", "nosniff", part)
    if part := config.get("FrameOptions"):
        yield _header("X-Frame-Options", part["FrameOption"], part)
    if part := config.get("ReferrerPolicy"):
        yield _header("Referrer-Policy", part["ReferrerPolicy"], part)
    if part := config.get("XSSProtection"):
        yield _header("X-XSS-Protection", _protection(part), part)
    if part := config.get("ContentSecurityPolicy"):
        yield _header("Content-Security-Policy", part["ContentSecurityPolicy"], part)


def _protection(part: Config) -> str:
    if not part["Protection"]:
        return "0"
    mode = "; mode=block" if part.get("ModeBlock") else ""
    report = f"; report={part['ReportUri']}" if part.get("ReportUri") else ""
    return f"1{mode}{report}"


def _header(name: str, value: str, part: Config) -> AddedHeader:
    return AddedHeader(name, value, bool(part["Override"]))
