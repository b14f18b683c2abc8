"""A distribution's configuration there and back."""

import json

from ansible_collections.calstack.aws.plugins.module_utils._core.resource import resolve
from ansible_collections.calstack.aws.plugins.module_utils._dns.distribution_config import OTHER, SET, described, merged
from ansible_collections.calstack.aws.plugins.module_utils._dns.model import wanted
from botocore.validate import ParamValidator
from cloudfront_fake import MODEL
from dns_account import PARAMS, scope
from hypothesis import given
from hypothesis import strategies as st

SECRET = "the-origins-header-0123456789"
SURVEYED = {
    "zone": None,
    "zone_name_used": "dev.calstack.example.com",
    "name_servers": (),
    "certificates": {"calstack-dev-edge": "arn:aws:acm:us-east-1:1:certificate/1", "calstack-dev-origin": "arn:2"},
}
OPTIONS = st.fixed_dictionaries(
    {
        "static_paths": st.lists(st.sampled_from(["/static/*", "/img/*", "*.css"]).map(lambda path: path), unique=True),
        "static_cache_control": st.sampled_from(["", "public, max-age=60"]),
        "price_class": st.sampled_from(["PriceClass_100", "PriceClass_All"]),
        "http_version": st.sampled_from(["http1.1", "http2", "http3", "http2and3"]),
        "ipv6": st.booleans(),
        "log_bucket": st.sampled_from(["", "logs"]),
        "countries_denied": st.sampled_from([[], ["DE", "FR"]]),
        "waf_acl_arn": st.sampled_from(["", "arn:aws:wafv2:us-east-1:1:global/webacl/x/1"]),
        "origin_read_timeout": st.integers(1, 120),
    }
)


def properties(options):
    every = wanted(PARAMS | SURVEYED | options, scope())
    found = next(item for item in every if item.kind == "distribution").properties
    return {key: value for key, value in resolve(found, {}).items() if key != "tags"}


@given(OPTIONS)
def test_what_is_written_is_read_back_the_same_and_cloudfront_understands_it(options):
    asked = properties(options)
    config = merged({"CallerReference": "x"}, asked, SECRET)
    shape = MODEL.operation_model("UpdateDistribution").input_shape
    report = ParamValidator().validate({"Id": "E1", "DistributionConfig": config}, shape)
    assert not report.has_errors(), report.generate_report()
    assert described(config, SECRET) == asked


@given(OPTIONS, OPTIONS)
def test_from_any_configuration_to_any_other(first, second):
    before = merged({"CallerReference": "x"}, properties(first), SECRET)
    assert described(merged(before, properties(second), SECRET), SECRET) == properties(second)


def test_the_header_is_compared_and_never_shown():
    config = merged({"CallerReference": "x"}, properties({}), SECRET)
    assert described(config, SECRET)["origin_header"] == SET
    assert described(config, "another")["origin_header"] == OTHER
    config["Origins"]["Items"][0]["CustomHeaders"] = {"Quantity": 0}
    assert described(config, SECRET)["origin_header"] is None
    assert SECRET not in json.dumps(described(config, SECRET), default=str)


def test_a_behaviour_of_the_old_style_gets_policies_instead():
    base = merged({"CallerReference": "x"}, properties({}), SECRET)
    base["DefaultCacheBehavior"] |= {
        "ForwardedValues": {"QueryString": True, "Cookies": {"Forward": "all"}},
        "MinTTL": 0,
    }
    default = merged(base, properties({}), SECRET)["DefaultCacheBehavior"]
    assert not default.keys() & {"ForwardedValues", "MinTTL"}
