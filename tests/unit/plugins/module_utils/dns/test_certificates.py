"""Which certificate will do."""

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._dns.certificates import (
    CLOUDFRONT_KEYS,
    PENDING,
    Certificate,
    own,
    reusable,
)
from dns_account import scope

NOW = datetime(2026, 7, 1, tzinfo=UTC)
NAME, HOSTS = "calstack-dev-origin", ("dev.example.com", "origin.dev.example.com")
OURS = scope().tags(NAME)


def made(arn="arn:a", names=HOSTS, status="ISSUED", days=200, **more):
    return Certificate(arn, tuple(names), status, more.pop("key", "RSA_2048"), NOW + timedelta(days=days), **more)


def pick(*there, keys=()):
    return reusable(there, scope(), NAME, HOSTS, NOW, keys)


def test_the_one_of_others_that_is_good_longest():
    assert pick(made("arn:a", days=40), made("arn:b", days=90)) == "arn:b"
    assert pick(made(names=("*.example.com", "*.dev.example.com"))) == "arn:a"


@pytest.mark.parametrize(
    "flaw",
    [{"names": ("dev.example.com",)}, {"status": PENDING}, {"days": 30}, {"names": ("*.example.com",)}],
)
def test_one_that_will_not_do(flaw):
    assert pick(made(**flaw)) == ""


def test_cloudfront_does_not_take_every_key():
    assert pick(made(key="EC_secp384r1"), keys=CLOUDFRONT_KEYS) == ""
    assert pick(made(key="EC-prime256v1"), keys=CLOUDFRONT_KEYS) == "arn:a"


def test_ours_rather_than_somebody_elses_as_long_as_it_is_good():
    ours = made("arn:ours", tags=OURS, days=60)
    assert pick(ours, made(days=300)) == ""
    assert pick(made("arn:ours", tags=OURS, days=20), made(days=300)) == "arn:a"
    assert pick(made("arn:ours", tags=OURS, status=PENDING), made(days=300)) == "arn:a"


def test_ours_goes_by_name_and_tags_and_an_issued_one_goes_first():
    issued, pending = made("arn:a", tags=OURS), made("arn:b", tags=OURS, status=PENDING, days=900)
    assert own([pending, issued], scope(), NAME, HOSTS) == issued
    assert own([pending], scope(), NAME, HOSTS) == pending
    assert own([made(tags=OURS, status="FAILED")], scope(), NAME, HOSTS) is None
    assert own([made(tags=scope("prod").tags(NAME))], scope(), NAME, HOSTS) is None
    assert own([made(tags=scope().tags("calstack-dev-edge"))], scope(), NAME, HOSTS) is None
