from typing import Any

import pytest

from lab.balancer.model import Condition, FixedResponse, Forward, Redirect, Unplayed, WeightedGroup
from lab.balancer.snapshot import action, code_ranges, condition, stickiness, tls_versions


@pytest.mark.parametrize(
    ("matcher", "ranges"),
    [
        ("200", ((200, 200),)),
        ("200-399", ((200, 399),)),
        ("200,204, 300-302", ((200, 200), (204, 204), (300, 302))),
    ],
)
def test_matchers(matcher: str, ranges: tuple[tuple[int, int], ...]) -> None:
    assert code_ranges(matcher) == ranges


FORWARD_CONFIG: dict[str, Any] = {
    "TargetGroups": [{"TargetGroupArn": "blue", "Weight": 90}, {"TargetGroupArn": "green", "Weight": 10}],
    "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60},
}


def test_actions() -> None:
    assert action([{"Type": "forward", "TargetGroupArn": "blue"}]) == Forward((WeightedGroup("blue", 1),))
    both = (WeightedGroup("blue", 90), WeightedGroup("green", 10))
    assert action([{"Type": "forward", "ForwardConfig": FORWARD_CONFIG}]) == Forward(both, 60)
    redirect = {"StatusCode": "HTTP_302", "Protocol": "HTTPS", "Port": "443", "Query": ""}
    assert action([{"Type": "redirect", "RedirectConfig": redirect}]) == Redirect(302, "HTTPS", port="443", query="")
    fixed = {"StatusCode": "503"}
    assert action([{"Type": "fixed-response", "FixedResponseConfig": fixed}]) == FixedResponse(503)
    login = {"Type": "authenticate-oidc", "Order": 1}
    assert isinstance(action([{"Type": "forward", "TargetGroupArn": "blue", "Order": 2}, login]), Unplayed)


def test_conditions() -> None:
    old = {"Field": "path-pattern", "Values": ["/a"]}
    new = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"]}}
    assert condition(old) == condition(new) == Condition("path-pattern", ("/a",))
    header = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X", "Values": ["1", "2"]}}
    assert condition(header) == Condition("http-header", ("1", "2"), "X")
    query = {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": "b"}, {"Value": "c"}]}}
    assert condition(query) == Condition("query-string", ("a=b", "c"))


def test_ssl_policies() -> None:
    assert tls_versions("ELBSecurityPolicy-TLS13-1-3-2021-06") == ("TLSv1.3", "TLSv1.3")
    assert tls_versions("ELBSecurityPolicy-TLS13-1-2-2021-06") == ("TLSv1.2", "TLSv1.3")
    assert tls_versions("ELBSecurityPolicy-2016-08") == ("TLSv1.0", "TLSv1.2")


def test_stickiness_of_targets() -> None:
    assert stickiness({"stickiness.enabled": "false"}) is None
    found = stickiness({"stickiness.enabled": "true", "stickiness.lb_cookie.duration_seconds": "60"})
    assert found is not None
    assert (found.cookie, found.duration) == ("AWSALB", 60)
