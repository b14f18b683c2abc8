#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The edge of an environment."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dns
short_description: Hosted zone, certificates, CloudFront distribution and records of an environment
version_added: 0.1.0
description:
  - Converges the way in, from the name in DNS to the balancer. The hosted zone, certificates for CloudFront and for the
    balancer, a CloudFront distribution that caches static files and passes everything else through, and the records.
  - A hosted zone that is found is used and never deleted. Records in it that others have made are left alone, and
    refused where they are in the way. Which records are ours stands in a TXT record beside them.
  - A certificate that is issued, covers the names and has 30 days left is used. Otherwise one is requested, proved
    by DNS and waited for. When that takes long, the reason is looked for in the zone and in public DNS.
  - CloudFront reaches the balancer by name over TLS, and sends a secret header with each request, C(X-Origin-Verify).
    Its value is generated once into a secret in Secrets Manager, under the key C(ORIGIN_HEADER), and never shown.
  - Errors are not kept by CloudFront, which otherwise shows each for ten seconds to everybody.
author:
  - CalStack Deploy contributors (@calstack)
extends_documentation_fragment:
  - calstack.aws.component
options:
  domain:
    description: The public host name.
    type: str
    required: true
  only:
    description:
      - V(certificates) converges what the balancer needs, which are the hosted zone, the certificates with their
        records, and the secret. V(all) converges everything.
      - Has no meaning with O(state=absent), which takes everything down.
    type: str
    choices: [all, certificates]
    default: all
  zone_name:
    description:
      - The hosted zone. When empty, the public one with the longest name that O(domain) lies in.
      - Where there is none, it is made, by this name or else by the domain's.
    type: str
    default: ''
  zone_id:
    description: The id of the hosted zone, where two of one name exist. It must be there.
    type: str
    default: ''
  origin_name:
    description:
      - The name under which CloudFront finds the balancer, C(origin.) and the domain when empty.
      - The balancer's certificate covers it as well.
    type: str
    default: ''
  origin_secret_name:
    description:
      - The secret in Secrets Manager that holds the value of the header C(X-Origin-Verify).
      - It is made unless O(own_origin_secret_arn) is given.
    type: str
    required: true
  own_origin_secret_arn:
    description: A secret of yours instead. It holds a JSON object with the key C(ORIGIN_HEADER).
    type: str
    default: ''
  own_edge_certificate_arn:
    description: A certificate of yours for CloudFront, in us-east-1. When empty, one is found or requested.
    type: str
    default: ''
  own_origin_certificate_arn:
    description: A certificate of yours for the balancer, in its region. When empty, one is found or requested.
    type: str
    default: ''
  alb_dns_name:
    description: The balancer's host name. Required unless O(only=certificates) or O(state=absent).
    type: str
    default: ''
  alb_zone_id:
    description: The hosted zone of the balancer's host name. Required unless O(only=certificates) or O(state=absent).
    type: str
    default: ''
  static_paths:
    description: What is cached. For requests to these paths cookies and headers are not passed on.
    type: list
    elements: str
    default: [/static/*]
  static_ttl:
    description: For how many seconds, whatever the application says, 1 to 31536000.
    type: int
    default: 31536000
  static_cache_control:
    description:
      - What browsers are told of static files, by a CloudFront function. Errors never get it. Empty leaves it to the
        application, without a function.
    type: str
    default: public, max-age=31536000, immutable
  price_class:
    description: Where CloudFront answers from. V(PriceClass_100) is North America, Europe and Israel.
    type: str
    choices: [PriceClass_100, PriceClass_200, PriceClass_All]
    default: PriceClass_100
  http_version:
    description: The newest version of HTTP that is spoken.
    type: str
    choices: [http1.1, http2, http3, http2and3]
    default: http2and3
  tls_policy:
    description: The least that browsers have to speak.
    type: str
    choices: [TLSv1.2_2019, TLSv1.2_2021, TLSv1.2_2025, TLSv1.3_2025]
    default: TLSv1.2_2021
  ipv6:
    description: Whether IPv6 is spoken, with an AAAA record.
    type: bool
    default: true
  origin_read_timeout:
    description: For how many seconds CloudFront waits for the balancer's answer, 1 to 120.
    type: int
    default: 60
  origin_keepalive_timeout:
    description:
      - For how many seconds CloudFront keeps an idle connection to the balancer, 1 to 60.
      - The balancer has to keep it longer.
    type: int
    default: 30
  hsts_seconds:
    description: For how long browsers keep to HTTPS, once they have been here. V(0) leaves the header out.
    type: int
    default: 31536000
  hsts_subdomains:
    description: Whether that holds for all names below O(domain), too.
    type: bool
    default: false
  hsts_preload:
    description: Whether browsers may have the domain built in.
    type: bool
    default: false
  frame_options:
    description: Who may show the pages in a frame, where the application does not say. Empty leaves the header out.
    type: str
    choices: ['', DENY, SAMEORIGIN]
    default: SAMEORIGIN
  referrer_policy:
    description: What other sites learn of where somebody comes from, where the application does not say.
    type: str
    default: strict-origin-when-cross-origin
  content_security_policy:
    description: The Content-Security-Policy, where the application does not say. Empty leaves the header out.
    type: str
    default: ''
  waf:
    description: Whether to put a web ACL with AWS's managed common rule set in front.
    type: bool
    default: false
  waf_acl_arn:
    description: A web ACL of yours, of us-east-1 with the scope C(CLOUDFRONT).
    type: str
    default: ''
  countries_allowed:
    description: Only these countries are served, by ISO 3166-1 code, V(DE) for example. Empty means all.
    type: list
    elements: str
    default: []
  countries_denied:
    description: These countries are not served.
    type: list
    elements: str
    default: []
  log_bucket:
    description: An S3 bucket with access control lists for CloudFront's access logs. Empty means no logs.
    type: str
    default: ''
  log_prefix:
    description: Where in O(log_bucket).
    type: str
    default: ''
  health_check:
    description: Whether Route 53 asks for O(health_check_path) every 30 seconds from outside.
    type: bool
    default: false
  health_check_path:
    description: What it asks for.
    type: str
    default: /
  failover:
    description:
      - Where the domain leads while the health check fails, another distribution or a website in S3 for example.
      - Needs O(health_check=true).
    type: dict
    suboptions:
      dns_name:
        description: Its host name at AWS.
        type: str
        required: true
      zone_id:
        description: The hosted zone of that name, as AWS documents it for alias records.
        type: str
        required: true
  extra_records:
    description: Further records of the zone.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The full name, or V(@) for O(domain).
        type: str
        required: true
      type:
        description: V(A), V(CNAME), V(MX), V(TXT) and so on.
        type: str
        required: true
      ttl:
        description: For how many seconds resolvers keep it.
        type: int
        default: 300
      values:
        description: The values. A text needs no quotes.
        type: list
        elements: str
        required: true
  sendgrid:
    description: The three CNAME records by which SendGrid may send in the domain's name, as its settings show them.
    type: dict
    suboptions:
      s1:
        description: The value for C(s1._domainkey).
        type: str
        default: ''
      s2:
        description: The value for C(s2._domainkey).
        type: str
        default: ''
      em_name:
        description: The name of the third record, C(em1234) for example.
        type: str
        default: ''
      em:
        description: The value for O(sendgrid.em_name).
        type: str
        default: ''
  sendgrid_domain:
    description: The domain that mail comes from. When empty, it is O(domain).
    type: str
    default: ''
  replace_records:
    description:
      - Whether records that others have made are replaced where they are in the way. From then on they are ours.
      - This is how a domain moves here. Whoever uses the name is sent to CloudFront from then on.
    type: bool
    default: false
  resolvers:
    description: DNS resolvers, as HOST or HOST:PORT, that are asked what the world sees. By default this machine's.
    type: list
    elements: str
    default: []
  wait:
    description:
      - Whether to wait until a changed distribution and new records are everywhere.
      - Certificates, new distributions and deletions are waited for in any case.
    type: bool
    default: true
  wait_seconds:
    description: For how long a certificate is waited for. A distribution has half an hour.
    type: int
    default: 1800
  progress_file:
    description: Where progress goes, a JSON object a line. The action plugin of this name sets it.
    type: path
attributes:
  action:
    description: Shows how far the certificates and the distribution are, where it runs on the controller.
    support: full
"""

EXAMPLES = r"""
- name: What the balancer of dev needs
  calstack.aws.dns:
    environment_name: dev
    stack_name: calstack-dev
    domain: dev.calstack.example.com
    origin_secret_name: calstack/dev/origin
    only: certificates

- name: The edge of dev
  calstack.aws.dns:
    environment_name: dev
    stack_name: calstack-dev
    domain: dev.calstack.example.com
    origin_secret_name: calstack/dev/origin
    alb_dns_name: calstack-dev-alb-424835706.eu-west-1.elb.amazonaws.com
    alb_zone_id: Z32O12XQLNTSW2
    extra_records:
      - name: '@'
        type: TXT
        values: [v=spf1 include:sendgrid.net ~all]

- name: No edge
  calstack.aws.dns:
    environment_name: dev
    stack_name: calstack-dev
    domain: dev.calstack.example.com
    origin_secret_name: calstack/dev/origin
    state: absent
"""

RETURN = r"""
changes:
  description: What was done, or would be in check mode, in order.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: V(create), V(update) or V(delete).
      type: str
    kind:
      description: V(hosted zone), V(secret), V(certificate), V(distribution), V(record) and so on.
      type: str
    name:
      description: The resource's name.
      type: str
  sample:
    - {action: create, kind: distribution, name: calstack-dev-edge}
dns_hosted_zone_id:
  description: The hosted zone.
  returned: when O(state=present)
  type: str
  sample: Z0123456789ABCDEFGHIJ
dns_hosted_zone_name:
  description: Its name.
  returned: when O(state=present)
  type: str
  sample: calstack.example.com
dns_name_servers:
  description: Its name servers, which the registrar or the parent zone has to name, with spaces between.
  returned: when O(state=present)
  type: str
  sample: ns-1.awsdns-00.com ns-2.awsdns-01.net ns-3.awsdns-02.org ns-4.awsdns-03.co.uk
dns_edge_certificate_arn:
  description: CloudFront's certificate, in us-east-1.
  returned: when O(state=present)
  type: str
  sample: arn:aws:acm:us-east-1:123456789012:certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0
dns_origin_certificate_arn:
  description: The balancer's certificate, for the domain and for the origin's name.
  returned: when O(state=present)
  type: str
  sample: arn:aws:acm:eu-west-1:123456789012:certificate/1f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0
dns_origin_secret_arn:
  description: The secret with the value of the header C(X-Origin-Verify), under the key C(ORIGIN_HEADER).
  returned: when O(state=present)
  type: str
  sample: arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/origin-AbCdEf
dns_origin_name:
  description: The name that leads to the balancer.
  returned: when O(state=present)
  type: str
  sample: origin.dev.calstack.example.com
dns_url:
  description: Where the application is.
  returned: when O(state=present)
  type: str
  sample: https://dev.calstack.example.com
dns_distribution_id:
  description: The distribution.
  returned: when O(state=present) and O(only=all)
  type: str
  sample: E1A2B3C4D5E6F7
dns_distribution_arn:
  description: Its ARN.
  returned: when O(state=present) and O(only=all)
  type: str
  sample: arn:aws:cloudfront::123456789012:distribution/E1A2B3C4D5E6F7
dns_distribution_dns_name:
  description: Its host name at CloudFront.
  returned: when O(state=present) and O(only=all)
  type: str
  sample: d111111abcdef8.cloudfront.net
dns_web_acl_arn:
  description: The web ACL in front of it. Empty where there is none of ours.
  returned: when O(state=present) and O(only=all)
  type: str
  sample: arn:aws:wafv2:us-east-1:123456789012:global/webacl/calstack-dev-edge/a1b2c3d4
dns_health_check_id:
  description: Route 53's health check, whose metrics are in us-east-1. Empty where there is none.
  returned: when O(state=present) and O(only=all)
  type: str
  sample: abcdef11-2222-3333-4444-555555fedcba
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import AwsClients
from ansible_collections.calstack.aws.plugins.module_utils._core.component import ARGUMENTS, run
from ansible_collections.calstack.aws.plugins.module_utils._core.telling import Teller
from ansible_collections.calstack.aws.plugins.module_utils._dns.component import context_of, dns
from ansible_collections.calstack.aws.plugins.module_utils._dns.context import EdgeRegion
from ansible_collections.calstack.aws.plugins.module_utils._secrets.mask import masks

TEXT = {"type": "str", "default": ""}
TEXTS = {"type": "list", "elements": "str", "default": []}

OPTIONS: dict[str, dict[str, Any]] = {
    "domain": {"type": "str", "required": True},
    "only": {"type": "str", "choices": ["all", "certificates"], "default": "all"},
    "zone_name": TEXT,
    "zone_id": TEXT,
    "origin_name": TEXT,
    "origin_secret_name": {"type": "str", "required": True, "no_log": False},
    "own_origin_secret_arn": {**TEXT, "no_log": False},
    "own_edge_certificate_arn": TEXT,
    "own_origin_certificate_arn": TEXT,
    "alb_dns_name": TEXT,
    "alb_zone_id": TEXT,
    "static_paths": {"type": "list", "elements": "str", "default": ["/static/*"]},
    "static_ttl": {"type": "int", "default": 31536000},
    "static_cache_control": {"type": "str", "default": "public, max-age=31536000, immutable"},
    "price_class": {
        "type": "str",
        "choices": ["PriceClass_100", "PriceClass_200", "PriceClass_All"],
        "default": "PriceClass_100",
    },
    "http_version": {"type": "str", "choices": ["http1.1", "http2", "http3", "http2and3"], "default": "http2and3"},
    "tls_policy": {
        "type": "str",
        "choices": ["TLSv1.2_2019", "TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"],
        "default": "TLSv1.2_2021",
    },
    "ipv6": {"type": "bool", "default": True},
    "origin_read_timeout": {"type": "int", "default": 60},
    "origin_keepalive_timeout": {"type": "int", "default": 30},
    "hsts_seconds": {"type": "int", "default": 31536000},
    "hsts_subdomains": {"type": "bool", "default": False},
    "hsts_preload": {"type": "bool", "default": False},
    "frame_options": {"type": "str", "choices": ["", "DENY", "SAMEORIGIN"], "default": "SAMEORIGIN"},
    "referrer_policy": {"type": "str", "default": "strict-origin-when-cross-origin"},
    "content_security_policy": TEXT,
    "waf": {"type": "bool", "default": False},
    "waf_acl_arn": TEXT,
    "countries_allowed": TEXTS,
    "countries_denied": TEXTS,
    "log_bucket": TEXT,
    "log_prefix": TEXT,
    "health_check": {"type": "bool", "default": False},
    "health_check_path": {"type": "str", "default": "/"},
    "failover": {
        "type": "dict",
        "options": {"dns_name": {"type": "str", "required": True}, "zone_id": {"type": "str", "required": True}},
    },
    "extra_records": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "type": {"type": "str", "required": True},
            "ttl": {"type": "int", "default": 300},
            "values": {"type": "list", "elements": "str", "required": True},
        },
    },
    "sendgrid": {"type": "dict", "options": {"s1": TEXT, "s2": TEXT, "em_name": TEXT, "em": TEXT}},
    "sendgrid_domain": TEXT,
    "replace_records": {"type": "bool", "default": False},
    "resolvers": TEXTS,
    "wait": {"type": "bool", "default": True},
    "wait_seconds": {"type": "int", "default": 1800},
    "progress_file": {"type": "path"},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS | OPTIONS, supports_check_mode=True)
    params = module.params
    params["origin_name"] = params["origin_name"] or f"origin.{params['domain']}"
    with Teller(params["progress_file"]) as teller:
        edge = AwsClients(EdgeRegion(module))
        context = context_of(params, edge, plans=module.check_mode, teller=teller, hide=partial(star_out, module))
        run(module, dns(params, context, check=module.check_mode))


def star_out(module: Any, values: Iterable[Any], public: Iterable[str]) -> None:
    """Star `values` out of all that the module says, except what is part of a public name."""
    params = module.params
    names = [params["environment_name"], params["stack_name"], params["domain"], params["origin_secret_name"], *public]
    module.no_log_values.update(masks(values, names))


if __name__ == "__main__":
    main()
