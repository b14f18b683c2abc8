# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A release's clients, and which of their failures are worth another try.

The controller asks about once a second and tries again by itself (`Pace.patience`): one call may not keep it from
seeing what else has happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import AwsClients, ClientMaker

with suppress(ImportError):  # AnsibleAWSModule says so in its own words before anything of this file is used
    import botocore.exceptions as sdk

RETRIES: dict[str, Any] = {"mode": "standard", "total_max_attempts": 3}
"""Standard mode waits at most 1 s and then 2 s between three attempts (the SDK reference guide, "Retry behavior"):
six of them could take half a minute, and a rollback is to be over in two seconds."""
TIMEOUTS: dict[str, Any] = {"connect_timeout": 2, "read_timeout": 10}

PASSING_CODES = frozenset(
    {
        "ConcurrentUpdateException",
        "EC2ThrottledException",
        "InternalFailure",
        "InternalServerException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""Those of botocore's standard mode, and what services answer while another of our own calls is still going on."""
PASSING_WORDS = ("Too many concurrent attempts",)
"""ECS says so with the code ClientException."""


class BriskMaker:
    """Makes clients that give up soon."""

    def __init__(self, maker: ClientMaker) -> None:
        self._maker = maker

    def client(self, service: str, **extra: Any) -> Any:
        return self._maker.client(service, **{**extra, "config": {**extra.get("config", {}), **TIMEOUTS}})


def brisk(maker: ClientMaker) -> AwsClients:
    """The clients of a release; `maker` is an AnsibleAWSModule."""
    return AwsClients(BriskMaker(maker), RETRIES)


def is_passing(error: BaseException) -> bool:
    """Whether a call failed for a reason that may be gone soon: throttling, 5xx, connection, time-out.

    `error` is what boto3 raised or the CalstackError that `doing` made of it. Anything else is a refusal.
    """
    return any(_passes(item) for item in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _passes(error: BaseException) -> bool:
    if isinstance(error, sdk.ClientError):
        answer = error.response.get("Error", {})
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        told = any(words in answer.get("Message", "") for words in PASSING_WORDS)
        return told or answer.get("Code") in PASSING_CODES or status >= 500 or status == 429
    # A wrong certificate will be as wrong in a second.
    return isinstance(error, sdk.ConnectionError | sdk.HTTPClientError) and not isinstance(error, sdk.SSLError)
