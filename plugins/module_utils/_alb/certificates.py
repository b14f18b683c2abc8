# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Which certificate the balancer shows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError

EARLIEST = datetime.min.replace(tzinfo=UTC)

EXPIRES_SOON = timedelta(days=30)
"""ACM renews its own 60 days before the end: one that has come so near will not be renewed."""


@dataclass(frozen=True)
class Certificate:
    """A certificate as ACM describes it. Both dates are missing until it is issued."""

    arn: str
    names: tuple[str, ...]
    status: str
    not_before: datetime | None = None
    not_after: datetime | None = None


def covers(name: str, domain: str) -> bool:
    """Whether a certificate's `name` stands for `domain`: equal, or a wildcard for exactly its first label.

    https://www.rfc-editor.org/rfc/rfc6125#section-6.4.3
    """
    name, domain = _plain(name), _plain(domain)
    if not name.startswith("*."):
        return name == domain
    label, dot, parent = domain.partition(".")
    return bool(label and dot) and parent == name[2:]


def _plain(name: str) -> str:
    return name.lower().rstrip(".")


def flaws(certificate: Certificate, domain: str, now: datetime) -> tuple[str, ...]:
    """Why `certificate` cannot be shown for `domain` (any domain when empty); nothing when it can."""
    found = []
    if certificate.status != "ISSUED":
        found.append(f"it is {certificate.status}, not ISSUED")
    if certificate.not_after and certificate.not_after <= now:
        found.append(f"it expired on {certificate.not_after:%Y-%m-%d}")
    if certificate.not_before and certificate.not_before > now:
        found.append(f"it is not valid before {certificate.not_before:%Y-%m-%d}")
    if domain and not any(covers(name, domain) for name in certificate.names):
        found.append(f"its names ({', '.join(certificate.names) or 'none'}) do not cover {domain}")
    return tuple(found)


def choose(
    certificates: Iterable[Certificate], domain: str, now: datetime, region: str, present: str = ""
) -> Certificate:
    """The one whose ARN is `present` as long as it will do for `domain`, else the one that expires last.

    Somebody's new certificate in the account, for another purpose, must not replace what is shown.

    Raises InputError that says what there is and how to get what is missing.
    """
    there = sorted(certificates, key=lambda item: item.arn)
    fit = [item for item in there if not flaws(item, domain, now)]
    if not fit:
        raise InputError(_none(there, domain, now, region))
    for item in fit:
        if item.arn == present and (item.not_after or EARLIEST) - now > EXPIRES_SOON:
            return item
    return max(fit, key=lambda item: (item.not_after or EARLIEST, item.arn))


def _none(there: Sequence[Certificate], domain: str, now: datetime, region: str) -> str:
    if there:
        listed = "; ".join(f"{item.arn}: {', '.join(flaws(item, domain, now))}" for item in there)
        have = f"ACM there has: {listed}."
    else:
        have = "ACM there has no certificate at all."
    return (
        f"alb_certificate_arn is empty, and no certificate in {region} can be used for {domain} (alb_domain, "
        f"app_domain). {have} Request one with `aws acm request-certificate --region {region} --domain-name {domain} "
        f"--validation-method DNS`, create the CNAME it asks for, wait until it is ISSUED and run again; "
        f"or give the ARN of an imported one in alb_certificate_arn."
    )


def refuse_flawed(certificate: Certificate, variable: str, domain: str, now: datetime) -> None:
    """Raises InputError when the certificate that `variable` names cannot be used."""
    if found := flaws(certificate, domain, now):
        raise InputError(
            f"{variable}: the certificate {certificate.arn} cannot be used: {'; '.join(found)}. "
            f"Give another one, or leave alb_certificate_arn empty to have one found by app_domain."
        )
