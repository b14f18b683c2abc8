"""What of a distribution becomes what of Envoy's configuration: what real requests do not show."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.aws.cloudfront.player import Outcome, Play
from lab.balancer.model import Certificate
from lab.edge import scripts
from lab.edge.headers import response_policy
from lab.edge.model import (
    Behaviour,
    CachePolicy,
    Distribution,
    Invalidation,
    Origin,
    OriginRequestPolicy,
    Selection,
    Snapshot,
)
from lab.edge.routes import CACHE, behaviour_routes, is_passed, path_match
from lab.edge.snapshot import cache_policy, forwarded_values, request_policy
from lab.edge.xds import listener_names, render

ALL = Selection("all")
EVERYTHING = OriginRequestPolicy(ALL, ALL, ALL)
DEFAULT = Behaviour(None, "o", "redirect-to-https", ("GET",), ("GET",), request=EVERYTHING)
NEVER = tuple((code, 0) for code in (*scripts.ALWAYS_KEPT, *scripts.KEPT_WHEN_TOLD))
ORIGIN = Origin("o", "origin.example.com", "127.80.1.1", 8443, https=True, headers=(("X-O", "secret"),))
DISTRIBUTION = Distribution(
    id="E1",
    domain_name="d1.cloudfront.net",
    address="127.80.2.1",
    aliases=("example.com",),
    behaviours=(DEFAULT,),
    origins=(ORIGIN,),
    certificates=(Certificate("arn", "chain", "private"),),
    error_seconds=NEVER,
)


def mapped(port: int) -> int:
    return port + 8000


def rendered(distribution: Distribution) -> dict[str, Any]:
    files = render(Snapshot((distribution,)), Path("/d"), Path("/ca.pem"), mapped)
    return {name: json.loads(text) for name, text in files.items() if name.endswith(".json")}


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({}, True),
        ({"cache": CachePolicy(most=1)}, False),
        ({"request": None}, False),
        ({"function": Play(Outcome())}, False),
        ({"request": replace(EVERYTHING, cookies=Selection())}, False),
        ({"request": replace(EVERYTHING, query=Selection("whitelist", ("v",)))}, False),
        ({"request": replace(EVERYTHING, headers=Selection("all", ("CloudFront-Viewer-Address",)))}, False),
        ({"request": replace(EVERYTHING, headers=Selection("allExcept", ("Host",)))}, True),
        ({"request": replace(EVERYTHING, headers=Selection("allExcept", ("Host", "Accept")))}, False),
    ],
)
def test_what_is_passed_without_a_script(change: dict[str, Any], passed: bool) -> None:
    assert is_passed(DISTRIBUTION, replace(DEFAULT, **change)) is passed


def test_where_errors_are_kept_nothing_is_passed() -> None:
    assert not is_passed(replace(DISTRIBUTION, error_seconds=()), DEFAULT)
    assert not is_passed(replace(DISTRIBUTION, error_seconds=NEVER[1:]), DEFAULT)
    assert not is_passed(replace(DISTRIBUTION, root_object="index.html"), DEFAULT)
    sifted = replace(DEFAULT, request=None)
    (forward, _) = behaviour_routes(replace(DISTRIBUTION, behaviours=(sifted,)), 0, "https", mapped)
    assert forward["typed_per_filter_config"][CACHE]["disabled"], "nothing is kept, but what goes on is sifted"


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/static/*", "/static/a/b.css", True),
        ("/static/*", "/static", False),
        ("static/*", "/static/a", True),
        ("*.jpg", "/a/b.jpg", True),
        ("/a?c", "/abc", True),
        ("/a?c", "/abbc", False),
        ("/A", "/a", False),
    ],
)
def test_path_patterns(pattern: str, path: str, matches: bool) -> None:
    assert bool(re.fullmatch(path_match(pattern)["safe_regex"]["regex"], path)) is matches


def test_no_pattern_is_every_path() -> None:
    assert path_match(None) == path_match("*") == {"prefix": "/"}


def test_the_origin_is_asked_by_name_and_its_certificate_is_checked() -> None:
    (cluster,) = rendered(DISTRIBUTION)["cds.json"]["resources"]
    tls = cluster["transport_socket"]["typed_config"]
    assert tls["sni"] == "origin.example.com"
    validation = tls["common_tls_context"]["validation_context"]
    names = [name["matcher"]["exact"] for name in validation["match_typed_subject_alt_names"]]
    assert names == ["origin.example.com", "example.com"]
    assert validation["trusted_ca"] == {"filename": "/ca.pem"}
    plain = rendered(replace(DISTRIBUTION, origins=(replace(ORIGIN, https=False),)))["cds.json"]["resources"][0]
    assert "transport_socket" not in plain


@pytest.mark.parametrize(
    ("policy", "lowest"), [("TLSv1", "TLSv1_0"), ("TLSv1.2_2021", "TLSv1_2"), ("TLSv1.3_2025", "TLSv1_3")]
)
def test_viewers_need_the_lowest_version(policy: str, lowest: str) -> None:
    _, secure = rendered(replace(DISTRIBUTION, minimum_protocol=policy, http2=False))["lds.json"]["resources"]
    context = secure["filter_chains"][0]["transport_socket"]["typed_config"]["common_tls_context"]
    assert context["tls_params"]["tls_minimum_protocol_version"] == lowest
    assert context["alpn_protocols"] == ["http/1.1"]


def test_every_listener_is_looked_for() -> None:
    names = {item["name"] for item in rendered(DISTRIBUTION)["lds.json"]["resources"]}
    assert names == listener_names(Snapshot((DISTRIBUTION,))) == {"E1.http", "E1.https"}


def test_secrets_do_not_show() -> None:
    assert "secret" not in repr(DISTRIBUTION)
    assert "private" not in repr(DISTRIBUTION)


@given(st.text())
def test_a_text_is_one_text_in_lua(text: str) -> None:
    written = scripts.literal(text)
    inner = written[1:-1]
    octets = re.sub(r"\\(\d{3})", lambda match: chr(int(match[1])), inner).encode("latin-1")
    assert octets.decode() == text
    assert not re.search(r'(?<!\\)"|\n', inner)


def test_values_in_lua() -> None:
    value = {"a": [1, True, "x"], 404: {}}
    assert scripts.literal(value) == '{["a"]={1,true,"x"},[404]={}}'
    with pytest.raises(TypeError, match="Lua has no NoneType"):
        scripts.literal(None)


def test_an_invalidation_is_a_path_or_all_below_it() -> None:
    items = (Invalidation("/a/*", 2), Invalidation("/b", 1))
    script = scripts.viewer(replace(DISTRIBUTION, invalidations=items), 0, "https")
    assert '{["path"]="/a/",["open"]=true,["number"]=2},{["path"]="/b",["open"]=false,["number"]=1}' in script


def test_security_headers_in_words() -> None:
    policy = response_policy(
        {
            "SecurityHeadersConfig": {
                "StrictTransportSecurity": {"Override": True, "AccessControlMaxAgeSec": 1, "Preload": True},
                "ContentTypeOptions": {"Override": True},
                "ReferrerPolicy": {"Override": False, "ReferrerPolicy": "no-referrer"},
                "XSSProtection": {"Override": True, "Protection": True, "ModeBlock": True, "ReportUri": "/r"},
                "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": "default-src 'self'"},
            },
            "RemoveHeadersConfig": {"Quantity": 1, "Items": [{"Header": "Server"}]},
        }
    )
    assert {header.name: header.value for header in policy.added} == {
        "Strict-Transport-Security": "max-age=1; preload",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "X-XSS-Protection": "1; mode=block; report=/r",
        "Content-Security-Policy": "default-src 'self'",
    }
    assert [header.override for header in policy.added] == [True, True, False, True, True]
    assert policy.removed == ("Server",)
    off = {"SecurityHeadersConfig": {"XSSProtection": {"Override": True, "Protection": False}}}
    assert response_policy(off).added[0].value == "0"


def test_policies_as_the_edge_takes_them() -> None:
    one = {"Quantity": 1, "Items": ["v"]}
    cache = cache_policy(
        {
            "MinTTL": 1,
            "DefaultTTL": 2,
            "MaxTTL": 3,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": True,
                "HeadersConfig": {"HeaderBehavior": "none"},
                "CookiesConfig": {"CookieBehavior": "allExcept", "Cookies": one},
                "QueryStringsConfig": {"QueryStringBehavior": "whitelist", "QueryStrings": one},
            },
        }
    )
    assert cache == CachePolicy(
        1, 2, 3, Selection(), Selection("allExcept", ("v",)), Selection("whitelist", ("v",)), gzip=True
    )
    request = request_policy(
        {
            "HeadersConfig": {"HeaderBehavior": "allViewerAndWhitelistCloudFront", "Headers": one},
            "CookiesConfig": {"CookieBehavior": "all"},
            "QueryStringsConfig": {"QueryStringBehavior": "none"},
        }
    )
    assert request == OriginRequestPolicy(Selection("all", ("v",)), ALL, Selection())


def test_the_older_form_of_a_cache_policy() -> None:
    values = {"QueryString": True, "Cookies": {"Forward": "all"}, "Headers": {"Quantity": 1, "Items": ["*"]}}
    everything = forwarded_values({"Compress": True, "ForwardedValues": values, "MaxTTL": 9})
    assert (everything.most, everything.headers, everything.cookies, everything.query) == (0, ALL, ALL, ALL)
    little = forwarded_values({"Compress": False, "ForwardedValues": {"QueryString": False}, "MinTTL": 100000})
    assert (little.default, little.most, little.headers) == (100000, 31536000, Selection())
