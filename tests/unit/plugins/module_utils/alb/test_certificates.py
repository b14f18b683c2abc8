"""Which certificate covers what, and which is chosen."""

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._alb.certificates import Certificate, choose, covers, flaws
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)
REGION = "eu-west-1"

labels = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=8)
domains = st.lists(labels, min_size=2, max_size=5).map(".".join)


def certificate(arn="arn:1", names=("app.example.com",), status="ISSUED", starts=-1, ends=90):
    return Certificate(arn, tuple(names), status, NOW + starts * DAY, NOW + ends * DAY)


certificates = st.builds(
    certificate,
    arn=st.uuids().map(str),
    names=st.lists(st.sampled_from(["app.example.com", "*.example.com", "example.com", "*.com"]), max_size=3),
    status=st.sampled_from(["ISSUED", "PENDING_VALIDATION", "EXPIRED"]),
    starts=st.integers(-5, 1),
    ends=st.integers(-1, 9),
)


@given(domains, labels)
def test_a_wildcard_stands_for_exactly_one_label(domain, label):
    wildcard = f"*.{domain}"
    assert covers(wildcard, f"{label}.{domain}")
    assert not covers(wildcard, domain)
    assert not covers(wildcard, f".{domain}")
    assert not covers(wildcard, f"{label}.{label}.{domain}")


@given(domains)
def test_names_compare_without_case_and_final_dot(domain):
    assert covers(domain.upper(), f"{domain}.")
    assert covers(f"*.{domain}".upper(), f"x.{domain}.")


@given(domains, domains)
def test_a_plain_name_covers_only_itself(name, domain):
    assert covers(name, domain) == (name == domain)


@given(st.lists(certificates, max_size=6, unique_by=lambda item: item.arn), st.randoms())
def test_the_chosen_one_has_no_flaw_and_no_flawless_one_outlasts_it(there, random):
    fit = [item for item in there if not flaws(item, "app.example.com", NOW)]
    if not fit:
        with pytest.raises(InputError):
            choose(there, "app.example.com", NOW, REGION)
        return
    chosen = choose(there, "app.example.com", NOW, REGION)
    assert chosen in fit
    assert all(item.not_after <= chosen.not_after for item in fit)
    shuffled = random.sample(there, len(there))
    assert choose(shuffled, "app.example.com", NOW, REGION) == chosen, "the order of ACM's list must not matter"


def test_the_shown_one_stays_although_another_expires_later():
    shown, newer = certificate("arn:a", ends=90), certificate("arn:b", ends=400)
    assert choose([shown, newer], "app.example.com", NOW, REGION, "arn:a") == shown
    assert choose([shown, newer], "app.example.com", NOW, REGION) == newer
    assert choose([shown, newer], "app.example.com", NOW, REGION, "arn:gone") == newer


@pytest.mark.parametrize("flaw", [{"ends": 0}, {"ends": 30}, {"status": "REVOKED"}, {"names": ["x.example.com"]}])
def test_the_shown_one_gives_way_when_it_is_flawed_or_ends_soon(flaw):
    shown, newer = certificate("arn:a", **flaw), certificate("arn:b", ends=60)
    assert choose([shown, newer], "app.example.com", NOW, REGION, "arn:a") == newer


def test_the_shown_one_ends_soon_and_nothing_else_lasts_longer():
    shown, older = certificate("arn:a", ends=20), certificate("arn:b", ends=10)
    assert choose([shown, older], "app.example.com", NOW, REGION, "arn:a") == shown


@given(st.lists(certificates, min_size=1, max_size=6, unique_by=lambda item: item.arn), st.data())
def test_what_was_chosen_is_chosen_again(there, data):
    if all(flaws(item, "app.example.com", NOW) for item in there):
        return
    first = choose(there, "app.example.com", NOW, REGION, data.draw(st.sampled_from(there)).arn)
    assert choose(there, "app.example.com", NOW, REGION, first.arn) == first


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (certificate(status="PENDING_VALIDATION"), "it is PENDING_VALIDATION, not ISSUED"),
        (certificate(ends=0), "it expired on 2026-11-22"),
        (certificate(starts=1), "it is not valid before 2026-11-23"),
        (certificate(names=["a.example.com", "b.example.com"]), r"its names \(a.example.com, b.example.com\) do not"),
        (certificate(names=["*.app.example.com"]), "do not cover app.example.com"),
    ],
)
def test_an_unfit_certificate_is_named_with_what_is_wrong(item, words):
    with pytest.raises(InputError, match=words) as caught:
        choose([item], "app.example.com", NOW, REGION)
    for needed in (item.arn, "app_domain", "alb_certificate_arn", "request-certificate --region eu-west-1"):
        assert needed in str(caught.value)


def test_without_any_certificate_the_way_to_one_is_said():
    with pytest.raises(InputError, match=r"no certificate at all\. Request one with `aws acm request-certificate"):
        choose([], "app.example.com", NOW, REGION)


def test_a_certificate_without_dates_counts_as_the_shortest():
    endless = Certificate("arn:0", ("app.example.com",), "ISSUED")
    assert choose([endless, certificate()], "app.example.com", NOW, REGION).arn == "arn:1"


def test_without_a_domain_any_name_will_do():
    assert not flaws(certificate(names=["elsewhere.example.com"]), "", NOW)
