"""What cannot be is said before anything is asked, with the name of the variable."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._dns.inputs import check, extra, refuse_unknown
from dns_account import DOMAIN, PARAMS

RECORD = {"name": f"x.{DOMAIN}", "type": "A", "ttl": 300, "values": ["192.0.2.1"]}
ACL = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/x/1"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"domain": "localhost"}, "dns_domain is 'localhost'"),
        ({"domain": "*.example.com"}, "dns_domain is"),
        ({"origin_name": "a_b.example.com"}, "dns_origin_name is"),
        ({"origin_name": DOMAIN}, "dns_origin_name is the domain itself"),
        ({"static_ttl": 0}, "dns_static_ttl is 0: AWS takes 1 to 31536000"),
        ({"origin_read_timeout": 121}, "dns_origin_read_timeout is 121"),
        ({"origin_keepalive_timeout": 0}, "dns_origin_keepalive_timeout is 0"),
        ({"hsts_seconds": -1}, "dns_hsts_seconds is -1"),
        ({"wait_seconds": 0}, "dns_wait_seconds is 0"),
        ({"alb_dns_name": ""}, "dns_alb_dns_name is empty"),
        ({"alb_zone_id": ""}, "dns_alb_zone_id is empty"),
        ({"static_paths": ["static/*"]}, "dns_static_paths: 'static/\\*' is no path pattern"),
        ({"static_paths": ["/*"]}, "would cache pages for everybody"),
        ({"static_paths": ["/a/*", "/a/*"]}, "each once"),
        ({"static_cache_control": "public\nSet-Cookie: a=1"}, "dns_static_cache_control is .* on one line"),
        ({"static_cache_control": "für immer"}, "ASCII characters"),
        ({"static_cache_control": "x" * 1025}, "at most 1024"),
        ({"hsts_preload": True}, "dns_hsts_preload needs dns_hsts_subdomains"),
        ({"countries_allowed": ["DE"], "countries_denied": ["FR"]}, "choose one"),
        ({"countries_denied": ["de"]}, "'de' is no country"),
        ({"failover": {"dns_name": "x", "zone_id": "Z"}}, "dns_failover needs dns_health_check: true"),
        ({"waf": True, "waf_acl_arn": ACL}, "dns_waf is true and dns_waf_acl_arn is given"),
        ({"waf_acl_arn": ACL}, "takes web ACLs of us-east-1"),
        ({"log_prefix": "x"}, "dns_log_prefix is given without dns_log_bucket"),
        ({"own_origin_certificate_arn": "x"}, "dns_own_origin_certificate_arn is 'x'"),
        ({"own_edge_certificate_arn": "arn:aws:acm:eu-west-1:1:certificate/1"}, "must be of us-east-1"),
        ({"sendgrid": {"em": "u1.wl2.sendgrid.net"}}, "em and em_name belong together"),
    ],
)
def test_what_cannot_be_is_refused(given, words):
    with pytest.raises(InputError, match=words):
        check(PARAMS | given)


def test_the_balancer_is_not_needed_for_certificates():
    check(PARAMS | {"only": "certificates", "alb_dns_name": "", "alb_zone_id": ""})
    refuse_unknown(PARAMS | {"only": "certificates", "alb_dns_name": "(known after apply)"})
    with pytest.raises(InputError, match="alb has only been planned"):
        refuse_unknown(PARAMS | {"alb_dns_name": "(known after apply)"})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"type": "SOA"}, "SOA is not among"),
        ({"name": "x.example.org"}, r"x\.example\.org does not lie in the zone"),
        ({"values": []}, "needs at least one value"),
        ({"ttl": -1}, "needs at least one value and a ttl"),
        ({"type": "CNAME", "values": ["a.test", "b.test"]}, "a CNAME has one value"),
        ({"type": "CNAME", "name": "calstack.example.com"}, "a zone's own name can have none"),
    ],
)
def test_a_record_that_cannot_be_is_refused(given, words):
    with pytest.raises(InputError, match=words):
        list(extra(PARAMS | {"extra_records": [RECORD | given]}, "calstack.example.com"))


def test_mail_of_another_zones_domain_is_refused():
    given = {"sendgrid": {"s1": "x.sendgrid.net"}, "sendgrid_domain": "example.org"}
    with pytest.raises(InputError, match=r"dns_sendgrid_domain: example\.org does not lie"):
        list(extra(PARAMS | given, "calstack.example.com"))
