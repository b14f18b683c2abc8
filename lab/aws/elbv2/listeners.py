"""Mends of listeners: ports that are taken, certificates, SSL policies."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lab.aws.patching import wrap

EXTRA = "lab_extra_certificates"


def apply() -> None:
    _mend_creation()
    _mend_modification()
    _mend_extra_certificates()


def _mend_creation() -> None:
    """AWS refuses a port that is taken and HTTPS without a usable certificate; moto accepts both.

    A listener without TLS has no SSL policy.
    """
    from moto.elbv2.models import ELBv2Backend

    @wrap(ELBv2Backend, "create_listener")
    def create_listener(original: Callable[..., Any], self: Any, **named: Any) -> Any:
        balancer = self.load_balancers.get(named["load_balancer_arn"])
        if balancer is not None and balancer.type == "application":
            check_port(balancer, int(named["port"] or 0), None)
            if named["protocol"] == "HTTPS":
                check_certificate(self, named["certificate"])
                check_policy(named["ssl_policy"])
            else:
                named["ssl_policy"] = None
        return original(self, **named)


def check_port(balancer: Any, port: int, itself: str | None) -> None:
    from moto.elbv2.exceptions import ELBClientError

    if any(int(item.port) == port for item in balancer.listeners.values() if item.arn != itself):
        words = f"A listener already exists on this port for this load balancer '{balancer.arn}'"
        raise ELBClientError("DuplicateListener", words)


def check_policy(name: str) -> None:
    from moto.elbv2.exceptions import ELBClientError
    from moto.elbv2.ssl_policies import SSL_POLICIES

    if name not in SSL_POLICIES:
        raise ELBClientError("SSLPolicyNotFound", f"SSL policy '{name}' not found")


def check_certificate(backend: Any, arn: str | None) -> None:
    """Refuse no certificate, an unknown one and one of ACM's that is not issued."""
    from moto.acm.models import acm_backends
    from moto.elbv2.exceptions import ELBClientError

    if not arn:
        raise ELBClientError("ValidationError", "A certificate must be specified for HTTPS listeners")
    if not backend._certificate_exists(certificate_arn=arn):
        raise ELBClientError("CertificateNotFound", f"Certificate '{arn}' not found")
    bundle = acm_backends[backend.account_id][backend.region_name]._certificates.get(arn)
    if bundle is not None and bundle.status != "ISSUED":
        words = (
            f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a "
            "supported key size."
        )
        raise ELBClientError("UnsupportedCertificate", words)


def _mend_modification() -> None:
    """AWS checks the actions, the port and the certificate that it is given; moto takes them unseen."""
    from moto.elbv2.models import ELBv2Backend, FakeAction

    @wrap(ELBv2Backend, "modify_listener")
    def modify_listener(
        original: Callable[..., Any],
        self: Any,
        arn: str,
        port: str | None = None,
        protocol: str | None = None,
        ssl_policy: str | None = None,
        certificates: Sequence[Mapping[str, str]] | None = None,
        actions: Sequence[dict[str, Any]] | None = None,
    ) -> Any:
        listener = self.describe_listeners(load_balancer_arn=None, listener_arns=[arn])[0]
        if port is not None:
            check_port(self.load_balancers[listener.load_balancer_arn], int(port), arn)
        self._validate_actions([FakeAction(dict(action)) for action in actions or []])
        for certificate in certificates or []:
            check_certificate(self, certificate["CertificateArn"])
        modified = original(self, arn, port, protocol, ssl_policy, list(certificates or []), list(actions or []))
        if modified.protocol == "HTTP":
            modified.ssl_policy, modified.certificate, modified.certificates = None, None, []
        elif modified.ssl_policy is None:
            modified.ssl_policy = "ELBSecurityPolicy-2016-08"
        return modified


def _mend_extra_certificates() -> None:
    """DescribeListeners shows the default certificate only, and ModifyListener keeps the others; moto mixes them."""
    from moto.elbv2.exceptions import TooManyCertificatesError
    from moto.elbv2.models import ELBv2Backend

    def listener_of(backend: Any, arn: str) -> Any:
        return backend.describe_listeners(load_balancer_arn=None, listener_arns=[arn])[0]

    @wrap(ELBv2Backend, "add_listener_certificates")
    def add(original: Callable[..., Any], self: Any, arn: str, certificates: Sequence[Mapping[str, str]]) -> list[str]:  # noqa: ARG001 replaced, not extended
        extra: list[str] = vars(listener_of(self, arn)).setdefault(EXTRA, [])
        asked = [item["CertificateArn"] for item in certificates if item["CertificateArn"] not in extra]
        for certificate in asked:
            check_certificate(self, certificate)
        if len(extra) + len(asked) > 25:
            raise TooManyCertificatesError
        extra.extend(asked)
        return list(extra)

    @wrap(ELBv2Backend, "describe_listener_certificates")
    def describe(original: Callable[..., Any], self: Any, arn: str) -> list[str]:
        return [*original(self, arn), *vars(listener_of(self, arn)).get(EXTRA, [])]

    @wrap(ELBv2Backend, "remove_listener_certificates")
    def remove(
        original: Callable[..., Any],  # noqa: ARG001 replaced, not extended
        self: Any,
        arn: str,
        certificates: Sequence[Mapping[str, str]],
    ) -> None:
        listener = listener_of(self, arn)
        asked = {item["CertificateArn"] for item in certificates}
        vars(listener)[EXTRA] = [item for item in vars(listener).get(EXTRA, []) if item not in asked]
