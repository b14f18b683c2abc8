"""ACM: what the lab mends, against moto as it comes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from lab import ca
from lab.settings import Settings

Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home: Path = tmp_path_factory.mktemp("ca")
    return Settings(home, "127.94", home)


@pytest.fixture(scope="module")
def issued(settings: Settings) -> ca.Issued:
    return ca.LocalCa(settings).issue(ca.names(settings))


def imported(client: Client, issued: ca.Issued, **more: Any) -> str:
    given = {"Certificate": issued.certificate, "PrivateKey": issued.key, "CertificateChain": issued.chain, **more}
    return str(client("acm").import_certificate(**given)["CertificateArn"])


def test_a_role_finds_the_lab_s_certificate(plain: Client, mended: Client, issued: ca.Issued) -> None:
    arn = imported(mended, issued)
    listed = mended("acm").list_certificates(CertificateStatuses=["ISSUED"])["CertificateSummaryList"]
    (summary,) = [item for item in listed if item["CertificateArn"] == arn]
    assert summary["DomainName"] == "calstack.localhost"
    assert "*.localhost" in summary["SubjectAlternativeNameSummaries"]
    described = mended("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    assert (described["Status"], described["Type"]) == ("ISSUED", "IMPORTED")
    assert described["SubjectAlternativeNames"][:2] == ["calstack.localhost", "localhost"]
    assert described["NotAfter"] > described["NotBefore"]
    assert described["InUseBy"] == []

    imported(plain, issued)
    assert "SubjectAlternativeNameSummaries" not in plain("acm").list_certificates()["CertificateSummaryList"][0]


def test_the_chain_is_the_one_that_was_given(plain: Client, mended: Client, issued: ca.Issued) -> None:
    def chain(client: Client) -> str:
        return str(client("acm").get_certificate(CertificateArn=imported(client, issued))["CertificateChain"])

    assert chain(plain).count("BEGIN CERTIFICATE") == 2
    assert chain(mended).strip() == issued.chain.decode().strip()


def test_tags_outlive_a_new_import(plain: Client, mended: Client, issued: ca.Issued) -> None:
    def tags(client: Client) -> list[dict[str, str]]:
        arn = imported(client, issued, Tags=[{"Key": "Name", "Value": "one"}])
        assert imported(client, issued, CertificateArn=arn) == arn
        return list(client("acm").list_tags_for_certificate(CertificateArn=arn)["Tags"])

    assert tags(plain) == []
    assert tags(mended) == [{"Key": "Name", "Value": "one"}]


def test_a_certificate_that_acm_issues_is_of_the_lab_s_authority(plain: Client, mended: Client) -> None:
    def issued_by(client: Client) -> tuple[x509.Certificate, x509.Certificate]:
        """A requested certificate and the first of its chain."""
        acm = client("acm")
        arn = acm.request_certificate(
            DomainName="app.localhost", SubjectAlternativeNames=["www.app.localhost"], ValidationMethod="DNS"
        )["CertificateArn"]
        acm.describe_certificate(CertificateArn=arn)  # moto issues it when it is looked at
        got = acm.get_certificate(CertificateArn=arn)
        certificate, chain = got["Certificate"].encode(), got["CertificateChain"].encode()
        return x509.load_pem_x509_certificate(certificate), x509.load_pem_x509_certificate(chain)

    names = ["app.localhost", "www.app.localhost"]
    certificate, authority = issued_by(mended)
    certificate.verify_directly_issued_by(authority)
    assert "CalStack lab" in authority.subject.rfc4514_string()
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert found.get_values_for_type(x509.DNSName) == names
    certificate, authority = issued_by(plain)
    with pytest.raises((ValueError, InvalidSignature)):
        certificate.verify_directly_issued_by(authority)


def test_a_certificate_in_use_stays(plain: Client, mended: Client, issued: ca.Issued) -> None:
    for client in (plain, mended):
        arn = imported(client, issued)
        ec2, elbv2, acm = client("ec2"), client("elbv2"), client("acm")
        vpc = ec2.create_vpc(CidrBlock="10.4.0.0/16")["Vpc"]["VpcId"]
        made = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.4.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")
            for number, zone in enumerate("ab")
        ]
        subnets = [subnet["Subnet"]["SubnetId"] for subnet in made]
        balancer = elbv2.create_load_balancer(Name="in-use", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        listener = elbv2.create_listener(
            LoadBalancerArn=balancer,
            Port=443,
            Protocol="HTTPS",
            Certificates=[{"CertificateArn": arn}],
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
        )["Listeners"][0]["ListenerArn"]
        if client is plain:
            acm.delete_certificate(CertificateArn=arn)
            continue
        assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["InUseBy"] == [balancer]
        with pytest.raises(ClientError) as caught:
            acm.delete_certificate(CertificateArn=arn)
        assert caught.value.response["Error"]["Code"] == "ResourceInUseException"
        elbv2.delete_listener(ListenerArn=listener)
        acm.delete_certificate(CertificateArn=arn)
