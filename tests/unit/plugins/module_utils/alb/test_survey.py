"""What AWS would refuse half-way is refused before anything is created."""

from datetime import UTC, datetime

import pytest
from alb_account import DOMAIN, PARAMS, certificate, network, ready, scope, site
from ansible_collections.calstack.aws.plugins.module_utils._alb.survey import survey
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import AwsError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY


@pytest.fixture
def aws():
    with ready() as (made, given):
        made.given = given
        yield made


def refusal(aws, **wrong):
    aws.calls.clear()
    with pytest.raises(InputError) as caught:
        site(aws, aws.given | wrong)
    assert not aws.writes
    return str(caught.value)


def test_one_zone_is_too_few(aws):
    words = refusal(aws, subnet_ids=aws.given["subnet_ids"][:1])
    assert "alb_subnet_ids are in 1 zone (eu-west-1a)" in words
    assert "vpc_zone_count" in words


def test_two_subnets_of_a_zone_are_named(aws):
    twins = network(aws, "eu-west-1a", "eu-west-1b", "eu-west-1a")
    words = refusal(aws, **twins)
    assert twins["subnet_ids"][0] in words
    assert twins["subnet_ids"][2] in words


def test_what_belongs_to_another_vpc_is_named(aws):
    other = network(aws, "eu-west-1a", "eu-west-1b")
    assert f"belongs to {other['vpc_id']}, not to alb_vpc_id" in refusal(aws, subnet_ids=other["subnet_ids"])
    assert "alb_security_group_id" in refusal(aws, security_group_id=other["security_group_id"])


def test_what_does_not_exist_is_named(aws):
    assert "alb_subnet_ids" in refusal(aws, subnet_ids=["subnet-0123456789abcdef0", "subnet-1123456789abcdef0"])
    assert "alb_security_group_id" in refusal(aws, security_group_id="sg-0123456789abcdef0")


def test_an_unknown_policy_brings_the_known_ones(aws):
    words = refusal(aws, ssl_policy="TLSv1.3")
    assert "alb_ssl_policy is 'TLSv1.3'" in words
    assert "ELBSecurityPolicy-TLS13-1-2-2021-06" in words


def test_the_certificate_is_found_by_name_among_all(aws):
    certificate(aws, "other.example.com")
    chosen = survey(aws, PARAMS | {"domain": DOMAIN} | aws.given, scope())["certificate_arn"]
    assert aws("acm").describe_certificate(CertificateArn=chosen)["Certificate"]["DomainName"] == DOMAIN


def test_no_certificate_for_the_domain_lists_what_there_is(aws):
    words = refusal(aws, domain="www.calstack.example.com")
    assert f"({DOMAIN}) do not cover www.calstack.example.com" in words
    assert "aws acm request-certificate --region eu-west-1 --domain-name www.calstack.example.com" in words


def test_a_given_certificate_must_cover_the_domain(aws):
    arn = certificate(aws, "other.example.com")
    assert f"alb_certificate_arn: the certificate {arn} cannot be used: its names" in refusal(aws, certificate_arn=arn)


def test_a_given_certificate_must_be_issued(aws):
    arn = aws("acm").request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")["CertificateArn"]
    assert "it is PENDING_VALIDATION, not ISSUED" in refusal(aws, certificate_arn=arn)
    assert "alb_extra_certificate_arns" in refusal(aws, extra_certificate_arns=[arn])


def test_a_given_certificate_must_not_have_expired(aws):
    later = datetime(3001, 1, 1, tzinfo=UTC)  # trustme's certificates are valid until the year 3000
    with pytest.raises(InputError, match=f"no certificate in eu-west-1 can be used for {DOMAIN}.*it expired on"):
        survey(aws, PARAMS | {"domain": DOMAIN} | aws.given, scope(), clock=lambda: later)


def test_a_given_certificate_must_exist_in_this_region(aws):
    words = refusal(aws, certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/nowhere")
    assert "alb_certificate_arn: ACM in eu-west-1 has no certificate" in words


def test_neither_certificate_nor_domain(aws):
    assert "alb_certificate_arn and alb_domain are both empty" in refusal(aws, domain="")


def test_summaries_are_believed_unless_they_leave_names_out(aws, monkeypatch):
    def summary(arn, **more):
        return {"CertificateArn": arn, "DomainName": "a.example.com", "Status": "ISSUED"} | more

    listed = [summary("arn:full", SubjectAlternativeNameSummaries=["a.example.com", DOMAIN])]
    pages = type("Pages", (), {"paginate": lambda self, **_: [{"CertificateSummaryList": listed}]})
    monkeypatch.setattr(aws("acm"), "get_paginator", lambda _: pages())
    params = PARAMS | {"domain": DOMAIN} | aws.given
    aws.calls.clear()
    assert survey(aws, params, scope())["certificate_arn"] == "arn:full"
    assert "DescribeCertificate" not in aws.calls
    real = certificate(aws, "a.example.com", DOMAIN)
    listed[0] = summary(real, SubjectAlternativeNameSummaries=[], HasAdditionalSubjectAlternativeNames=True)
    assert survey(aws, params, scope())["certificate_arn"] == real


def test_what_is_known_only_after_apply_is_refused_outside_check_mode(aws):
    words = refusal(aws, subnet_ids=[KNOWN_AFTER_APPLY])
    assert "alb_subnet_ids is (known after apply)" in words
    arn = survey(aws, PARAMS | aws.given | {"certificate_arn": KNOWN_AFTER_APPLY}, scope(), check=True)
    assert arn["certificate_arn"] == KNOWN_AFTER_APPLY


def test_a_refused_look_is_not_read_as_absent(aws, monkeypatch):
    def refuse(**_):
        raise aws("ec2").exceptions.ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Describe")

    monkeypatch.setattr(aws("ec2"), "describe_security_groups", refuse)
    with pytest.raises(AwsError, match=r"alb_security_group_id: AWS answered AccessDenied.*docs/permissions"):
        site(aws, aws.given)
