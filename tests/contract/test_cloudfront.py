"""CloudFront: what the lab answers in moto's place, against moto as it comes."""

import copy
import itertools
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

Client = Callable[[str], Any]
REFERENCES = itertools.count(1)
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
NOTHING = {
    "EnableAcceptEncodingGzip": True,
    "HeadersConfig": {"HeaderBehavior": "none"},
    "CookiesConfig": {"CookieBehavior": "none"},
    "QueryStringsConfig": {"QueryStringBehavior": "none"},
}


def config(**more: Any) -> dict[str, Any]:
    origin = {
        "Id": "o",
        "DomainName": "origin.example.com",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    default = {
        "TargetOriginId": "o",
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": CACHING_DISABLED,
        "AllowedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
    }
    whole = {
        "CallerReference": f"r{next(REFERENCES)}",
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": default,
    }
    return copy.deepcopy({**whole, **more})


def code(call: Callable[..., Any], **given: Any) -> tuple[str, int]:
    """The code and the status of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@cache
def edge_region(endpoint: str) -> Client:
    session: Any = boto3

    def client(service: str) -> Any:
        return session.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="AKIACONTRACT0CALSTACK",
            aws_secret_access_key="contract-only",
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    return client


def in_edge_region(client: Client) -> Client:
    return edge_region(client("cloudfront").meta.endpoint_url)


def deployed(cloudfront: Any, identity: str) -> None:
    deadline = time.monotonic() + 20
    while cloudfront.get_distribution(Id=identity)["Distribution"]["Status"] != "Deployed":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_configuration_is_complete_and_comes_back_as_it_was_answered(plain: Client, mended: Client) -> None:
    answers = []
    for client in (plain, mended):
        cloudfront = client("cloudfront")
        made = cloudfront.create_distribution(DistributionConfig=config())["Distribution"]
        answers.append(cloudfront.get_distribution_config(Id=made["Id"])["DistributionConfig"])
    moto, lab = answers
    assert "ForwardedValues" in moto["DefaultCacheBehavior"], "moto answers both, and AWS refuses both"
    assert not {"ForwardedValues", "MinTTL"} & lab["DefaultCacheBehavior"].keys()
    assert lab["DefaultCacheBehavior"]["AllowedMethods"] == {
        "Quantity": 2,
        "Items": ["HEAD", "GET"],
        "CachedMethods": {"Quantity": 2, "Items": ["HEAD", "GET"]},
    }
    assert lab["Aliases"] == lab["CacheBehaviors"] == lab["CustomErrorResponses"] == {"Quantity": 0}
    (origin,) = lab["Origins"]["Items"]
    assert (origin["ConnectionAttempts"], origin["CustomOriginConfig"]["OriginReadTimeout"]) == (3, 30)
    assert lab["ViewerCertificate"]["CloudFrontDefaultCertificate"] is True
    assert (lab["HttpVersion"], lab["IsIPV6Enabled"], lab["WebACLId"]) == ("http2", True, "")


def test_an_update_needs_the_version_it_is_based_on(plain: Client, mended: Client) -> None:
    etags = []
    for client in (plain, mended):
        cloudfront = client("cloudfront")
        made = cloudfront.create_distribution(DistributionConfig=config())
        identity, given = made["Distribution"]["Id"], made["Distribution"]["DistributionConfig"]
        if client is plain:
            cloudfront.update_distribution(Id=identity, DistributionConfig=given, IfMatch="EOTHER")
            continue
        more: dict[str, Any] = {"Id": identity, "DistributionConfig": given}
        assert code(cloudfront.update_distribution, IfMatch="EOTHER", **more) == ("PreconditionFailed", 412)
        assert code(cloudfront.update_distribution, **more) == ("InvalidIfMatchVersion", 400)
        other = {**given, "CallerReference": "other"}
        changed = {"Id": identity, "DistributionConfig": other, "IfMatch": made["ETag"]}
        assert code(cloudfront.update_distribution, **changed)[0] == "IllegalUpdate"
        etags = [made["ETag"], cloudfront.update_distribution(IfMatch=made["ETag"], **more)["ETag"]]
        assert cloudfront.get_distribution(Id=identity)["ETag"] == etags[1]
    assert etags[0] != etags[1]


def test_a_distribution_deploys_over_time_and_goes_only_when_it_is_disabled(plain: Client, mended: Client) -> None:
    cloudfront = plain("cloudfront")
    made = cloudfront.create_distribution(DistributionConfig=config())
    cloudfront.delete_distribution(Id=made["Distribution"]["Id"], IfMatch="EOTHER")

    cloudfront = mended("cloudfront")
    made = cloudfront.create_distribution(DistributionConfig=config())
    identity = made["Distribution"]["Id"]
    statuses = [cloudfront.get_distribution(Id=identity)["Distribution"]["Status"] for _ in range(3)]
    assert statuses == ["InProgress"] * 3
    deployed(cloudfront, identity)
    assert code(cloudfront.delete_distribution, Id=identity, IfMatch=made["ETag"]) == ("DistributionNotDisabled", 409)
    off = {**made["Distribution"]["DistributionConfig"], "Enabled": False}
    etag = cloudfront.update_distribution(Id=identity, DistributionConfig=off, IfMatch=made["ETag"])["ETag"]
    assert code(cloudfront.delete_distribution, Id=identity, IfMatch=etag) == ("DistributionNotDisabled", 409)
    deployed(cloudfront, identity)
    assert code(cloudfront.delete_distribution, Id=identity, IfMatch=made["ETag"]) == ("PreconditionFailed", 412)
    cloudfront.delete_distribution(Id=identity, IfMatch=etag)
    assert code(cloudfront.get_distribution, Id=identity) == ("NoSuchDistribution", 404)


def test_what_a_configuration_names_must_be_there(mended: Client) -> None:
    create = mended("cloudfront").create_distribution
    default = config()["DefaultCacheBehavior"]

    def refused(**more: Any) -> str:
        return code(create, DistributionConfig=config(**more))[0]

    assert refused(DefaultCacheBehavior={**default, "TargetOriginId": "x"}) == "NoSuchOrigin"
    assert refused(DefaultCacheBehavior={**default, "CachePolicyId": "x"}) == "NoSuchCachePolicy"
    assert refused(DefaultCacheBehavior={**default, "OriginRequestPolicyId": "x"}) == "NoSuchOriginRequestPolicy"
    assert refused(DefaultCacheBehavior={**default, "ResponseHeadersPolicyId": "x"}) == "NoSuchResponseHeadersPolicy"
    both = {**default, "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}}
    assert refused(DefaultCacheBehavior=both) == "InvalidArgument"
    neither = {name: value for name, value in default.items() if name != "CachePolicyId"}
    assert refused(DefaultCacheBehavior=neither) == "InvalidArgument"
    assert refused(WebACLId="arn:aws:wafv2:us-east-1:123456789012:global/webacl/x/y") == "InvalidWebACLId"
    create(DistributionConfig=config(CallerReference="twice"))
    assert refused(CallerReference="twice") == "DistributionAlreadyExists"


def test_an_alias_needs_a_certificate_of_us_east_1_that_covers_it(mended: Client) -> None:
    create = mended("cloudfront").create_distribution
    issued = certificate(in_edge_region(mended), mended("route53"), "cover.example.org", "*.cover.example.org")
    elsewhere = certificate(mended, mended("route53"), "cover.example.org")
    pending = in_edge_region(mended)("acm").request_certificate(DomainName="p.example.net", ValidationMethod="DNS")

    def given(alias: str, arn: str | None) -> dict[str, Any]:
        viewer = {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}
        named = {"Aliases": {"Quantity": 1, "Items": [alias]}}
        return config(**named, **({"ViewerCertificate": viewer} if arn else {}))

    for alias, arn in [
        ("cover.example.org", None),
        ("cover.example.org", elsewhere),
        ("other.example.org", issued),
        ("a.b.cover.example.org", issued),
        ("p.example.net", pending["CertificateArn"]),
    ]:
        assert code(create, DistributionConfig=given(alias, arn)) == ("InvalidViewerCertificate", 400)
    made = create(DistributionConfig=given("a.cover.example.org", issued))["Distribution"]
    assert made["DistributionConfig"]["ViewerCertificate"]["Certificate"] == issued
    assert code(create, DistributionConfig=given("a.cover.example.org", issued)) == ("CNAMEAlreadyExists", 409)
    described = in_edge_region(mended)("acm").describe_certificate(CertificateArn=issued)["Certificate"]
    assert described["InUseBy"] == [made["ARN"]]


def certificate(client: Client, route53: Any, *names: str) -> str:
    """An issued one; the zone is made for it."""
    acm = client("acm")
    zones = route53.list_hosted_zones_by_name(DNSName=names[0])["HostedZones"]
    if not zones or zones[0]["Name"] != f"{names[0]}.":
        route53.create_hosted_zone(Name=names[0], CallerReference=str(time.time()))
        zones = route53.list_hosted_zones_by_name(DNSName=names[0])["HostedZones"]
    asked = {"DomainName": names[0], "SubjectAlternativeNames": list(names), "ValidationMethod": "DNS"}
    arn = str(acm.request_certificate(**asked)["CertificateArn"])
    deadline = time.monotonic() + 20
    while (described := acm.describe_certificate(CertificateArn=arn)["Certificate"])["Status"] != "ISSUED":
        assert time.monotonic() < deadline
        records = {
            option.get("ResourceRecord", {}).get("Name"): option for option in described["DomainValidationOptions"]
        }
        for name, option in records.items():
            if name:
                value = option["ResourceRecord"]["Value"]
                change(route53, zones[0]["Id"], "UPSERT", name, "CNAME", value)
        time.sleep(0.05)
    return arn


def change(route53: Any, zone: str, action: str, name: str, kind: str, *values: str) -> None:
    records = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value} for value in values]}
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": records}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


CODE = b"function handler(event) { event.response.headers['x-a'] = { value: 'b' }; return event.response; }"


def function(name: str, code: bytes = CODE, runtime: str = "cloudfront-js-2.0") -> dict[str, Any]:
    return {"Name": name, "FunctionConfig": {"Comment": "", "Runtime": runtime}, "FunctionCode": code}


def test_a_function_is_worked_on_and_published(plain: Client, mended: Client) -> None:
    plain("cloudfront").create_function(**function("published"))
    with pytest.raises(ClientError):
        plain("cloudfront").publish_function(Name="published", IfMatch="EOTHER")

    cloudfront = mended("cloudfront")
    tags = {"Items": [{"Key": "calstack:stack", "Value": "s"}]}
    made = cloudfront.create_function(**function("published"), Tags=tags)
    arn = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    assert arn.endswith(":function/published")
    assert cloudfront.list_tags_for_resource(Resource=arn)["Tags"] == tags
    assert code(cloudfront.create_function, **function("published")) == ("FunctionAlreadyExists", 409)
    live = {"Name": "published", "Stage": "LIVE"}
    assert code(cloudfront.describe_function, **live) == ("NoSuchFunctionExists", 404)
    assert code(cloudfront.get_function, **live) == ("NoSuchFunctionExists", 404)
    assert code(cloudfront.publish_function, Name="published", IfMatch="EOTHER") == ("PreconditionFailed", 412)
    published = cloudfront.publish_function(Name="published", IfMatch=made["ETag"])["FunctionSummary"]
    assert (published["FunctionMetadata"]["Stage"], published["Status"]) == ("LIVE", "UNASSOCIATED")

    changed = function("published", CODE.replace(b"'b'", b"'c'"))
    assert code(cloudfront.update_function, **changed, IfMatch="EOTHER") == ("PreconditionFailed", 412)
    etag = cloudfront.update_function(**changed, IfMatch=made["ETag"])["ETag"]
    assert cloudfront.get_function(**live)["FunctionCode"].read() == CODE, "what is published stays"
    assert cloudfront.get_function(Name="published")["FunctionCode"].read() == changed["FunctionCode"]
    assert cloudfront.describe_function(Name="published")["ETag"] == etag != made["ETag"]
    cloudfront.publish_function(Name="published", IfMatch=etag)
    assert cloudfront.get_function(**live)["FunctionCode"].read() == changed["FunctionCode"]

    assert [item["Name"] for item in listed_functions(cloudfront, Stage="LIVE")] == ["published"]
    assert len(listed_functions(cloudfront)) == 2
    tagging = in_edge_region(mended)("resourcegroupstaggingapi")
    assert arn in [item["ResourceARN"] for item in tagging.get_resources()["ResourceTagMappingList"]]
    assert code(cloudfront.delete_function, Name="published", IfMatch="EOTHER") == ("PreconditionFailed", 412)
    cloudfront.delete_function(Name="published", IfMatch=etag)
    assert code(cloudfront.describe_function, Name="published") == ("NoSuchFunctionExists", 404)
    assert code(cloudfront.list_tags_for_resource, Resource=arn)[0] == "NoSuchResource"


def listed_functions(cloudfront: Any, **given: str) -> list[dict[str, Any]]:
    """Of this test: others leave theirs."""
    listed = cloudfront.list_functions(**given)["FunctionList"]
    assert listed["Quantity"] == len(listed["Items"])
    return [item for item in listed["Items"] if item["Name"] == "published"]


def test_functions_that_are_refused(mended: Client) -> None:
    cloudfront = mended("cloudfront")
    assert code(cloudfront.create_function, **function("refused", b" " * 10241)) == ("FunctionSizeLimitExceeded", 413)
    assert code(cloudfront.create_function, **function("refused", runtime="python"))[0] == "InvalidArgument"
    reads = b"function handler(event) { return event.request.uri ? event.response : 0; }"
    etag = cloudfront.create_function(**function("refused", reads))["ETag"]
    with pytest.raises(ClientError, match=r"cannot play the function refused: it reads event\.request"):
        cloudfront.publish_function(Name="refused", IfMatch=etag)


def test_a_function_in_use_stays_until_the_edge_follows_no_configuration_with_it(mended: Client) -> None:
    cloudfront = mended("cloudfront")
    made = cloudfront.create_function(**function("used"))
    arn = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    default = config()["DefaultCacheBehavior"]

    def associated(*given: tuple[str, str]) -> dict[str, Any]:
        functions = [{"FunctionARN": one, "EventType": event} for one, event in given]
        return {**default, "FunctionAssociations": {"Quantity": len(functions), "Items": functions}}

    def refused(*given: tuple[str, str]) -> tuple[str, int]:
        return code(cloudfront.create_distribution, DistributionConfig=config(DefaultCacheBehavior=associated(*given)))

    invalid = ("InvalidFunctionAssociation", 400)
    assert refused((arn, "viewer-response")) == invalid, "it is not published"
    cloudfront.publish_function(Name="used", IfMatch=made["ETag"])
    assert refused((f"{arn}x", "viewer-response")) == invalid
    assert refused((arn, "viewer-response"), (arn, "viewer-response")) == invalid
    assert refused((arn, "viewer-request")) == invalid
    whole = config(DefaultCacheBehavior=associated((arn, "viewer-response")))
    distribution = cloudfront.create_distribution(DistributionConfig=whole)
    identity, there = distribution["Distribution"]["Id"], distribution["Distribution"]["DistributionConfig"]
    assert there["DefaultCacheBehavior"]["FunctionAssociations"]["Items"][0]["FunctionARN"] == arn
    assert cloudfront.describe_function(Name="used", Stage="LIVE")["FunctionSummary"]["Status"] == "DEPLOYED"
    delete = {"Name": "used", "IfMatch": made["ETag"]}
    assert code(cloudfront.delete_function, **delete) == ("FunctionInUse", 409)
    deployed(cloudfront, identity)
    without = {**there, "DefaultCacheBehavior": {**there["DefaultCacheBehavior"], **associated()}}
    cloudfront.update_distribution(Id=identity, DistributionConfig=without, IfMatch=distribution["ETag"])
    assert code(cloudfront.delete_function, **delete) == ("FunctionInUse", 409), "the edge has the former one still"
    deployed(cloudfront, identity)
    cloudfront.delete_function(**delete)


def test_policies_are_kept_with_their_versions(plain: Client, mended: Client) -> None:
    given = {"Name": "kept", "MinTTL": 1, "ParametersInCacheKeyAndForwardedToOrigin": NOTHING}
    with pytest.raises(ClientError):
        plain("cloudfront").create_cache_policy(CachePolicyConfig=given)

    cloudfront = mended("cloudfront")
    made = cloudfront.create_cache_policy(CachePolicyConfig=given)
    identity, whole = made["CachePolicy"]["Id"], made["CachePolicy"]["CachePolicyConfig"]
    assert (whole["DefaultTTL"], whole["MaxTTL"], whole["Comment"]) == (86400, 31536000, "")
    assert code(cloudfront.create_cache_policy, CachePolicyConfig=given) == ("CachePolicyAlreadyExists", 409)
    stale = {"Id": identity, "CachePolicyConfig": whole, "IfMatch": "EOTHER"}
    assert code(cloudfront.update_cache_policy, **stale) == ("PreconditionFailed", 412)
    changed = {**whole, "DefaultTTL": 60}
    updated = cloudfront.update_cache_policy(Id=identity, CachePolicyConfig=changed, IfMatch=made["ETag"])
    assert cloudfront.get_cache_policy_config(Id=identity)["CachePolicyConfig"] == changed
    assert cloudfront.get_cache_policy(Id=identity)["ETag"] == updated["ETag"] != made["ETag"]
    wrong = {**whole, "Name": "wrong", "DefaultTTL": 5, "MaxTTL": 1}
    assert code(cloudfront.create_cache_policy, CachePolicyConfig=wrong)[0] == "InvalidArgument"

    behaviour = {**config()["DefaultCacheBehavior"], "CachePolicyId": identity}
    distribution = cloudfront.create_distribution(DistributionConfig=config(DefaultCacheBehavior=behaviour))
    delete = {"Id": identity, "IfMatch": updated["ETag"]}
    assert code(cloudfront.delete_cache_policy, **delete) == ("CachePolicyInUse", 409)
    back = {**distribution["Distribution"]["DistributionConfig"]}
    back["DefaultCacheBehavior"] = {**back["DefaultCacheBehavior"], "CachePolicyId": CACHING_DISABLED}
    cloudfront.update_distribution(
        Id=distribution["Distribution"]["Id"], DistributionConfig=back, IfMatch=distribution["ETag"]
    )
    cloudfront.delete_cache_policy(**delete)
    assert code(cloudfront.get_cache_policy, Id=identity) == ("NoSuchCachePolicy", 404)


def test_the_other_kinds_of_policies(mended: Client) -> None:
    cloudfront = mended("cloudfront")
    header = {"Header": "Cache-Control", "Value": "public", "Override": True}
    headers = {"Name": "h", "CustomHeadersConfig": {"Quantity": 1, "Items": [header]}}
    made = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=headers)
    kept = made["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
    assert kept["CustomHeadersConfig"]["Items"] == [header]
    request = {"Name": "o", **{key: NOTHING[key] for key in ("HeadersConfig", "CookiesConfig", "QueryStringsConfig")}}
    asked = cloudfront.create_origin_request_policy(OriginRequestPolicyConfig=request)
    cloudfront.delete_origin_request_policy(Id=asked["OriginRequestPolicy"]["Id"], IfMatch=asked["ETag"])
    cloudfront.delete_response_headers_policy(Id=made["ResponseHeadersPolicy"]["Id"], IfMatch=made["ETag"])


def test_managed_policies_are_listed_and_cannot_be_changed(mended: Client) -> None:
    cloudfront = mended("cloudfront")
    managed = cloudfront.list_cache_policies(Type="managed")["CachePolicyList"]["Items"]
    assert {item["Type"] for item in managed} == {"managed"}
    assert CACHING_DISABLED in {item["CachePolicy"]["Id"] for item in managed}
    found = cloudfront.get_origin_request_policy(Id=ALL_VIEWER)
    assert found["OriginRequestPolicy"]["OriginRequestPolicyConfig"]["Name"] == "Managed-AllViewer"
    assert code(cloudfront.delete_cache_policy, Id=CACHING_DISABLED, IfMatch="E1")[0] == "IllegalDelete"
    first = cloudfront.list_cache_policies(MaxItems="1")["CachePolicyList"]
    second = cloudfront.list_cache_policies(MaxItems="1", Marker=first["NextMarker"])["CachePolicyList"]
    assert first["Items"] != second["Items"]


def test_an_invalidation_takes_its_time_and_a_reference_makes_one(plain: Client, mended: Client) -> None:
    states = []
    for client in (plain, mended):
        cloudfront = client("cloudfront")
        identity = cloudfront.create_distribution(DistributionConfig=config())["Distribution"]["Id"]
        batch = {"Paths": {"Quantity": 1, "Items": ["/static/*"]}, "CallerReference": "once"}
        made = [
            cloudfront.create_invalidation(DistributionId=identity, InvalidationBatch=batch)["Invalidation"]
            for _ in range(2)
        ]
        states.append((made[0]["Status"], made[0]["Id"] == made[1]["Id"]))
    assert states == [("COMPLETED", False), ("InProgress", True)]
    other = {**batch, "Paths": {"Quantity": 1, "Items": ["/other"]}}
    call = {"DistributionId": identity, "InvalidationBatch": other}
    assert code(cloudfront.create_invalidation, **call)[0] == "InvalidArgument"
    assert cloudfront.get_distribution(Id=identity)["Distribution"]["InProgressInvalidationBatches"] == 1
    cloudfront.get_waiter("invalidation_completed").wait(
        DistributionId=identity, Id=made[0]["Id"], WaiterConfig={"Delay": 1}
    )
    assert cloudfront.list_invalidations(DistributionId=identity)["InvalidationList"]["Quantity"] == 1


def test_tags_and_where_they_are_found(plain: Client, mended: Client) -> None:
    found = []
    for client in (plain, mended):
        cloudfront = client("cloudfront")
        tags = {"Items": [{"Key": "calstack:environment", "Value": "tagged"}]}
        given = {"DistributionConfig": config(), "Tags": tags}
        arn = cloudfront.create_distribution_with_tags(DistributionConfigWithTags=given)["Distribution"]["ARN"]
        filters = [{"Key": "calstack:environment", "Values": ["tagged"]}]
        seen = [
            [item["ResourceARN"] for item in tagging.get_resources(TagFilters=filters)["ResourceTagMappingList"]]
            for tagging in (
                client("resourcegroupstaggingapi"),
                in_edge_region(client)("resourcegroupstaggingapi"),
            )
        ]
        found.append([arn in arns for arns in seen])
    assert found == [[True, True], [False, True]], "what has no region shows in us-east-1"
    cloudfront.tag_resource(Resource=arn, Tags={"Items": [{"Key": "a", "Value": "b"}]})
    cloudfront.untag_resource(Resource=arn, TagKeys={"Items": ["calstack:environment"]})
    assert cloudfront.list_tags_for_resource(Resource=arn)["Tags"]["Items"] == [{"Key": "a", "Value": "b"}]
    assert code(cloudfront.list_tags_for_resource, Resource=arn + "X") == ("NoSuchResource", 404)


def test_a_web_acl_that_a_distribution_has_stays(plain: Client, mended: Client) -> None:
    seen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    waf = in_edge_region(mended)("wafv2")
    acl = waf.create_web_acl(Name="w", Scope="CLOUDFRONT", DefaultAction={"Allow": {}}, VisibilityConfig=seen)[
        "Summary"
    ]
    delete = {"Name": "w", "Scope": "CLOUDFRONT", "Id": acl["Id"], "LockToken": acl["LockToken"]}
    cloudfront = mended("cloudfront")
    made = cloudfront.create_distribution(DistributionConfig=config(WebACLId=acl["ARN"]))
    assert code(waf.delete_web_acl, **delete)[0] == "WAFAssociatedItemException"
    without = {**made["Distribution"]["DistributionConfig"], "WebACLId": ""}
    cloudfront.update_distribution(Id=made["Distribution"]["Id"], DistributionConfig=without, IfMatch=made["ETag"])
    waf.delete_web_acl(**delete)
