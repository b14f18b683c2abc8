"""ACM's validation by DNS: a certificate is issued some time after its records stand in a zone, or fails for a reason.

Source: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
"""

import hashlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lab.aws.patching import wrap

SHARE = 0.5
"""Of a distribution's time, from when all records stand until the certificate is issued; AWS takes minutes."""
RECORD_SHARE = 0.1
"""Likewise, from the request until DescribeCertificate tells the records; AWS takes seconds."""
AUTHORITIES = {"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"}
"""A CAA record must name one; https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html."""
AFTER_ISSUE = ("NotBefore", "NotAfter", "IssuedAt", "Serial", "SignatureAlgorithm", "Issuer")

_seconds = 0.0


def takes(seconds: float) -> None:
    """How long a distribution takes, of which validation takes its share."""
    global _seconds  # moto makes its certificates itself: the mends have no other place to look
    _seconds = seconds


def apply() -> None:
    from moto.acm.models import CertBundle

    @wrap(CertBundle, "check")
    def check(original: Callable[..., None], self: Any) -> None:
        """moto issues by a timer alone."""
        if self.type != "AMAZON_ISSUED" or self.status != "PENDING_VALIDATION":
            original(self)
            return
        validate(self, time.time())

    @wrap(CertBundle, "describe")
    def describe(original: Callable[..., dict[str, Any]], self: Any) -> dict[str, Any]:
        described = original(self)
        if self.type == "AMAZON_ISSUED":
            certificate = described["Certificate"]
            certificate["DomainValidationOptions"] = list(options(self))
            certificate["RenewalEligibility"] = "ELIGIBLE" if certificate["InUseBy"] else "INELIGIBLE"
            if self.status == "ISSUED":
                certificate["IssuedAt"] = vars(self).get("lab_issued", certificate["IssuedAt"])
            else:
                for member in AFTER_ISSUE:
                    certificate.pop(member, None)
            if reason := vars(self).get("lab_reason"):
                certificate["FailureReason"] = reason
        return described


def validate(bundle: Any, now: float) -> None:
    """Let a pending certificate be issued when all its records have stood for long enough, or fail."""
    memory, names, account = vars(bundle), all_names(bundle), bundle.arn.split(":")[4]
    if any(forbids_amazon(caa_values(account, name)) for name in names):
        bundle.status, memory["lab_reason"] = "FAILED", "CAA_ERROR"
    elif not all(stands(account, name) for name in names):
        memory.pop("lab_valid_since", None)
    elif now - memory.setdefault("lab_valid_since", now) >= _seconds * SHARE:
        bundle.status, memory["lab_issued"] = "ISSUED", now


def all_names(bundle: Any) -> list[str]:
    """The domain name first, then the alternative ones."""
    return [bundle.common_name, *(name for name in bundle.sans if name != bundle.common_name)]


def options(bundle: Any) -> Iterator[dict[str, Any]]:
    """DomainValidationOptions: the records come some time after the request, and each name has a status of its own."""
    account = bundle.arn.split(":")[4]
    told = (time.time() - _requested(bundle)) >= _seconds * RECORD_SHARE or bundle.status == "ISSUED"
    for name in all_names(bundle):
        status = {"ISSUED": "SUCCESS", "FAILED": "FAILED"}.get(bundle.status, "PENDING_VALIDATION")
        option: dict[str, Any] = {"DomainName": name, "ValidationDomain": name, "ValidationMethod": "DNS"}
        option["ValidationStatus"] = status
        if told:
            host, value = record(account, name)
            option["ResourceRecord"] = {"Name": host, "Type": "CNAME", "Value": value}
        yield option


def _requested(bundle: Any) -> float:
    requested: float = vars(bundle).setdefault("lab_requested", time.time())
    return requested


def record(account: str, name: str) -> tuple[str, str]:
    """A name's validation record: one for an account and a domain, whatever the region; a wildcard has its domain's."""
    domain = name.removeprefix("*.").lower()
    token = hashlib.md5(f"{account} {domain} name".encode(), usedforsecurity=False).hexdigest()
    value = hashlib.md5(f"{account} {domain} value".encode(), usedforsecurity=False).hexdigest()
    return f"_{token}.{domain}.", f"_{value}.labvalidate.acm-validations.aws."


def stands(account: str, name: str) -> bool:
    """Whether a public zone of the account answers the validation record of the name."""
    host, value = record(account, name)
    return any(_dotted(found) == value for found in values_of(account, host, "CNAME"))


def caa_values(account: str, name: str) -> list[str]:
    """The CAA records that hold for a name: its own, else those of the next domain above that has some."""
    labels = name.removeprefix("*.").split(".")
    for above in range(len(labels)):
        if found := values_of(account, ".".join(labels[above:]) + ".", "CAA"):
            return found
    return []


def forbids_amazon(records: Iterable[str]) -> bool:
    """Whether the CAA records let others issue, but not Amazon."""
    issuers = [parts[2].strip('"').partition(";")[0].strip() for parts in map(_caa, records) if parts[1] == "issue"]
    return bool(issuers) and not AUTHORITIES & set(issuers)


def _caa(record: str) -> tuple[str, str, str]:
    flags, _, rest = record.partition(" ")
    tag, _, value = rest.strip().partition(" ")
    return flags, tag, value.strip()


def _dotted(name: str) -> str:
    return name.lower().rstrip(".") + "."


def values_of(account: str, name: str, kind: str) -> list[str]:
    """What the zone that is closest to a name has under it."""
    if "moto.route53.models" not in sys.modules:
        return []
    from moto.route53.models import route53_backends

    zones = [zone for zone in route53_backends[account]["aws"].zones.values() if not zone.private_zone]
    name = _dotted(name)
    above = [zone for zone in zones if name == zone.name or name.endswith(f".{zone.name}")]
    if not above:
        return []
    closest = max(len(zone.name) for zone in above)
    return [
        value
        for zone in above
        if len(zone.name) == closest
        for records in zone.rrsets
        if _dotted(records.name) == name and records.type == kind
        for value in records.records or []
    ]
