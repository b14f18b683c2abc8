# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Certificates: which one will do, and whose it is. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ansible_collections.calstack.aws.plugins.module_utils._alb.certificates import EXPIRES_SOON, covers
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope

EARLIEST = datetime.min.replace(tzinfo=UTC)
ISSUED = "ISSUED"
PENDING = "PENDING_VALIDATION"

CLOUDFRONT_KEYS = ("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1")
"""What CloudFront takes: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html"""


@dataclass(frozen=True)
class Proof:
    """The CNAME record by which ACM sees that a name is ours."""

    name: str
    value: str


@dataclass(frozen=True)
class Certificate:
    """A certificate as ACM has it; `proofs` are missing for some seconds after it was requested."""

    arn: str
    names: tuple[str, ...]
    status: str
    key: str = ""
    not_after: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    in_use_by: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()
    proved: bool = False
    failure: str = ""


def covers_all(certificate: Certificate, names: Iterable[str]) -> bool:
    return all(any(covers(name, wanted) for name in certificate.names) for wanted in names)


def is_good(certificate: Certificate, names: Collection[str], now: datetime, keys: Collection[str] = ()) -> bool:
    """Issued, for all of `names`, with 30 days left, and of a key among `keys` (of any where that is empty)."""
    return (
        certificate.status == ISSUED
        and covers_all(certificate, names)
        and (certificate.not_after or EARLIEST) - now > EXPIRES_SOON
        and (not keys or not certificate.key or certificate.key.replace("-", "_") in keys)
    )


def own(certificates: Iterable[Certificate], scope: Scope, name: str, names: Collection[str]) -> Certificate | None:
    """Ours that goes by `name` and covers `names`: an issued one rather than one that is still pending."""
    fit = [
        item
        for item in certificates
        if scope.owns(item.tags)
        and item.tags.get("Name") == name
        and item.status in (ISSUED, PENDING)
        and covers_all(item, names)
    ]
    return max(fit, key=lambda item: (item.status == ISSUED, item.not_after or EARLIEST, item.arn), default=None)


def reusable(
    certificates: Iterable[Certificate],
    scope: Scope,
    name: str,
    names: Collection[str],
    now: datetime,
    keys: Collection[str] = (),
) -> str:
    """The ARN of one that others keep and that will do; empty where ours will do as well or none is good."""
    there = list(certificates)
    ours = own(there, scope, name, names)
    if ours and is_good(ours, names, now):
        return ""
    good = [item for item in there if not scope.owns(item.tags) and is_good(item, names, now, keys)]
    return max(good, key=lambda item: (item.not_after or EARLIEST, item.arn)).arn if good else ""
