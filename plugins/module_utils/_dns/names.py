# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the edge's resources are called, and AWS's own names for what it keeps ready. Pure."""

from __future__ import annotations

ZONE = "hosted zone"
SECRET_KEY = "ORIGIN_HEADER"  # noqa: S105 -- the name of a key, not its value
SECRET_LENGTH = 48
CERTIFICATE = "certificate"
VALIDATION = "certificate validation"
HEALTH_CHECK = "health check"
CACHE_POLICY = "cache policy"
HEADERS_POLICY = "response headers policy"
FUNCTION = "CloudFront function"
WEB_ACL = "web ACL"
DISTRIBUTION = "distribution"
RECORD = "record"

EDGE_REGION = "us-east-1"
"""Where CloudFront takes certificates and web ACLs from.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
"""

CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
"""The hosted zone of every distribution's name, for alias records.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
"""

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""CloudFront's managed cache policy that caches nothing.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
"""

ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
"""CloudFront's managed origin request policy: all headers of the viewer, Host too, all cookies, the whole query.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
"""

ORIGIN_HEADER = "X-Origin-Verify"
"""The header whose secret value proves to the balancer that a request came through the distribution."""


def edge_certificate(stack: str) -> str:
    return f"{stack}-edge"


def origin_certificate(stack: str) -> str:
    return f"{stack}-origin"


def distribution_name(stack: str) -> str:
    """The distribution's comment, its tag Name, and the name of its web ACL and its health check."""
    return f"{stack}-edge"


def static_policy(stack: str) -> str:
    """Of the cache policy for static files."""
    return f"{stack}-static"


def static_function(stack: str) -> str:
    """Of the function that tells browsers how long to keep static files."""
    return f"{stack}-static"


def security_policy(stack: str) -> str:
    """Of the response headers policy for all answers."""
    return f"{stack}-security"


def plain(name: str) -> str:
    """A DNS name as it is compared: lower case, no dot at the end, Route 53's octal codes as characters.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
    """
    return name.lower().rstrip(".").replace("\\052", "*").replace("\\137", "_")


def is_within(name: str, zone: str) -> bool:
    """Whether `name` is the zone's own or below it."""
    return plain(name) == plain(zone) or plain(name).endswith(f".{plain(zone)}")
