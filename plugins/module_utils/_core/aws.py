# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The edge to boto3: clients made once, and its exceptions in the collection's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any, Protocol

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import AwsError, CalstackError

with suppress(ImportError):  # AnsibleAWSModule says so in its own words before anything of this file is used
    import botocore.exceptions as sdk

RETRIES = {"mode": "standard", "max_attempts": 6}
"""Botocore's standard mode: jittered back-off on throttling, 5xx and connection errors, never on a refusal."""


class ClientMaker(Protocol):
    """What AnsibleAWSModule offers."""

    def client(self, service: str, **extra: Any) -> Any: ...


class AwsClients:
    """boto3 clients by service, each made once."""

    def __init__(self, maker: ClientMaker, retries: dict[str, Any] | None = None) -> None:
        self._maker = maker
        self._retries = retries or RETRIES
        self._made: dict[str, Any] = {}
        self._refusal: SystemExit | None = None
        self._lock = Lock()  # components read their kinds in threads; making a client is not thread-safe

    def __call__(self, service: str) -> Any:
        with self._lock:
            if self._refusal:
                raise self._refusal
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]

    def _make(self, service: str) -> Any:
        """A module without a region ends itself here: once, however many threads ask."""
        try:
            return self._maker.client(service, config={"retries": self._retries})
        except SystemExit as end:
            self._refusal = end
            raise


@contextmanager
def doing(words: str) -> Iterator[None]:
    """Translate what boto3 raises inside into a CalstackError that says what was being done."""
    try:
        yield
    except sdk.ClientError as error:
        answer = error.response.get("Error", {})
        raise AwsError(words, answer.get("Code", "an error"), answer.get("Message", "").rstrip(".")) from error
    except sdk.NoCredentialsError as error:
        raise CalstackError(
            f"{words}: there are no AWS credentials. Log in with `aws sso login`, or set AWS_PROFILE."
        ) from error
    except (sdk.EndpointConnectionError, sdk.ConnectTimeoutError) as error:
        raise CalstackError(f"{words}: {str(error).rstrip('.')}. Check the network and AWS_ENDPOINT_URL.") from error
    except sdk.BotoCoreError as error:
        raise CalstackError(f"{words}: {error}") from error


def is_absent(error: Exception, *codes: str) -> bool:
    """Whether a ClientError means that the resource is not there. Anything else is never read as absent."""
    return isinstance(error, sdk.ClientError) and error.response.get("Error", {}).get("Code") in codes
