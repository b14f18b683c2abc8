"""CloudFront's managed policies that an environment uses, and the two that their neighbours would be taken for.

Sources: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ using-managed-cache-policies.html,
using-managed-origin-request-policies.html and using-managed-response-headers-policies.html
"""

from typing import Any

Config = dict[str, Any]

NOTHING_IN_KEY: Config = {
    "HeadersConfig": {"HeaderBehavior": "none"},
    "CookiesConfig": {"CookieBehavior": "none"},
    "QueryStringsConfig": {"QueryStringBehavior": "none"},
}


def _cache(name: str, comment: str, ttls: tuple[int, int, int], compressed: bool) -> Config:
    least, default, most = ttls
    parameters = {"EnableAcceptEncodingGzip": compressed, "EnableAcceptEncodingBrotli": compressed, **NOTHING_IN_KEY}
    return {
        "Name": f"Managed-{name}",
        "Comment": comment,
        "MinTTL": least,
        "DefaultTTL": default,
        "MaxTTL": most,
        "ParametersInCacheKeyAndForwardedToOrigin": parameters,
    }


def _request(name: str, comment: str, headers: Config) -> Config:
    return {
        "Name": f"Managed-{name}",
        "Comment": comment,
        "HeadersConfig": headers,
        "CookiesConfig": {"CookieBehavior": "all"},
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
    }


CACHE: dict[str, Config] = {
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": _cache(
        "CachingDisabled", "Policy with caching disabled", (0, 0, 0), compressed=False
    ),
    "658327ea-f89d-4fab-a63d-7e88639e58f6": _cache(
        "CachingOptimized",
        "Policy with caching enabled. Supports Gzip and Brotli compression.",
        (1, 86400, 31536000),
        compressed=True,
    ),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": _cache(
        "CachingOptimizedForUncompressedObjects",
        "Default policy when compression is disabled",
        (1, 86400, 31536000),
        compressed=False,
    ),
}
ORIGIN_REQUEST: dict[str, Config] = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": _request(
        "AllViewer", "Policy to forward all parameters in viewer requests", {"HeaderBehavior": "allViewer"}
    ),
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": _request(
        "AllViewerExceptHostHeader",
        "Policy to forward all parameters in viewer requests except for the Host header",
        {"HeaderBehavior": "allExcept", "Headers": {"Quantity": 1, "Items": ["Host"]}},
    ),
}
RESPONSE_HEADERS: dict[str, Config] = {
    "67f7725c-6f97-4210-82d7-5512b31e9d03": {
        "Name": "Managed-SecurityHeadersPolicy",
        "Comment": "Adds a set of security headers to every response",
        "SecurityHeadersConfig": {
            "XSSProtection": {"Override": False, "Protection": True, "ModeBlock": True},
            "FrameOptions": {"Override": False, "FrameOption": "SAMEORIGIN"},
            "ReferrerPolicy": {"Override": False, "ReferrerPolicy": "strict-origin-when-cross-origin"},
            "ContentTypeOptions": {"Override": True},
            "StrictTransportSecurity": {"Override": False, "AccessControlMaxAgeSec": 31536000},
        },
    },
}
