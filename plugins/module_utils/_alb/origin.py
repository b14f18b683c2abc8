# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The secret header by which the balancer knows requests that came through the edge.

CloudFront puts it on every request, and both rules ask for it. Its values are compared, and never shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing, is_absent
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._dns.names import ORIGIN_HEADER, SECRET_KEY
from ansible_collections.calstack.aws.plugins.module_utils._secrets.model import OTHER, SET, parsed

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"

_VALUE = re.compile(r"[!#-)+->@-\[\]-~]{16,128}")
"""What a rule compares as it stands: no blank, quote, wildcard or backslash; at most 128 characters.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_HttpHeaderConditionConfig.html
"""


@dataclass(frozen=True)
class Origin:
    """The values of the header, any of which is enough. `words` are all that a diff shows of them."""

    values: frozenset[str] = field(repr=False)
    words: str = field(default=SET, compare=False)

    def __str__(self) -> str:
        return self.words


UNKNOWN = Origin(frozenset(), KNOWN_AFTER_APPLY)
"""Stands for a secret that has not been made yet: only check mode ever shows it."""


def read(client: Any, arn: str, variable: str) -> Origin:
    """What the secret holds now and what it held before: while it is renewed, CloudFront sends either.

    `client` is Secrets Manager's, `variable` the one to name in errors. Raises InputError for a secret that is not
    there or holds nothing fit for a header, without showing it.
    """
    newest = current(client, arn, variable)
    previous = _value(client, arn, PREVIOUS, variable) or ""
    return Origin(frozenset([newest, *([previous] if _VALUE.fullmatch(previous) else [])]))


def current(client: Any, arn: str, variable: str) -> str:
    """The value to send. Raises InputError as `read` does."""
    value = _value(client, arn, CURRENT, variable)
    if value is None:
        raise InputError(
            f"{variable}: there is no secret {arn}, or no current version of it. The component dns makes it: "
            f"run site.yml --limit dns first."
        )
    if not _VALUE.fullmatch(value):
        raise InputError(
            f"{variable}: the secret {arn} holds under {SECRET_KEY} no value for a header: 16 to 128 characters are "
            f"needed, letters and digits for example, and neither blanks nor any of * ? \\ and quotes."
        )
    return value


def headers(client: Any, arn: str, variable: str) -> dict[str, str]:
    """What to send to be answered as the edge is. Raises InputError as `read` does."""
    return {ORIGIN_HEADER: current(client, arn, variable)}


def _value(client: Any, arn: str, stage: str, variable: str) -> str | None:
    """None: there is no such version."""
    with doing(f"reading the secret in {variable}"):
        try:
            answer = client.get_secret_value(SecretId=arn, VersionStage=stage)
        except Exception as error:
            if is_absent(error, "ResourceNotFoundException"):
                return None
            raise
    return str(parsed(arn, answer.get("SecretString")).get(SECRET_KEY, ""))


def is_origin(condition: Mapping[str, Any]) -> bool:
    """Whether a rule's condition, as DescribeRules answers it, is the one on the secret header."""
    name = condition.get("HttpHeaderConfig", {}).get("HttpHeaderName", "")
    return str(name).lower() == ORIGIN_HEADER.lower()


def split(
    conditions: Sequence[Mapping[str, Any]], wanted: Origin | None
) -> tuple[list[Mapping[str, Any]], Origin | None]:
    """A rule's other conditions, and the secret header's values; of several such conditions the first.

    Values that `wanted` does not have are shown as another value.
    """
    found = next((item for item in conditions if is_origin(item)), None)
    if found is None:
        return list(conditions), None
    values = frozenset(found["HttpHeaderConfig"].get("Values") or ())
    differs = wanted is not None and values != wanted.values
    return [item for item in conditions if item is not found], Origin(values, OTHER if differs else SET)


def to_condition(origin: Origin | None) -> Iterator[dict[str, Any]]:
    """The condition as the API takes it; none where nothing is asked for."""
    if origin:
        config = {"HttpHeaderName": ORIGIN_HEADER, "Values": sorted(origin.values)}
        yield {"Field": "http-header", "HttpHeaderConfig": config}
