"""ACM: what the lab mends, against moto as it comes."""

import time
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


def records(acm: Any, arn: str) -> list[dict[str, Any]]:
    """DomainValidationOptions, once they tell their records."""
    deadline = time.monotonic() + 20
    while True:
        options = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"]
        if all("ResourceRecord" in option for option in options):
            return list(options)
        assert time.monotonic() < deadline
        time.sleep(0.05)


def zone_of(client: Client, name: str) -> tuple[Any, str]:
    route53 = client("route53")
    return route53, route53.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]


def upsert(route53: Any, zone: str, name: str, kind: str, value: str) -> None:
    record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def test_a_certificate_is_issued_after_its_records_stand(plain: Client, mended: Client) -> None:
    names = ["validated.example.com", "*.validated.example.com", "www.validated.example.com"]
    for client in (plain, mended):
        acm = client("acm")
        route53, zone = zone_of(client, names[0])
        asked = {"DomainName": names[0], "SubjectAlternativeNames": names, "ValidationMethod": "DNS"}
        arn = acm.request_certificate(**asked)["CertificateArn"]
        first = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        if client is plain:
            assert "ResourceRecord" in first["DomainValidationOptions"][0], "AWS needs some seconds for it"
            tokens = {option["ResourceRecord"]["Value"] for option in first["DomainValidationOptions"]}
            assert len(tokens) == 1, "AWS has one for each domain"
            continue
        assert "ResourceRecord" not in first["DomainValidationOptions"][0]
        assert not {"NotAfter", "IssuedAt", "Issuer"} & first.keys()
        found = {option["DomainName"]: option["ResourceRecord"] for option in records(acm, arn)}
        assert set(found) == set(names)
        assert found[names[0]] == found[names[1]] != found[names[2]], "a wildcard has its domain's"
        upsert(route53, zone, found[names[0]]["Name"], "CNAME", found[names[0]]["Value"])
        assert [acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] for _ in range(3)] == [
            "PENDING_VALIDATION"
        ] * 3
        upsert(route53, zone, found[names[2]]["Name"], "CNAME", found[names[2]]["Value"])
        assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "PENDING_VALIDATION"
        deadline = time.monotonic() + 20
        while (described := acm.describe_certificate(CertificateArn=arn)["Certificate"])["Status"] != "ISSUED":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert described["IssuedAt"] >= described["CreatedAt"]
        assert {option["ValidationStatus"] for option in described["DomainValidationOptions"]} == {"SUCCESS"}


def test_a_caa_record_for_others_makes_validation_fail_with_its_reason(mended: Client) -> None:
    acm = mended("acm")
    route53, zone = zone_of(mended, "caa.example.com")
    upsert(route53, zone, "caa.example.com", "CAA", '0 issue "letsencrypt.org"')
    arn = acm.request_certificate(DomainName="app.caa.example.com", ValidationMethod="DNS")["CertificateArn"]
    described = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert (described["Status"], described["FailureReason"]) == ("FAILED", "CAA_ERROR")
    upsert(route53, zone, "caa.example.com", "CAA", '0 issue "amazon.com"')
    arn = acm.request_certificate(DomainName="app.caa.example.com", ValidationMethod="DNS")["CertificateArn"]
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "PENDING_VALIDATION"
