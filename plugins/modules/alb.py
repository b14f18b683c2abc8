#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The load balancer of an environment."""

from __future__ import annotations

DOCUMENTATION = r"""
module: alb
short_description: Application load balancer with a blue and a green target group
version_added: 0.1.0
description:
  - Converges an internet-facing application load balancer, two target groups, a listener on port 80 that redirects to
    HTTPS, a listener on port 443, and on that one a production rule and a test rule.
  - The production rule names both colours from the start, because ECS refuses a service whose target group no rule
    names. The test rule sends requests with a header to the candidate.
  - The forward actions of both rules, which are weights and stickiness, are set when a rule is created and never
    touched or compared again. They belong to the release. A colour that no rule names any longer is warned about.
  - The subnets, the security group, the TLS policy, the certificates and the secret are checked before anything is
    created.
author:
  - CalStack Deploy contributors (@calstack)
extends_documentation_fragment:
  - calstack.aws.component
options:
  vpc_id:
    description: The VPC. Required unless O(state=absent), as are O(subnet_ids) and O(security_group_id).
    type: str
    default: ''
  subnet_ids:
    description: Public subnets of O(vpc_id) in at least two zones, one each.
    type: list
    elements: str
    default: []
  security_group_id:
    description: What may reach the load balancer.
    type: str
    default: ''
  domain:
    description:
      - The public host name.
      - The certificate must cover it.
    type: str
    default: ''
  certificate_arn:
    description:
      - A certificate in ACM, in the region of the load balancer.
      - When empty, it is the one the listener shows, as long as it covers O(domain) and has 30 days left, else the
        issued one that covers O(domain) and expires last.
    type: str
    default: ''
  extra_certificate_arns:
    description: Certificates for other host names, chosen by the name the client asks for (SNI).
    type: list
    elements: str
    default: []
  ssl_policy:
    description: The TLS policy.
    type: str
    default: ELBSecurityPolicy-TLS13-1-2-2021-06
  idle_timeout:
    description: Seconds after which an idle connection is closed, 1 to 4000.
    type: int
    default: 60
  deletion_protection:
    description:
      - Whether the load balancer refuses to be deleted.
      - While it is on, O(state=absent) is refused before anything is deleted.
    type: bool
    default: false
  access_logs_bucket:
    description:
      - An S3 bucket for access logs, whose policy lets Elastic Load Balancing write.
      - Empty means no access logs.
    type: str
    default: ''
  access_logs_prefix:
    description: Where in O(access_logs_bucket).
    type: str
    default: ''
  target_protocol:
    description:
      - What the load balancer speaks to the tasks. With V(HTTPS) TLS goes all the way; a task's certificate may be its
        own, as a load balancer does not look at it.
      - AWS cannot change it. A change is refused before anything is done.
    type: str
    choices: [HTTP, HTTPS]
    default: HTTP
  port:
    description:
      - The port of the target groups, for targets registered without one.
      - AWS cannot change it, and ECS registers each task with the task's own port, so it is used at creation only.
    type: int
    default: 5000
  health_check_path:
    description: What is asked.
    type: str
    default: /
  health_check_matcher:
    description: The status codes that are well, as V(200), V(200,302) or V(200-399).
    type: str
    default: 200-399
  health_check_interval:
    description: Seconds between two checks, 5 to 300.
    type: int
    default: 10
  health_check_timeout:
    description: Seconds to wait for an answer, 2 to 120 and less than O(health_check_interval).
    type: int
    default: 5
  healthy_threshold:
    description: Passes in a row until an unhealthy target is healthy, 2 to 10.
    type: int
    default: 2
  unhealthy_threshold:
    description: Failures in a row until a target is unhealthy, 2 to 10.
    type: int
    default: 2
  deregistration_delay:
    description: Seconds that a draining target may finish its requests in, 0 to 3600.
    type: int
    default: 30
  stable_colour:
    description:
      - The colour that gets all traffic when the production rule is created; the test rule then names the other.
      - Never looked at again. V(green) is for rebuilding a load balancer that was lost while green was serving.
    type: str
    choices: [blue, green]
    default: blue
  origin_secret_arn:
    description:
      - A secret in Secrets Manager, a JSON object with the key C(ORIGIN_HEADER), which the edge sends in the header
        C(X-Origin-Verify).
      - When given, both rules ask for it, and what comes without is answered with 403. The value that was current
        before is taken as well, so that it can be renewed without refusing a request, this module first and then
        the edge. Health checks need none.
      - The module reads the secret itself. Its value never shows; but whoever may describe rules can read it there.
    type: str
    default: ''
  production_priority:
    description: The priority of the production rule, greater than O(test_priority).
    type: int
    default: 100
  test_priority:
    description: The priority of the test rule.
    type: int
    default: 10
  test_header:
    description:
      - Requests with this header go to the candidate.
      - It is no secret. Whoever may describe rules can read it.
    type: dict
    default: {name: X-Calstack-Test, values: [candidate]}
    suboptions:
      name:
        description: The header.
        type: str
        required: true
      values:
        description: One to three values, any of which is enough.
        type: list
        elements: str
        required: true
"""

EXAMPLES = r"""
- name: The load balancer of dev
  calstack.aws.alb:
    environment_name: dev
    stack_name: calstack-dev
    vpc_id: vpc-0f3a5d1c2b4e69780
    subnet_ids:
      - subnet-0a1b2c3d4e5f60718
      - subnet-08796a5b4c3d2e1f0
    security_group_id: sg-0c9d8e7f6a5b43210
    domain: dev.calstack.example.com

- name: One that answers only what came through CloudFront, and speaks TLS to the tasks
  calstack.aws.alb:
    environment_name: prod
    stack_name: calstack-prod
    vpc_id: vpc-0f3a5d1c2b4e69780
    subnet_ids:
      - subnet-0a1b2c3d4e5f60718
      - subnet-08796a5b4c3d2e1f0
    security_group_id: sg-0c9d8e7f6a5b43210
    domain: origin.calstack.example.com
    origin_secret_arn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/prod/origin-AbCdEf
    target_protocol: HTTPS

- name: No load balancer
  calstack.aws.alb:
    environment_name: dev
    stack_name: calstack-dev
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
      description: V(target group), V(load balancer), V(listener) or V(rule).
      type: str
    name:
      description: The resource's name.
      type: str
  sample:
    - {action: create, kind: target group, name: calstack-dev-blue}
alb_arn:
  description: The load balancer.
  returned: when O(state=present)
  type: str
  sample: arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/calstack-dev-alb/50dc6c495c0c9188
alb_dns_name:
  description: The load balancer's host name.
  returned: when O(state=present)
  type: str
  sample: calstack-dev-alb-424835706.eu-west-1.elb.amazonaws.com
alb_zone_id:
  description: The hosted zone for alias records that point at it.
  returned: when O(state=present)
  type: str
  sample: Z32O12XQLNTSW2
alb_https_listener_arn:
  description: The listener on port 443.
  returned: when O(state=present)
  type: str
  sample: arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/calstack-dev-alb/50dc6c495c0c9188/f2f7dc8e
alb_rule_arns:
  description: The rules.
  returned: when O(state=present)
  type: dict
  contains:
    production:
      description: The rule that all traffic takes.
      type: str
    test:
      description: The rule for requests with O(test_header).
      type: str
alb_target_group_arns:
  description: The target groups.
  returned: when O(state=present)
  type: dict
  contains:
    blue:
      description: The target group of the blue service.
      type: str
    green:
      description: The target group of the green service.
      type: str
"""

from collections.abc import Iterable
from functools import partial

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._alb.balancers import LoadBalancer
from ansible_collections.calstack.aws.plugins.module_utils._alb.listeners import Listener
from ansible_collections.calstack.aws.plugins.module_utils._alb.model import notes, outputs, wanted
from ansible_collections.calstack.aws.plugins.module_utils._alb.rules import Rule
from ansible_collections.calstack.aws.plugins.module_utils._alb.survey import survey
from ansible_collections.calstack.aws.plugins.module_utils._alb.target_groups import TargetGroup
from ansible_collections.calstack.aws.plugins.module_utils._core.component import ARGUMENTS, Component, run
from ansible_collections.calstack.aws.plugins.module_utils._secrets.mask import masks

OPTIONS = {
    "vpc_id": {"type": "str", "default": ""},
    "subnet_ids": {"type": "list", "elements": "str", "default": []},
    "security_group_id": {"type": "str", "default": ""},
    "domain": {"type": "str", "default": ""},
    "certificate_arn": {"type": "str", "default": ""},
    "extra_certificate_arns": {"type": "list", "elements": "str", "default": []},
    "ssl_policy": {"type": "str", "default": "ELBSecurityPolicy-TLS13-1-2-2021-06"},
    "idle_timeout": {"type": "int", "default": 60},
    "deletion_protection": {"type": "bool", "default": False},
    "access_logs_bucket": {"type": "str", "default": ""},
    "access_logs_prefix": {"type": "str", "default": ""},
    "target_protocol": {"type": "str", "choices": ["HTTP", "HTTPS"], "default": "HTTP"},
    "port": {"type": "int", "default": 5000},
    "health_check_path": {"type": "str", "default": "/"},
    "health_check_matcher": {"type": "str", "default": "200-399"},
    "health_check_interval": {"type": "int", "default": 10},
    "health_check_timeout": {"type": "int", "default": 5},
    "healthy_threshold": {"type": "int", "default": 2},
    "unhealthy_threshold": {"type": "int", "default": 2},
    "deregistration_delay": {"type": "int", "default": 30},
    "stable_colour": {"type": "str", "choices": ["blue", "green"], "default": "blue"},
    "origin_secret_arn": {"type": "str", "default": ""},
    "production_priority": {"type": "int", "default": 100},
    "test_priority": {"type": "int", "default": 10},
    "test_header": {
        "type": "dict",
        "default": {"name": "X-Calstack-Test", "values": ["candidate"]},
        "options": {
            "name": {"type": "str", "required": True},
            "values": {"type": "list", "elements": "str", "required": True},
        },
    },
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS | OPTIONS, supports_check_mode=True)
    kinds = (TargetGroup, LoadBalancer, Listener, Rule)

    def hide(values: Iterable[str]) -> None:
        """Star the values out, should AWS quote a request in an error."""
        module.no_log_values.update(masks(values, ()))

    surveyed = partial(survey, check=module.check_mode, hide=hide)
    run(module, Component("alb", kinds, wanted, outputs, surveyed, notes))


if __name__ == "__main__":
    main()
