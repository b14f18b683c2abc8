"""CloudFront's refusals; the HTTP status of each is in the API's model."""

from moto.core.exceptions import ServiceException

NO_SUCH = {
    "cache policy": "NoSuchCachePolicy",
    "origin request policy": "NoSuchOriginRequestPolicy",
    "response headers policy": "NoSuchResponseHeadersPolicy",
    "distribution": "NoSuchDistribution",
    "function": "NoSuchFunctionExists",
    "invalidation": "NoSuchInvalidation",
    "origin": "NoSuchOrigin",
    "resource": "NoSuchResource",
}
STALE = "The request failed because it didn't meet the preconditions in one or more request-header fields."


class CloudFrontError(ServiceException):
    """What CloudFront refuses, with its code."""


def no_such(what: str) -> CloudFrontError:
    return CloudFrontError(NO_SUCH[what], f"The specified {what} does not exist.")


def check_match(if_match: str | None, etag: str) -> None:
    """Raise what CloudFront says without an If-Match, and with one of another version."""
    if not if_match:
        raise CloudFrontError("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.")
    if if_match != etag:
        raise CloudFrontError("PreconditionFailed", STALE)
