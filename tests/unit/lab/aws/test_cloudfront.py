"""Distributions over time, with a clock of the test's own."""

from typing import Any

import pytest

from lab.aws.cloudfront.checks import covers
from lab.aws.cloudfront.config import complete, count
from lab.aws.cloudfront.distributions import Distributions
from lab.aws.cloudfront.errors import CloudFrontError

BEHAVIOUR = {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "c"}
CONFIG: dict[str, Any] = {
    "CallerReference": "r",
    "Comment": "first",
    "Enabled": True,
    "Origins": {"Items": [{"Id": "o", "DomainName": "o.example.com"}]},
    "DefaultCacheBehavior": BEHAVIOUR,
}


class Account:
    def __init__(self) -> None:
        self.now = 0.0
        self.distributions = Distributions("1", {}, lambda _config, _itself: None, 10.0, lambda: self.now)


def comment(config: dict[str, Any] | None) -> str | None:
    return config["Comment"] if config else None


def test_the_edge_has_a_configuration_when_it_is_deployed() -> None:
    account = Account()
    made = account.distributions.create(CONFIG)
    seen = [(made.status(0.0), comment(made.deployed(0.0))), (made.status(10.0), comment(made.deployed(10.0)))]
    assert seen == [("InProgress", None), ("Deployed", "first")]
    account.now = 20.0
    account.distributions.update(made.id, {**CONFIG, "Comment": "second"}, made.etag)
    assert (made.status(29.0), comment(made.deployed(29.0))) == ("InProgress", "first")
    assert (made.status(30.0), comment(made.deployed(30.0))) == ("Deployed", "second")


def test_a_change_during_a_change_puts_off_the_end() -> None:
    account = Account()
    made = account.distributions.create(CONFIG)
    account.now = 5.0
    account.distributions.update(made.id, {**CONFIG, "Comment": "second"}, made.etag)
    assert (made.status(12.0), comment(made.deployed(12.0))) == ("InProgress", None)
    assert comment(made.deployed(15.0)) == "second"


def test_an_address_is_given_out_again() -> None:
    account = Account()
    first, second = (account.distributions.create({**CONFIG, "CallerReference": name}) for name in "ab")
    assert (first.number, second.number) == (1, 2)
    del account.distributions.kept[first.id]
    assert account.distributions.create({**CONFIG, "CallerReference": "c"}).number == 1


@pytest.mark.parametrize("path", ["static", "/a*b", "/*/b"])
def test_a_path_that_cannot_be_invalidated(path: str) -> None:
    account = Account()
    made = account.distributions.create(CONFIG)
    with pytest.raises(CloudFrontError, match="invalid invalidation paths"):
        account.distributions.invalidate(made.id, "r", [path])


def test_secrets_of_an_origin_do_not_show() -> None:
    header = {"HeaderName": "X-O", "HeaderValue": "secret"}
    origin = {"Id": "o", "DomainName": "o", "CustomHeaders": {"Items": [header]}}
    made = Account().distributions.create({**CONFIG, "Origins": {"Items": [origin]}})
    assert "secret" not in repr(made)
    assert made.config["Origins"]["Items"][0]["CustomHeaders"] == {"Quantity": 1, "Items": [header]}


def test_completing_twice_is_completing_once() -> None:
    once = complete(CONFIG)
    assert complete(once) == once
    assert count({"Quantity": 5, "Items": [1]}) == {"Quantity": 1, "Items": [1]}
    assert count({"Items": []}) == {"Quantity": 0}


@pytest.mark.parametrize(
    ("names", "alias", "covered"),
    [
        (["a.example.com"], "A.example.com", True),
        (["*.example.com"], "a.example.com", True),
        (["*.example.com"], "example.com", False),
        (["*.example.com"], "a.b.example.com", False),
        (["*.example.com"], "*.example.com", True),
        ([], "example.com", False),
    ],
)
def test_what_a_certificate_covers(names: list[str], alias: str, covered: bool) -> None:
    assert covers(names, alias) is covered
