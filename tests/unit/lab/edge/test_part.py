"""Real requests through the edge to an origin, as the emulator's CloudFront has it."""

import gzip
import socket
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from lab import ca
from tests.unit.lab.edge.edge_stand import (
    ALL_VIEWER_EXCEPT_HOST,
    DOMAIN,
    ORIGIN,
    SECRET,
    Edge,
    EdgeStand,
    behaviour,
    static,
    until,
)
from tests.web_server import says

HEADERS_POLICY = {
    "Name": "stand",
    "SecurityHeadersConfig": {
        "StrictTransportSecurity": {"Override": True, "AccessControlMaxAgeSec": 600, "IncludeSubdomains": True},
        "FrameOptions": {"Override": False, "FrameOption": "DENY"},
    },
    "CustomHeadersConfig": {
        "Quantity": 1,
        "Items": [{"Header": "Cache-Control", "Value": "public, max-age=31536000, immutable", "Override": True}],
    },
    "RemoveHeadersConfig": {"Quantity": 1, "Items": [{"Header": "Server"}]},
}
KEY = {
    "Name": "keyed",
    "MinTTL": 0,
    "DefaultTTL": 60,
    "MaxTTL": 3600,
    "ParametersInCacheKeyAndForwardedToOrigin": {
        "EnableAcceptEncodingGzip": False,
        "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": {"Quantity": 1, "Items": ["X-Tenant"]}},
        "CookiesConfig": {"CookieBehavior": "whitelist", "Cookies": {"Quantity": 1, "Items": ["lang"]}},
        "QueryStringsConfig": {"QueryStringBehavior": "whitelist", "QueryStrings": {"Quantity": 1, "Items": ["v"]}},
    },
}


FUNCTION = b"""
function handler(event) {
    const response = event.response;
    const kept = response.statusCode === 200 || response.statusCode === 304;
    response.headers['cache-control'] = { value: kept ? 'public, max-age=31536000, immutable' : 'no-store' };
    delete response.headers['x-frame-options'];
    return response;
}
"""


def publish(cloudfront: Any, code: bytes) -> str:
    """The function `stand` with this code, published; its ARN."""
    given = {"FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"}, "FunctionCode": code}
    try:
        etag = cloudfront.describe_function(Name="stand")["ETag"]
        cloudfront.update_function(Name="stand", IfMatch=etag, **given)
    except cloudfront.exceptions.NoSuchFunctionExists:
        cloudfront.create_function(Name="stand", **given)
    etag = cloudfront.describe_function(Name="stand")["ETag"]
    published = cloudfront.publish_function(Name="stand", IfMatch=etag)["FunctionSummary"]
    return str(published["FunctionMetadata"]["FunctionARN"])


@pytest.fixture(scope="module")
def kept(edge_stand: EdgeStand) -> Iterator[Edge]:
    """A distribution as an environment has it, and a part of it with a key."""
    cloudfront = edge_stand.cloudfront
    headers = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=HEADERS_POLICY)
    keyed = cloudfront.create_cache_policy(CachePolicyConfig=KEY)["CachePolicy"]["Id"]
    function = {"FunctionARN": publish(cloudfront, FUNCTION), "EventType": "viewer-response"}
    policy = headers["ResponseHeadersPolicy"]["Id"]
    behaviours = (
        static(
            "/assets/*",
            ResponseHeadersPolicyId=policy,
            FunctionAssociations={"Quantity": 1, "Items": [function]},
        ),
        static(ResponseHeadersPolicyId=policy),
        static("keyed/?.html", CachePolicyId=keyed, Compress=False),
        behaviour("/only-https", ViewerProtocolPolicy="https-only"),
    )
    edge = edge_stand.create(edge_stand.config(behaviours=behaviours))
    yield edge
    edge.delete()
    assert until(lambda: not edge.answers()), "the edge goes with its last distribution"


@pytest.fixture
def edge(kept: Edge, stand: EdgeStand) -> Edge:
    return kept


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def test_a_page_comes_from_the_origin_with_all_that_the_viewer_has_sent(edge: Edge, stand: EdgeStand) -> None:
    sent = {"Cookie": "a=1; b=2", "Authorization": "Basic abc", "X_Origin_Verify": "mine", "User_Agent": "curl"}
    answer = edge.ask("/login?next=%2Fa&x=1", "POST", body=b"user=me", **sent)
    assert (answer.status, answer.body, answer.cache) == (200, b"hello", "Miss")
    (asked,) = stand.origin.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/login?next=%2Fa&x=1", b"user=me")
    headers = lower(asked.headers)
    assert headers["host"] == DOMAIN
    assert (headers["cookie"], headers["authorization"]) == ("a=1; b=2", "Basic abc")
    assert headers["x-origin-verify"] == SECRET
    assert headers["user-agent"] == "curl"
    assert headers["via"].endswith(".cloudfront.net (CloudFront)")
    assert headers["x-amz-cf-id"] == answer.headers["x-amz-cf-id"]
    assert headers["x-forwarded-for"]
    assert not [name for name in headers if name.startswith(("x-lab", "x-envoy"))]
    assert stand.origin.names[-1] == ORIGIN


def test_what_an_answer_says_reaches_the_viewer(edge: Edge, stand: EdgeStand) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", f"https://{DOMAIN}/oauth2callback?state=a%2Fb")
        handler.send_header("Set-Cookie", "session=1; HttpOnly")
        handler.send_header("Set-Cookie", "other=2")
        handler.send_header("Vary", "Cookie")
        handler.send_header("Cache-Control", "private")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    stand.origin.answer = answer
    got = edge.ask("/login/google")
    assert (got.status, got.cookies) == (302, ["session=1; HttpOnly", "other=2"])
    assert got.headers["location"] == f"https://{DOMAIN}/oauth2callback?state=a%2Fb"
    assert (got.headers["vary"], got.headers["cache-control"]) == ("Cookie", "private")
    assert got.headers["via"].endswith("(CloudFront)")
    assert not [name for name in got.headers if name.startswith(("x-lab", "x-envoy"))]
    edge.ask("/login/google")
    assert len(stand.origin.asked) == 2


def test_a_static_file_is_asked_for_once(edge: Edge, stand: EdgeStand) -> None:
    stand.origin.answer = says(200, b"body {}", Content_Type="text/css", Set_Cookie="a=1", Vary="Cookie")
    first = edge.ask("/static/one.css?v=1", Cookie="a=1", Authorization="Basic abc")
    second = edge.ask("/static/one.css?v=2", Cookie="b=1", Cache_Control="no-cache", Pragma="no-cache")
    assert (first.cache, second.cache) == ("Miss", "Hit")
    assert first.body == second.body == b"body {}"
    assert first.cookies == second.cookies == [], "where no cookie is passed on none comes back"
    assert first.headers["x-amz-cf-id"] != second.headers["x-amz-cf-id"]
    assert "age" in second.headers
    assert second.headers["vary"] == "Cookie"
    (asked,) = stand.origin.asked
    headers = lower(asked.headers)
    assert (asked.path, headers["host"], headers["user-agent"]) == ("/static/one.css", ORIGIN, "Amazon CloudFront")
    assert not {"cookie", "authorization", "cache-control", "pragma"} & headers.keys()
    assert edge.ask("/static/one.css", "HEAD").cache == "Hit"


def test_a_static_file_has_the_headers_of_the_policy(edge: Edge, stand: EdgeStand) -> None:
    stand.origin.answer = says(200, b"x", X_Frame_Options="SAMEORIGIN", Cache_Control="max-age=5")
    for cache in ("Miss", "Hit"):
        got = edge.ask("/static/headers.js")
        assert got.cache == cache
        assert got.headers["strict-transport-security"] == "max-age=600; includeSubDomains"
        assert got.headers["x-frame-options"] == "SAMEORIGIN", "it was there, and is not overridden"
        assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert got.headers["server"] == "CloudFront", "the origin's was removed"
    assert "strict-transport-security" not in edge.ask("/").headers


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, "public, max-age=31536000, immutable"),
        (204, "no-store"),
        (302, "no-store"),
        (404, "public, max-age=31536000, immutable"),
        (500, "public, max-age=31536000, immutable"),
    ],
)
def test_an_answer_passes_the_function_after_the_policy_unless_it_is_an_error(
    edge: Edge, stand: EdgeStand, status: int, said: str
) -> None:
    """The policy says the same on every answer: errors keep that."""
    body = b"" if status in (204, 302) else b"x"
    stand.origin.answer = says(status, body, X_Frame_Options="SAMEORIGIN", Cache_Control="max-age=5")
    for _ in range(2):
        got = edge.ask(f"/assets/{status}.js")
        assert (got.status, got.headers["cache-control"]) == (status, said)
        assert got.headers["strict-transport-security"] == "max-age=600; includeSubDomains"
        assert ("x-frame-options" in got.headers) is (status >= 400)


def test_a_function_that_is_published_anew_holds_for_what_is_kept_too(edge: Edge, stand: EdgeStand) -> None:
    stand.origin.answer = says(200, b"x")
    assert edge.ask("/assets/anew.js").headers["cache-control"].endswith("immutable")
    publish(stand.cloudfront, FUNCTION.replace(b"31536000, immutable", b"60"))
    assert until(lambda: edge.ask("/assets/anew.js").headers["cache-control"] == "public, max-age=60")
    assert edge.ask("/assets/anew.js").cache == "Hit"
    publish(stand.cloudfront, FUNCTION)
    assert until(lambda: edge.ask("/assets/anew.js").headers["cache-control"].endswith("immutable"))


def test_a_file_is_kept_for_as_long_as_policy_and_origin_say(edge: Edge, stand: EdgeStand) -> None:
    stand.origin.answer = says(200, b"x", Cache_Control="max-age=1", ETag='"1"')
    assert [edge.ask("/static/short.js").cache for _ in range(2)] == ["Miss", "Hit"]
    assert until(lambda: edge.ask("/static/short.js").cache != "Hit", 5)
    assert stand.origin.asked[-1].headers.get("if-none-match") == '"1"', "what has expired is asked for again"
    stand.origin.answer = says(200, b"x", Cache_Control="no-store")
    assert [edge.ask("/keyed/a.html").cache for _ in range(2)] == ["Miss", "Miss"]
    assert [edge.ask("/static/least.js").cache for _ in range(2)] == ["Miss", "Hit"], "the policy's MinTTL is 1"


def test_only_what_the_policy_names_tells_two_files_apart(edge: Edge, stand: EdgeStand) -> None:
    asked = [
        edge.ask("/keyed/b.html?v=1&utm=1", X_Tenant="x", Cookie="lang=de; id=1"),
        edge.ask("/keyed/b.html?utm=2&v=1", X_Tenant="x", Cookie="id=2; lang=de"),
        edge.ask("/keyed/b.html?v=2", X_Tenant="x", Cookie="lang=de"),
        edge.ask("/keyed/b.html?v=1", X_Tenant="y", Cookie="lang=de"),
        edge.ask("/keyed/b.html?v=1", X_Tenant="x", Cookie="lang=en"),
    ]
    assert [answer.cache for answer in asked] == ["Miss", "Hit", "Miss", "Miss", "Miss"]
    first = stand.origin.asked[0]
    assert first.path == "/keyed/b.html?v=1"
    headers = lower(first.headers)
    assert (headers["x-tenant"], headers["cookie"]) == ("x", "lang=de")


def test_an_invalidation_empties_what_it_names(edge: Edge, stand: EdgeStand) -> None:
    paths = ["/static/a.css", "/static/b.css", "/keyed/c.html"]

    def states() -> list[str]:
        return [edge.ask(path).cache for path in paths]

    states()
    assert states() == ["Hit"] * 3
    edge.invalidate("/static/a*")
    assert until(lambda: states() == ["Miss", "Hit", "Hit"], 5) or "Miss" not in states()
    before = len(stand.origin.asked)
    edge.invalidate("/static/*")
    assert until(lambda: states() and len(stand.origin.asked) == before + 2, 5)
    edge.invalidate("/keyed/c.html")
    assert until(lambda: states() and len(stand.origin.asked) == before + 3, 5)
    assert states() == ["Hit"] * 3


def test_text_is_compressed_at_the_edge_as_the_viewer_likes(edge: Edge, stand: EdgeStand) -> None:
    text = b"a long line of text\n" * 100
    stand.origin.answer = says(200, text, Content_Type="text/css")
    packed = edge.ask("/static/big.css", Accept_Encoding="gzip")
    assert (packed.headers["content-encoding"], gzip.decompress(packed.body)) == ("gzip", text)
    assert edge.ask("/static/big.css", Accept_Encoding="gzip, deflate, br").headers["content-encoding"] == "br"
    again = edge.ask("/static/big.css", Accept_Encoding="gzip")
    assert (again.cache, gzip.decompress(again.body)) == ("Hit", text)
    plain = edge.ask("/static/big.css", Accept_Encoding="identity")
    assert ("content-encoding" in plain.headers, plain.body) == (False, text)
    assert "content-encoding" not in edge.ask("/big.css", Accept_Encoding="gzip").headers, "CachingDisabled: no"
    assert lower(stand.origin.asked[-1].headers)["accept-encoding"] == "gzip"
    stand.origin.answer = says(200, b"short", Content_Type="text/css")
    assert "content-encoding" not in edge.ask("/static/small.css", Accept_Encoding="gzip").headers


def test_an_error_is_kept_for_ten_seconds_even_where_nothing_else_is(edge: Edge, stand: EdgeStand) -> None:
    stand.origin.answer = says(500, b"broken", Cache_Control="no-store")
    first = edge.ask("/broken", Cookie="id=1")
    stand.origin.answer = says()
    second = edge.ask("/broken", Cookie="id=2")
    assert [(answer.status, answer.body, answer.cache) for answer in (first, second)] == [(500, b"broken", "Error")] * 2
    assert second.headers["cache-control"] == "no-store"
    assert edge.ask("/broken", "POST", body=b"").status == 200
    assert len(stand.origin.asked) == 2
    stand.origin.answer = says(403, b"no")
    assert edge.ask("/forbidden").status == 403
    stand.origin.answer = says()
    assert edge.ask("/forbidden").status == 200, "403 only where the origin says for how long"


def test_plain_http_is_redirected(edge: Edge, stand: EdgeStand) -> None:
    got = edge.ask_plainly("/static/a.css?v=1")
    assert (got.status, got.headers["location"]) == (301, f"https://{DOMAIN}:8443/static/a.css?v=1")
    assert got.cache == "Redirect"
    assert edge.ask_plainly("/login", "POST").status == 307
    assert edge.ask_plainly("/only-https").status == 403
    assert stand.origin.asked == []


def test_what_is_not_of_the_distribution_is_refused(edge: Edge, stand: EdgeStand) -> None:
    refused = edge.ask("/static/a.css", "POST", body=b"")
    assert (refused.status, refused.cache) == (403, "Error")
    assert edge.ask(Host="other.example.com").status == 403
    assert stand.origin.asked == []
    with pytest.raises(ssl.SSLCertVerificationError):
        edge.ask(name="other.example.com")
    assert edge.ask(name=edge.domain_name).status == 200
    assert edge.ask(name=edge.address).status == 200


def test_tls_and_http_2_are_as_the_distribution_says(edge: Edge, stand: EdgeStand) -> None:
    def shake(highest: ssl.TLSVersion) -> tuple[str | None, str | None]:
        context = ssl.create_default_context(cafile=str(ca.certificate_file(stand.settings)))
        context.set_alpn_protocols(["h2", "http/1.1"])
        context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, highest
        with socket.create_connection((edge.address, 8443), 5) as plain:
            secured = context.wrap_socket(plain, server_hostname=DOMAIN)
            return secured.selected_alpn_protocol(), secured.version()

    assert shake(ssl.TLSVersion.TLSv1_3) == ("h2", "TLSv1.3")
    assert shake(ssl.TLSVersion.TLSv1_2) == ("h2", "TLSv1.2")


def test_a_conditional_request_is_answered_by_the_origin_where_nothing_is_kept(edge: Edge, stand: EdgeStand) -> None:
    stand.origin.answer = says(304, b"", ETag='"1"')
    assert edge.ask("/page", If_None_Match='"1"').status == 304
    assert lower(stand.origin.asked[-1].headers)["if-none-match"] == '"1"'
    stand.origin.answer = says(200, b"x", ETag='"1"')
    assert edge.ask("/static/conditional", If_None_Match='"1"').status == 200
    assert "if-none-match" not in lower(stand.origin.asked[-1].headers)


@pytest.fixture
def changed(edge: Edge, stand: EdgeStand) -> Iterator[dict[str, Any]]:
    """The configuration, which holds again after the test."""
    found: dict[str, Any] = stand.cloudfront.get_distribution_config(Id=edge.id)["DistributionConfig"]
    yield found
    edge.update(**found)
    stand.origin.answer = says()
    # What nothing else makes: the default behaviour keeps no file, and takes every method.
    assert until(lambda: edge.status() == "Deployed")
    assert until(lambda: edge.ask(f"/again/{time.monotonic()}", "PUT", body=b"").headers["server"] != "CloudFront")


def test_a_change_holds_when_it_is_deployed(edge: Edge, changed: dict[str, Any]) -> None:
    edge.update(DefaultCacheBehavior={**changed["DefaultCacheBehavior"], **static("")})
    assert until(lambda: edge.ask("/later", "POST", body=b"").status == 403)
    assert edge.status() == "Deployed"


def test_an_origin_that_cannot_be_trusted_or_found_is_502(
    edge: Edge, stand: EdgeStand, changed: dict[str, Any]
) -> None:
    (origin,) = changed["Origins"]["Items"]

    def with_origin(name: str) -> None:
        edge.update(Origins={"Quantity": 1, "Items": [{**origin, "DomainName": name}]})
        assert until(lambda: edge.status() == "Deployed")

    stand.record("bad.example.com", "A", "127.0.0.1")
    with_origin("bad.example.com")
    # The certificate is for another name: Host is passed on, and it is not for that one either.
    assert until(lambda: edge.ask(f"/{len(stand.origin.asked)}x").status == 502)
    assert b"connect to the origin" in edge.ask("/502").body
    with_origin("nowhere.example.com")
    assert until(lambda: b"resolve the origin" in edge.ask("/501").body)


def test_what_is_passed_whole_is_as_an_origin_request_policy_says(
    edge: Edge, stand: EdgeStand, changed: dict[str, Any]
) -> None:
    """Where no error is kept either, Envoy passes requests on without a script."""
    codes = (400, 403, 404, 405, 414, 500, 501, 502, 503, 504)
    never = [{"ErrorCode": code, "ErrorCachingMinTTL": 0, "ResponsePagePath": "", "ResponseCode": ""} for code in codes]
    headers = changed["CacheBehaviors"]["Items"][0]["ResponseHeadersPolicyId"]
    (origin,) = changed["Origins"]["Items"]
    passed = {**changed["DefaultCacheBehavior"], "ResponseHeadersPolicyId": headers}
    passed["OriginRequestPolicyId"] = ALL_VIEWER_EXCEPT_HOST
    edge.update(
        CustomErrorResponses={"Quantity": len(never), "Items": never},
        DefaultCacheBehavior=passed,
        Origins={"Quantity": 1, "Items": [{**origin, "OriginPath": "/app"}]},
    )
    stand.origin.answer = says(200, b"hello", Set_Cookie="a=1")
    assert until(lambda: lower(edge.ask("/").headers).get("strict-transport-security"))
    got = edge.ask("/page?a=1&b=%20", "POST", body=b"x", Cookie="a=1", Authorization="Basic abc")
    assert (got.status, got.cache, got.cookies) == (200, "Miss", ["a=1"])
    asked = stand.origin.asked[-1]
    sent = lower(asked.headers)
    assert (asked.path, sent["host"], sent["cookie"]) == ("/app/page?a=1&b=%20", ORIGIN, "a=1")
    assert (sent["authorization"], sent["x-origin-verify"]) == ("Basic abc", SECRET)
    assert sent["x-amz-cf-id"] == got.headers["x-amz-cf-id"]
    stand.origin.answer = says(500, b"broken")
    assert [edge.ask("/fails").cache for _ in range(2)] == ["Error"] * 2
    assert len([item for item in stand.origin.asked if item.path == "/app/fails"]) == 2, "not kept"
