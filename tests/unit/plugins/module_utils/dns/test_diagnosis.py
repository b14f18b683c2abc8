"""Why a certificate is not issued."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._dns.certificates import PENDING, Certificate, Proof
from ansible_collections.calstack.aws.plugins.module_utils._dns.diagnosis import Case, explain, failure
from ansible_collections.calstack.aws.plugins.module_utils._dns.resolver import Answer

PROOF = Proof("_a.dev.example.com.", "_b.acm-validations.aws.")
CERTIFICATE = Certificate("arn:1", ("dev.example.com",), PENDING, proofs=(PROOF,), proved=True)
SERVERS = ("ns-1.awsdns.com", "ns-2.awsdns.net")
CASE = Case("example.com", SERVERS)
FINE = {
    ("example.com", "NS"): Answer(SERVERS),
    ("_a.dev.example.com.", "CNAME"): Answer(("_b.acm-validations.aws",)),
}


def why(case=CASE, **other):
    said = FINE | {tuple(key.split(" ")): value for key, value in other.pop("said", {}).items()}
    return explain(CERTIFICATE, case, lambda name, type_: said.get((name, type_), Answer()))


def test_nothing_is_wrong_but_time():
    assert why().startswith("all records are there")


def test_the_record_that_is_missing_in_the_zone():
    words = why(Case("example.com", SERVERS, (PROOF,)))
    assert "_a.dev.example.com CNAME _b.acm-validations.aws is missing in the zone example.com" in words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(), "public DNS does not know the zone example.com"),
        (Answer(("ns.registrar.test",)), r"public DNS names other name servers for example.com (ns.registrar.test)"),
    ],
)
def test_a_zone_that_nobody_points_to(answer, words):
    said = why(said={"example.com NS": answer})
    assert words in said
    assert "enter" in said
    assert "ns-1.awsdns.com, ns-2.awsdns.net" in said


def test_a_caa_record_upwards_that_forbids_amazon():
    said = why(said={"example.com CAA": Answer(("issue letsencrypt.org", "iodef mailto:x@example.com"))})
    assert "the CAA record of example.com lets only letsencrypt.org issue certificates for dev.example.com" in said
    assert "0 issue amazon.com" in said


@pytest.mark.parametrize(
    "value", ["issue amazon.com", "issue amazonaws.com; validationmethods=dns-01", "issuewild x.test"]
)
def test_a_caa_record_that_does_not(value):
    assert why(said={"example.com CAA": Answer((value,))}).startswith("all records are there")


def test_the_nearest_caa_record_counts():
    said = {"dev.example.com CAA": Answer(("issue amazon.com",)), "example.com CAA": Answer(("issue x.test",))}
    assert why(said=said).startswith("all records are there")


def test_public_dns_that_still_says_something_else():
    assert "has no such record yet" in why(said={"_a.dev.example.com. CNAME": Answer()})
    assert "answers old.test" in why(said={"_a.dev.example.com. CNAME": Answer(("old.test",))})


def test_where_nobody_can_be_asked_nothing_is_claimed():
    silent = Answer(known=False)
    said = {"example.com NS": silent, "_a.dev.example.com. CNAME": silent}
    assert why(said=said).startswith("all records are there")


def test_why_acm_has_given_up():
    gone = Certificate("arn:1", ("dev.example.com",), "FAILED", failure="CAA_ERROR")
    assert failure(gone).startswith("CAA_ERROR: a CAA record")
    assert failure(Certificate("arn:1", (), "FAILED", failure="OTHER")) == "OTHER"
    assert failure(Certificate("arn:1", (), "FAILED")) == "ACM gives no reason"
