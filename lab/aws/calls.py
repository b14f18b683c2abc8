"""What an AWS request asks for, read from the request alone: service, action, and whether it writes."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")
_READING = re.compile(
    r"(BatchCheck|BatchDescribe|BatchGet|Check|Describe|Decode|Estimate|Filter|Get|Head|List|Lookup|Preview|Query|Scan|"
    r"Search|Select|Simulate|StartQuery|StopQuery|TestMetricFilter|TransactGet|Validate|View)[A-Z]|(Query|Scan)$"
)
_CONSTANT = re.compile(r"(WithTags|Operation=(Tag|Untag))=?")
# They hand out credentials and leave nothing behind.
_SESSIONS = {"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}


@dataclass(frozen=True)
class Call:
    """`action` is the API's name for it or, for REST services, "METHOD /path", for some with "?CONSTANT"."""

    service: str
    action: str
    writes: bool


def identify(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Call | None:
    """The AWS call a request makes; None if it is not signed as one. Header names are in lower case."""
    match = _SCOPE.search(headers.get("authorization", ""))
    if match is None:
        return None
    service = match.group(1)
    fields = parse_qs(query)
    if "form-urlencoded" in headers.get("content-type", ""):
        fields.update(parse_qs(body.decode("utf-8", "replace")))
    action = headers.get("x-amz-target", "").rpartition(".")[2] or fields.get("Action", [""])[0]
    action = action or _operation(path)
    if not action:
        return Call(
            service, f"{method} {path}{_constant(service, query)}", writes=method not in ("GET", "HEAD", "OPTIONS")
        )
    dry = fields.get("DryRun", [""])[0].lower() == "true"
    return Call(service, action, writes=not (dry or action in _SESSIONS or _READING.match(action)))


def _constant(service: str, query: str) -> str:
    """The part of the query that tells CloudFront's operations on one path apart."""
    parts = query.split("&") if service == "cloudfront" else []
    return next((f"?{part.rstrip('=')}" for part in parts if _CONSTANT.fullmatch(part)), "")


def _operation(path: str) -> str:
    """The action in the path of the smithy RPC protocols: /service/NAME/operation/ACTION."""
    match = re.search(r"/operation/(\w+)$", path)
    return match.group(1) if match else ""
