"""The lab's own certificate authority, for as long as the lab is up.

Its certificate is what `LAB_CA` names. Certificates it issues are imported into the emulator's ACM at the start,
and what ACM is asked to issue later is signed by it too: so every listener can be verified.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from lab.settings import Settings

DOMAIN = "calstack.localhost"
"""The public host name of the local environment; browsers resolve every name under localhost to loopback."""
BALANCERS = 8
"""So many balancer addresses are in the certificate."""


def directory(settings: Settings) -> Path:
    return settings.run / "ca"


def certificate_file(settings: Settings) -> Path:
    """The CA's certificate in PEM, to verify the lab's listeners with."""
    return directory(settings) / "ca.pem"


def names(settings: Settings) -> list[str]:
    """What the balancers' certificate is for; the first is its domain name."""
    addresses = [settings.balancer_address(number) for number in range(1, BALANCERS + 1)]
    return [DOMAIN, "localhost", "*.localhost", *addresses]


@dataclass(frozen=True)
class Issued:
    """A certificate in PEM, with the authority's as its chain."""

    certificate: bytes
    chain: bytes
    key: bytes = field(repr=False)


class LocalCa:
    """A new authority each time the lab starts; its key never leaves the process."""

    def __init__(self, settings: Settings) -> None:
        self._authority = trustme.CA(organization_name="CalStack lab")
        shutil.rmtree(directory(settings), ignore_errors=True)
        directory(settings).mkdir(parents=True, mode=0o700)
        self._directory = directory(settings)
        descriptor = os.open(certificate_file(settings), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._authority.cert_pem.bytes())
            # A container's user reads it; there is nothing secret in it, and the folder around it is closed.
            os.fchmod(file.fileno(), 0o644)

    def issue(self, identities: Sequence[str]) -> Issued:
        """A certificate for host names and addresses, the first of which is its common name.

        RSA, as ACM's own are: ListCertificates leaves other keys out unless it is asked for them.
        """
        issued = self._authority.issue_cert(
            *identities, common_name=identities[0], organization_name="CalStack lab", key_type=trustme.KeyType.RSA
        )
        return Issued(
            certificate=issued.cert_chain_pems[0].bytes(),
            chain=self._authority.cert_pem.bytes(),
            key=issued.private_key_pem.bytes(),
        )

    def remove(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)
