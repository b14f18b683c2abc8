import ipaddress
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from lab import ca
from lab.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, "127.93", tmp_path)


def test_the_balancers_certificate_names_them_and_the_local_domain(settings: Settings) -> None:
    issued = ca.LocalCa(settings).issue(ca.names(settings))
    certificate = x509.load_pem_x509_certificate(issued.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["calstack.localhost", "localhost", "*.localhost"]
    addresses = [ipaddress.ip_address(settings.balancer_address(number)) for number in range(1, 9)]
    assert names.get_values_for_type(x509.IPAddress) == addresses
    assert isinstance(certificate.public_key(), rsa.RSAPublicKey)
    ssl.create_default_context(cafile=str(ca.certificate_file(settings)))


def test_files_are_the_owner_s_and_go(settings: Settings) -> None:
    authority = ca.LocalCa(settings)
    assert stat.S_IMODE(ca.directory(settings).stat().st_mode) == 0o700
    assert stat.S_IMODE(ca.certificate_file(settings).stat().st_mode) == 0o644
    files = list(ca.directory(settings).iterdir())
    assert [file.name for file in files] == ["ca.pem"]
    assert b"PRIVATE" not in files[0].read_bytes()
    ca.LocalCa(settings)
    authority.remove()
    assert not ca.directory(settings).exists()


def test_a_key_does_not_show(settings: Settings) -> None:
    issued = ca.LocalCa(settings).issue(["a.localhost"])
    assert "PRIVATE" not in repr(issued)
