"""The edge as a whole, in an emulated account."""

import json

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._dns import validation
from ansible_collections.calstack.aws.plugins.module_utils._dns.cache_control import code
from cloudfront_fake import arn_of
from dns_account import BALANCER, DOMAIN, SECRET, destroy, ready, site, steps
from moto.acm.models import acm_backends

PARENT = "calstack.example.com"
FUNCTION = "calstack-dev-static"


@pytest.fixture
def aws():
    with ready(PARENT) as made:
        yield made


def secret(aws):
    return json.loads(aws("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"])["ORIGIN_HEADER"]


def config(aws):
    return next(iter(aws.cloudfront.distributions.values()))["config"]


def test_a_first_check_on_an_account_without_anything_completes_and_writes_nothing():
    with ready() as aws:
        unknown = {"alb_dns_name": "(known after apply)", "alb_zone_id": "(known after apply)"}
        result, outputs = site(aws, check=True, **unknown)
        assert steps(result)[0] == f"create hosted zone {DOMAIN}"
        assert f"create record {DOMAIN} A" in steps(result)
        assert outputs["dns_distribution_id"] == "(known after apply)"
        assert not aws.writes


def test_all_is_built_and_a_second_run_changes_nothing(aws):
    result, outputs = site(aws)
    assert steps(result)[0] == f"create secret {SECRET}"
    said = aws.said()
    assert said[f"{DOMAIN} A"] == said[f"{DOMAIN} AAAA"] == outputs["dns_distribution_dns_name"]
    assert said[f"origin.{DOMAIN} A"] == BALANCER["alb_dns_name"]
    again, published = site(aws)
    assert not again.changes
    assert published == outputs


def test_all_goes_but_the_zone_that_was_found(aws):
    before = aws.said()
    site(aws, waf=True, health_check=True)
    destroy(aws)
    assert aws.said() == before
    assert not aws.cloudfront.distributions
    assert not any(aws.cloudfront.policies.values())
    assert not aws.cloudfront.functions
    assert not aws.certificates()
    assert not aws.certificates("us-east-1")
    assert not aws.edge("wafv2").list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    assert not aws("route53").list_health_checks()["HealthChecks"]
    assert not aws("secretsmanager").list_secrets()["SecretList"]
    assert not destroy(aws).changes


def test_a_zone_of_ours_goes_too():
    with ready() as aws:
        _result, outputs = site(aws)
        assert outputs["dns_hosted_zone_name"] == DOMAIN
        assert len(outputs["dns_name_servers"].split()) == 4
        assert not site(aws)[0].changes
        destroy(aws)
        assert not aws("route53").list_hosted_zones()["HostedZones"]


def test_a_zone_of_ours_with_records_of_others_stays_and_with_it_everything():
    with ready() as aws:
        _result, outputs = site(aws)
        aws.put(outputs["dns_hosted_zone_id"], f"mail.{DOMAIN}", "A", "192.0.2.7")
        with pytest.raises(CalstackError, match=rf"others have made: mail\.{DOMAIN} A\. Nothing has been deleted"):
            destroy(aws)
        assert aws.cloudfront.distributions


def test_certificates_come_first_alone_and_the_rest_goes_on_from_them(aws):
    early, _ = site(aws, only="certificates", alb_dns_name="", alb_zone_id="")
    assert {change.kind for change in early.changes} == {"secret", "certificate", "certificate validation"}
    assert not aws.cloudfront.distributions
    late, _ = site(aws)
    assert not {change.kind for change in late.changes} & {"secret", "certificate", "certificate validation"}
    assert not site(aws, only="certificates")[0].changes


def test_the_balancers_certificate_has_the_origins_name(aws):
    site(aws, only="certificates")
    acm = aws("acm")
    arn = aws.certificates()[0]["CertificateArn"]
    assert set(acm.describe_certificate(CertificateArn=arn)["Certificate"]["SubjectAlternativeNames"]) == {
        DOMAIN,
        f"origin.{DOMAIN}",
    }


def test_the_secret_is_in_the_origins_header_and_nowhere_else(aws):
    result, _ = site(aws)
    value = secret(aws)
    assert len(value) == 48
    headers = config(aws)["Origins"]["Items"][0]["CustomHeaders"]["Items"]
    assert headers == [{"HeaderName": "X-Origin-Verify", "HeaderValue": value}]
    assert value not in repr(result)


def test_another_secret_goes_into_the_header_and_the_plan_shows_neither(aws):
    site(aws)
    old, new = secret(aws), "another-value-of-the-header-0123456789abcdef"
    aws("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=json.dumps({"ORIGIN_HEADER": new}))
    result, _ = site(aws)
    assert steps(result) == ["update distribution calstack-dev-edge"]
    assert result.changes[0].before == {"origin_header": "(another value)"}
    assert result.changes[0].after == {"origin_header": "(set)"}
    assert config(aws)["Origins"]["Items"][0]["CustomHeaders"]["Items"][0]["HeaderValue"] == new
    assert old not in repr(result)
    assert new not in repr(result)


def test_pages_are_passed_through_and_static_files_are_kept(aws):
    site(aws)
    made = config(aws)
    default, static = made["DefaultCacheBehavior"], made["CacheBehaviors"]["Items"][0]
    assert default["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert default["OriginRequestPolicyId"] == "216adef6-5c7f-47e4-b989-5492eafa07d3"
    assert "POST" in default["AllowedMethods"]["Items"]
    assert static["PathPattern"] == "/static/*"
    assert "OriginRequestPolicyId" not in static
    assert sorted(static["AllowedMethods"]["Items"]) == ["GET", "HEAD"]
    policy = next(iter(aws.cloudfront.policies["CachePolicy"].values()))
    assert policy["config"]["MinTTL"] == policy["config"]["MaxTTL"] == 31536000
    assert static["CachePolicyId"] == policy["id"]
    assert {item["ErrorCachingMinTTL"] for item in made["CustomErrorResponses"]["Items"]} == {0}


def test_what_others_have_set_on_the_distribution_stays(aws):
    site(aws)
    function = {
        "Quantity": 1,
        "Items": [{"FunctionARN": "arn:aws:cloudfront::1:function/f", "EventType": "viewer-request"}],
    }
    config(aws)["DefaultCacheBehavior"]["FunctionAssociations"] = function
    config(aws)["WebACLId"] = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/firewall-manager/1"
    assert not site(aws)[0].changes
    result, _ = site(aws, price_class="PriceClass_All")
    assert result.changes[0].after == {"price_class": "PriceClass_All"}
    assert config(aws)["DefaultCacheBehavior"]["FunctionAssociations"] == function
    assert config(aws)["WebACLId"].endswith("firewall-manager/1")


def published(aws, name=FUNCTION):
    return aws.cloudfront.functions[name]["LIVE"]["code"].decode()


def functions(aws):
    """What answers to static files pass, in the distribution."""
    return config(aws)["CacheBehaviors"]["Items"][0]["FunctionAssociations"].get("Items", [])


def test_browsers_keep_static_files_by_a_function_that_only_they_pass(aws):
    site(aws)
    assert published(aws) == code("public, max-age=31536000, immutable")
    assert functions(aws) == [{"FunctionARN": arn_of(FUNCTION), "EventType": "viewer-response"}]
    made = config(aws)
    assert made["DefaultCacheBehavior"]["FunctionAssociations"] == {"Quantity": 0}
    policies = {item["ResponseHeadersPolicyId"] for item in (made["DefaultCacheBehavior"], *static_behaviours(aws))}
    (policy,) = aws.cloudfront.policies["ResponseHeadersPolicy"].values()
    assert policies == {policy["id"]}
    assert "CustomHeadersConfig" not in policy["config"]


def static_behaviours(aws):
    return config(aws)["CacheBehaviors"]["Items"]


def test_another_value_is_published_and_moves_nothing_else(aws):
    site(aws)
    plan, _ = site(aws, check=True, static_cache_control="public, max-age=60")
    assert "max-age=60" not in published(aws), "check mode"
    result, _ = site(aws, static_cache_control="public, max-age=60")
    assert steps(result) == steps(plan) == [f"update CloudFront function {FUNCTION}"]
    assert result.changes[0].before == {"cache_control": "public, max-age=31536000, immutable"}
    assert result.changes[0].after == {"cache_control": "public, max-age=60"}
    assert published(aws) == code("public, max-age=60")
    assert not site(aws, static_cache_control="public, max-age=60")[0].changes


def test_a_function_that_was_changed_by_hand_is_put_right(aws):
    site(aws)
    live = aws.cloudfront.functions[FUNCTION]["LIVE"]
    live["code"] = live["code"].replace(b"304", b"304, 404")
    live["config"]["Runtime"] = "cloudfront-js-1.0"
    result, _ = site(aws)
    assert result.changes[0].before == {"cache_control": "(another code)", "runtime": "cloudfront-js-1.0"}
    assert published(aws) == code("public, max-age=31536000, immutable")
    assert not site(aws)[0].changes


def test_without_a_value_there_is_no_function_and_it_comes_again(aws):
    site(aws)
    away = ["update distribution calstack-dev-edge", f"delete CloudFront function {FUNCTION}"]
    assert steps(site(aws, static_cache_control="", wait=False)[0]) == away
    assert aws.clock.now > 0, "CloudFront was asked again until the distribution had let go"
    assert not aws.cloudfront.functions
    assert functions(aws) == []
    assert not site(aws, static_cache_control="")[0].changes
    assert steps(site(aws)[0])[0] == f"create CloudFront function {FUNCTION}"
    assert not site(aws)[0].changes
    assert steps(site(aws, static_paths=[])[0])[-1] == f"delete CloudFront function {FUNCTION}"


def test_a_function_of_others_stays_where_we_want_none(aws):
    site(aws, static_cache_control="")
    others = [
        {"FunctionARN": "arn:aws:cloudfront::1:function/theirs", "EventType": "viewer-response"},
        {"FunctionARN": "arn:aws:cloudfront::1:function/f", "EventType": "viewer-request"},
    ]
    static_behaviours(aws)[0]["FunctionAssociations"] = {"Quantity": 2, "Items": others}
    assert not site(aws, static_cache_control="")[0].changes
    site(aws, static_cache_control="", price_class="PriceClass_All")
    assert sorted(map(str, functions(aws))) == sorted(map(str, others))
    site(aws, price_class="PriceClass_All")
    assert functions(aws)[0] == others[1]
    assert functions(aws)[1]["FunctionARN"] == arn_of(FUNCTION)


@pytest.mark.parametrize("writes", [0, 1, 2])
def test_a_function_whose_making_was_killed_is_completed(aws, writes):
    site(aws, static_cache_control="")
    aws.killed_after(writes, lambda: site(aws))
    site(aws)
    assert published(aws) == code("public, max-age=31536000, immutable")
    assert functions(aws)
    assert not site(aws)[0].changes
    aws.killed_after(writes, lambda: site(aws, static_cache_control="no-cache"))
    site(aws, static_cache_control="no-cache")
    assert published(aws) == code("no-cache")
    assert not site(aws, static_cache_control="no-cache")[0].changes


def test_a_function_that_is_not_published_shows_as_that(aws):
    site(aws, static_cache_control="")
    aws.killed_after(1, lambda: site(aws))
    assert "LIVE" not in aws.cloudfront.functions[FUNCTION]
    result, _ = site(aws, check=True)
    assert result.changes[0].before == {"cache_control": "(not published)"}
    before = len(aws.writes)
    site(aws)
    assert aws.writes[before] == "PublishFunction", "the code was there"


def test_a_function_of_our_name_that_is_not_ours_is_refused(aws):
    site(aws)
    aws.cloudfront.tags[arn_of(FUNCTION)] = {}
    with pytest.raises(CalstackError, match=rf"CloudFront function {FUNCTION} .* belongs to somebody else"):
        site(aws)


def test_the_headers_policy_of_static_files_from_before_goes(aws):
    site(aws)
    old = aws.cloudfront.policies["ResponseHeadersPolicy"]
    (policy,) = old.values()
    former = {**policy["config"], "Name": "calstack-dev-static"}
    old["former"] = {"id": "former", "config": former, "etag": "E"}
    static_behaviours(aws)[0]["ResponseHeadersPolicyId"] = "former"
    result, _ = site(aws)
    assert steps(result) == [
        "update distribution calstack-dev-edge",
        "delete response headers policy calstack-dev-static",
    ]
    assert not site(aws)[0].changes


def test_drift_is_put_right(aws):
    site(aws)
    config(aws)["DefaultCacheBehavior"]["ViewerProtocolPolicy"] = "allow-all"
    result, _ = site(aws)
    assert steps(result) == ["update distribution calstack-dev-edge"]
    assert config(aws)["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"


def test_a_web_acl_comes_and_goes(aws):
    site(aws, waf=True)
    assert "/webacl/calstack-dev-edge/" in config(aws)["WebACLId"]
    assert not site(aws, waf=True)[0].changes
    assert steps(site(aws)[0]) == ["update distribution calstack-dev-edge", "delete web ACL calstack-dev-edge"]
    assert config(aws)["WebACLId"] == ""


def test_a_record_that_is_dropped_from_the_variables_goes(aws):
    txt = {"name": "@", "type": "TXT", "ttl": 300, "values": ["v=spf1 include:sendgrid.net ~all"]}
    site(aws, extra_records=[txt])
    assert aws.said()[f"{DOMAIN} TXT"] == ['"v=spf1 include:sendgrid.net ~all"']
    assert not site(aws, extra_records=[txt])[0].changes
    assert steps(site(aws)[0]) == [f"delete record {DOMAIN} TXT"]
    assert f"{DOMAIN} TXT" not in aws.said()


def test_the_records_of_sendgrid(aws):
    site(
        aws,
        sendgrid={"s1": "s1.domainkey.u1.wl2.sendgrid.net", "s2": "", "em_name": "em12", "em": "u1.wl2.sendgrid.net"},
    )
    said = aws.said()
    assert said[f"s1._domainkey.{DOMAIN} CNAME"] == ["s1.domainkey.u1.wl2.sendgrid.net"]
    assert said[f"em12.{DOMAIN} CNAME"] == ["u1.wl2.sendgrid.net"]
    assert f"s2._domainkey.{DOMAIN} CNAME" not in said


def test_a_record_in_the_way_is_refused_before_anything_is_made_until_it_may_be_replaced(aws):
    zone = aws("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    aws.put(zone, DOMAIN, "A", "192.0.2.1")
    with pytest.raises(InputError, match=rf"{DOMAIN} A is 192\.0\.2\.1\. .*dns_replace_records: true"):
        site(aws)
    assert not aws.cloudfront.distributions
    site(aws, replace_records=True)
    assert aws.said()[f"{DOMAIN} A"].endswith("cloudfront.net")
    assert not site(aws)[0].changes


def test_a_cname_in_the_way_is_replaced_too(aws):
    zone = aws("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    aws.put(zone, DOMAIN, "CNAME", "old.example.net")
    with pytest.raises(InputError, match=r"CNAME is old\.example\.net"):
        site(aws)
    site(aws, replace_records=True)
    assert f"{DOMAIN} CNAME" not in aws.said()


def test_a_record_that_says_the_same_already_is_left_to_whoever_made_it(aws):
    zone = aws("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    aws.put(zone, DOMAIN, "TXT", '"hello"')
    same = {"name": "@", "type": "TXT", "ttl": 60, "values": ["hello"]}
    site(aws, extra_records=[same])
    destroy(aws, extra_records=[same])
    assert aws.said()[f"{DOMAIN} TXT"] == ['"hello"']


def test_failover_replaces_the_plain_record_and_back(aws):
    site(aws)
    failover = {"dns_name": "d9.cloudfront.net", "zone_id": "Z2FDTNDATAQYW2"}
    given = {"health_check": True, "failover": failover}
    site(aws, **given)
    roles = [item.get("Failover") for item in aws.records() if item["Name"].startswith(DOMAIN) and item["Type"] == "A"]
    assert sorted(roles) == ["PRIMARY", "SECONDARY"]
    assert not site(aws, **given)[0].changes
    site(aws)
    roles = [item.get("Failover") for item in aws.records() if item["Name"].startswith(DOMAIN) and item["Type"] == "A"]
    assert roles == [None]


def test_a_domain_that_another_distribution_has_is_refused_first(aws):
    site(aws)
    other = next(iter(aws.cloudfront.distributions.values()))
    other["config"]["Comment"] = "by hand"
    with pytest.raises(InputError, match=rf"{other['id']} \(by hand\) has the domain {DOMAIN} already"):
        site(aws, only="all")


def test_two_environments_share_a_zone(aws):
    given = {
        "domain": f"prod.{PARENT}",
        "origin_name": f"origin.prod.{PARENT}",
        "origin_secret_name": "calstack/prod/origin",
        "health_check": True,
    }
    site(aws, health_check=True)
    before = aws.said()
    site(aws, environment="prod", **given)
    assert not site(aws, health_check=True)[0].changes
    destroy(aws, environment="prod", **given)
    assert aws.said() == before
    assert len(aws("route53").list_health_checks()["HealthChecks"]) == 1


def test_a_policy_of_our_name_that_is_not_ours_is_refused(aws):
    site(aws)
    policy = next(iter(aws.cloudfront.policies["CachePolicy"].values()))
    policy["config"]["Comment"] = "by hand"
    with pytest.raises(CalstackError, match=r"cache policy calstack-dev-static .* belongs to somebody else"):
        site(aws)


def test_a_run_that_is_killed_after_each_writing_call_is_completed_by_the_next():
    with ready() as aws:
        given = {"waf": True, "health_check": True}
        runs = 0
        while aws.killed_after(1, lambda: site(aws, **given)):
            runs += 1
        assert runs > 15
        _result, outputs = site(aws, check=True, **given)
        assert not site(aws, **given)[0].changes
        assert len(aws.certificates()) == len(aws.certificates("us-east-1")) == 1
        assert len(aws("route53").list_hosted_zones()["HostedZones"]) == 1
        assert len(aws("route53").list_health_checks()["HealthChecks"]) == 1
        assert aws.said()[f"{DOMAIN} A"] == outputs["dns_distribution_dns_name"]
        while aws.killed_after(1, lambda: destroy(aws)):
            pass
        assert not aws("route53").list_hosted_zones()["HostedZones"]
        assert not aws.cloudfront.distributions
        assert not any(aws.cloudfront.policies.values())
        assert not aws.cloudfront.functions
        assert not aws.certificates()


def test_a_certificate_for_another_domain_replaces_the_old_one_when_nobody_uses_that(aws):
    site(aws)
    moved = {"domain": f"new.{PARENT}", "origin_name": f"origin.new.{PARENT}"}
    result, _ = site(aws, **moved)
    assert "create certificate calstack-dev-edge" in steps(result)
    assert {item["DomainName"] for item in aws.certificates()} == {f"new.{PARENT}"}
    assert f"{DOMAIN} A" not in aws.said()
    assert not site(aws, **moved)[0].changes


def test_a_certificate_of_others_that_will_do_is_used_and_stays(aws):
    arns = {}
    for region in ("eu-west-1", "us-east-1"):
        acm = aws.region._session.client("acm", region_name=region)
        arns[region] = acm.request_certificate(
            DomainName=f"*.{PARENT}", SubjectAlternativeNames=[f"*.{PARENT}", f"*.{DOMAIN}"], ValidationMethod="DNS"
        )["CertificateArn"]
        for option in acm.describe_certificate(CertificateArn=arns[region])["Certificate"]["DomainValidationOptions"]:
            zone = aws("route53").list_hosted_zones()["HostedZones"][0]["Id"]
            if (
                option["ResourceRecord"]["Name"].rstrip("."),
                option["ResourceRecord"]["Value"].rstrip("."),
            ) not in aws.cnames():
                aws.put(zone, option["ResourceRecord"]["Name"], "CNAME", option["ResourceRecord"]["Value"])
    result, outputs = site(aws)
    assert not [change for change in result.changes if change.kind.startswith("certificate")]
    assert outputs["dns_edge_certificate_arn"] == arns["us-east-1"]
    assert outputs["dns_origin_certificate_arn"] == arns["eu-west-1"]
    destroy(aws)
    assert len(aws.certificates()) == len(aws.certificates("us-east-1")) == 1


def test_a_proof_that_was_deleted_comes_back(aws):
    site(aws)
    proof = next(item for item in aws.records() if item["Name"].startswith("_d930") and DOMAIN in item["Name"])
    zone = aws("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    batch = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": proof}]}
    aws("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    result, _ = site(aws)
    assert {change.kind for change in result.changes} == {"certificate validation"}
    assert not site(aws)[0].changes


def test_a_certificate_that_is_never_issued_says_what_is_wrong(aws, monkeypatch):
    monkeypatch.setattr(validation, "system_resolvers", lambda: ())
    aws.stuck = True
    with pytest.raises(
        CalstackError, match=r"certificate calstack-dev-edge was not ready after 120 s.*What is wrong: all"
    ):
        site(aws, wait_seconds=120)
    aws.stuck = False
    site(aws)
    assert not site(aws)[0].changes


def test_a_certificate_that_acm_gives_up_is_told_with_the_reason_and_replaced(aws, monkeypatch):
    monkeypatch.setattr(validation, "system_resolvers", lambda: ())
    aws.stuck = True
    with pytest.raises(CalstackError):
        site(aws, wait_seconds=70)
    for region in ("eu-west-1", "us-east-1"):
        for bundle in acm_backends["123456789012"][region]._certificates.values():
            bundle.status = "FAILED"
    aws.stuck = False
    result, _ = site(aws)
    assert "create certificate calstack-dev-edge" in steps(result)
    assert len(aws.certificates()) == 1


def test_a_certificate_that_the_balancer_shows_keeps_everything(aws):
    site(aws)
    for bundle in acm_backends["123456789012"]["eu-west-1"]._certificates.values():
        bundle.in_use_by = ["arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/another-alb/1"]
    with pytest.raises(CalstackError, match=r"in use by .*another-alb.*Take the component alb down first"):
        destroy(aws)
    assert aws.cloudfront.distributions


def test_a_balancer_of_ours_that_is_gone_is_in_nobodys_way(aws):
    site(aws)
    for bundle in acm_backends["123456789012"]["eu-west-1"]._certificates.values():
        bundle.in_use_by = ["arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/calstack-dev-alb/1"]
    destroy(aws)
    assert aws.certificates() == []


def test_a_secret_that_was_emptied_is_filled_again_and_sent(aws):
    site(aws)
    aws("secretsmanager").put_secret_value(SecretId=SECRET, SecretString="{}")
    assert {change.kind for change in site(aws)[0].changes} == {"secret", "distribution"}
    assert not site(aws)[0].changes
