"""Mends of moto's ACM: chains as given, certificates in use, certificates of the lab's own authority.

`acm_validation` has what ACM does until a certificate is issued.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lab.aws import acm_validation as validation
from lab.aws.patching import wrap
from lab.ca import Issued

Issue = Callable[[Sequence[str]], Issued]

DEFAULT_KEY_TYPES = ["RSA_1024", "RSA_2048"]

_issue: Issue | None = None


def issue_with(issue: Issue | None) -> None:
    """Whom ACM asks for the certificates it issues; without one they are moto's own, which nobody trusts."""
    global _issue  # moto makes its backends itself: the mends have no other place to look
    _issue = issue


def apply() -> None:
    validation.apply()
    _mend_import()
    _mend_issuing()
    _mend_use()
    _mend_listing()


def _mend_import() -> None:
    """AWS gives back the chain it was given (moto adds one of Amazon's), and keeps tags when it is imported again."""
    from moto.acm.models import AWSCertificateManagerBackend

    @wrap(AWSCertificateManagerBackend, "import_certificate")
    def import_certificate(
        original: Callable[..., str],
        self: Any,
        certificate: bytes,
        private_key: bytes,
        chain: bytes | None,
        arn: str | None,
        tags: Sequence[dict[str, str]] | None,
    ) -> str:
        before = self._certificates.get(arn)
        imported = original(self, certificate, private_key, chain, arn, tags)
        bundle = self._certificates[imported]
        bundle.chain = chain or b""
        if before is not None:
            bundle.tags.update(before.tags)
        return imported


def _mend_issuing() -> None:
    """Certificates that ACM issues are signed by the lab's authority, so that clients of the lab can verify them."""
    from moto.acm.models import CertBundle

    @wrap(CertBundle, "generate_cert")
    def generate_cert(original: Callable[..., Any], domain_name: str, *given: Any, **named: Any) -> Any:
        bundle = original(domain_name, *given, **named)
        if _issue is not None:
            others = [name for name in named.get("sans") or [] if name != domain_name]
            issued = _issue([domain_name, *others])
            bundle.cert, bundle.key, bundle.chain = issued.certificate, issued.key, issued.chain
            bundle._key, bundle._cert = bundle.validate_pk(), bundle.validate_certificate()
        return bundle


def _mend_use() -> None:
    """InUseBy are the balancers whose listeners have the certificate now, and a used one cannot be deleted."""
    from moto.acm.exceptions import AWSError
    from moto.acm.models import AWSCertificateManagerBackend, CertBundle

    def read(self: Any) -> list[str]:
        return users(self.arn)

    def ignore(self: Any, value: list[str]) -> None:
        """What moto keeps count of is read from the listeners instead."""

    CertBundle.in_use_by = property(read, ignore)

    @wrap(AWSCertificateManagerBackend, "delete_certificate")
    def delete_certificate(original: Callable[..., None], self: Any, arn: str) -> None:
        if arn in self._certificates and users(arn):
            words = f"Certificate {arn} in account {self.account_id} is in use."
            raise AWSError(words, exception_type="ResourceInUseException")
        original(self, arn)


def users(certificate_arn: str) -> list[str]:
    """The ARNs of the distributions and of the load balancers that have the certificate."""
    region, account = certificate_arn.split(":")[3:5]
    return [
        *distributions(account, certificate_arn),
        *balancers(account, region, certificate_arn),
    ]


def balancers(account: str, region: str, certificate_arn: str) -> list[str]:
    from moto.elbv2.models import elbv2_backends

    return [
        balancer.arn
        for balancer in elbv2_backends[account][region].load_balancers.values()
        if any(
            certificate_arn in [*listener.certificates, *vars(listener).get("lab_extra_certificates", [])]
            for listener in balancer.listeners.values()
        )
    ]


def distributions(account: str, certificate_arn: str) -> list[str]:
    if "moto.cloudfront.models" not in sys.modules:
        return []
    from moto.cloudfront.models import cloudfront_backends

    return [
        item.arn
        for backend in cloudfront_backends[account].values()
        for item in vars(backend)["distributions"].values()
        if item.config["ViewerCertificate"].get("ACMCertificateArn") == certificate_arn
    ]


def _mend_listing() -> None:
    """Summaries have the alternative names; keys other than RSA up to 2048 bits are left out unless asked for."""
    from moto.acm.models import AWSCertificateManagerBackend, CertBundle

    @wrap(AWSCertificateManagerBackend, "list_certificates")
    def list_certificates(
        original: Callable[..., Iterable[Any]], self: Any, statuses: Sequence[str], includes: dict[str, Any] | None
    ) -> Iterable[Any]:
        return original(self, statuses, {"keyTypes": DEFAULT_KEY_TYPES, **(includes or {})})

    @wrap(CertBundle, "describe")
    def describe(original: Callable[..., dict[str, Any]], self: Any) -> dict[str, Any]:
        described = original(self)
        described["Certificate"] |= {
            "SubjectAlternativeNameSummaries": self.sans[:100],
            "HasAdditionalSubjectAlternativeNames": len(self.sans) > 100,
        }
        return described
