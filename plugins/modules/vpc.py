#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The network of an environment."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vpc
short_description: VPC with subnets, ways out, endpoints and security groups
version_added: 0.1.0
description:
  - Converges a VPC with a public and a private subnet in each of two or three zones, an internet gateway, NAT gateways
    with elastic IPs, a public route table and a private one for each zone, a gateway endpoint for S3, optional
    interface endpoints, security groups for a load balancer and for tasks, and optional flow logs.
  - The default security group is closed. The load balancer's reaches the tasks' on every TCP port, because releases
    change the port tasks listen on, and nothing else.
  - Subnets are computed from O(cidr), a quarter of it for each zone's private subnet and a sixteenth for each public
    one. A third zone can be added later without moving the others.
  - Rules are let through before others are refused, and routes moved before gateways are deleted, so no change of
    options cuts traffic.
  - Nothing is deleted, and the run ends with a message, when a subnet that would go still has network interfaces of
    others; so a zone is not given up below a running load balancer and its tasks.
  - With O(state=absent) interfaces that linger after their task or load balancer are waited for before, up to five
    minutes; check mode does not look for them, because load balancer and tasks may be planned to go first.
author:
  - CalStack Deploy contributors (@calstack)
extends_documentation_fragment:
  - calstack.aws.component
options:
  cidr:
    description:
      - The IPv4 network, from /16 to /23. Required unless O(state=absent).
      - AWS cannot change it.
    type: str
  zones:
    description:
      - The availability zones by name, two or three. When empty, O(zone_count) decides.
      - A zone keeps its subnets whatever the order of names.
    type: list
    elements: str
    default: []
  zone_count:
    description:
      - How many zones, V(2) or V(3), when O(zones) is empty.
      - They are those in use already, then the region's first ones by name.
    type: int
    default: 2
  nat:
    description:
      - V(per_zone) is a NAT gateway for each zone, so that the loss of a zone does not cut the others off.
      - V(single) is one for all, which is cheaper.
      - V(none) leaves private subnets without a way to the Internet.
    type: str
    choices: [per_zone, single, none]
    default: per_zone
  interface_endpoints:
    description:
      - Services to reach without going through the Internet, as in C(com.amazonaws.REGION.SERVICE), for example
        V(ecr.api), V(ecr.dkr), V(logs), V(secretsmanager).
    type: list
    elements: str
    default: []
  balancer_access:
    description:
      - Who may reach the load balancer.
      - V(everywhere) are O(balancer_cidrs), on ports 80 and 443.
      - V(cloudfront) is CloudFront, by AWS's prefix list of the addresses it asks origins from, on port 443 only. Of
        O(balancer_cidrs) those that are not the whole Internet may reach that port besides. The list counts as 55 of
        the 60 rules that a security group may have.
      - Anybody's distribution comes from the same addresses. Let the load balancer ask for a secret header as well, see
        O(calstack.aws.alb#module:origin_secret_arn).
      - What is new is let in before anything is shut out. Choose V(cloudfront) when users come through the
        distribution already.
    type: str
    choices: [everywhere, cloudfront]
    default: everywhere
  balancer_cidrs:
    description: Networks that may reach the load balancer; see O(balancer_access).
    type: list
    elements: str
    default: [0.0.0.0/0]
  task_egress:
    description:
      - What tasks may reach. The default is HTTPS, and MongoDB's ports as Atlas uses them.
      - DNS within the VPC needs no rule.
    type: list
    elements: dict
    default: [{from_port: 443}, {from_port: 27015, to_port: 27017}]
    suboptions:
      protocol:
        description: The protocol.
        type: str
        choices: [tcp, udp]
        default: tcp
      from_port:
        description: The first port.
        type: int
        required: true
      to_port:
        description: The last port. When left out, it is O(task_egress[].from_port).
        type: int
      cidrs:
        description: The networks.
        type: list
        elements: str
        default: [0.0.0.0/0]
  flow_logs:
    description: Whether all traffic is logged to CloudWatch Logs.
    type: bool
    default: false
  flow_logs_retention_days:
    description: How long flow logs are kept.
    type: int
    choices: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
    default: 30
"""

EXAMPLES = r"""
- name: A network in two zones
  calstack.aws.vpc:
    environment_name: prod
    stack_name: calstack-prod
    cidr: 10.40.0.0/16
    flow_logs: true

- name: A cheap one
  calstack.aws.vpc:
    environment_name: dev
    stack_name: calstack-dev
    cidr: 10.20.0.0/20
    zones: [eu-west-1a, eu-west-1c]
    nat: single

- name: A balancer that only CloudFront and a runner of releases reach
  calstack.aws.vpc:
    environment_name: prod
    stack_name: calstack-prod
    cidr: 10.40.0.0/16
    balancer_access: cloudfront
    balancer_cidrs: [203.0.113.7/32]

- name: What it would take to have no way to the Internet
  calstack.aws.vpc:
    environment_name: staging
    stack_name: calstack-staging
    cidr: 10.30.0.0/16
    nat: none
    interface_endpoints: [ecr.api, ecr.dkr, logs, secretsmanager]
    task_egress:
      - {from_port: 443}
      - {from_port: 1024, to_port: 65535, cidrs: [10.30.0.0/16]}
  check_mode: true
  diff: true

- name: Take it down
  calstack.aws.vpc:
    environment_name: dev
    stack_name: calstack-dev
    state: absent
"""

RETURN = r"""
changes:
  description: What was changed, or in check mode would be, in order.
  type: list
  elements: dict
  returned: always
  sample: [{action: create, kind: VPC, name: calstack-dev}]
  contains:
    action:
      description: V(create), V(update) or V(delete).
      type: str
    kind:
      description: The kind of resource.
      type: str
    name:
      description: Its name.
      type: str
vpc_id:
  description: The VPC.
  type: str
  returned: O(state=present)
  sample: vpc-0a1b2c3d4e5f60718
vpc_public_subnet_ids:
  description: The public subnets, one for each zone.
  type: list
  elements: str
  returned: O(state=present)
  sample: [subnet-0a1b2c3d4e5f60718, subnet-0a1b2c3d4e5f60719]
vpc_private_subnet_ids:
  description: The private subnets, in the same order of zones.
  type: list
  elements: str
  returned: O(state=present)
  sample: [subnet-0a1b2c3d4e5f6071a, subnet-0a1b2c3d4e5f6071b]
vpc_balancer_security_group_id:
  description: The security group for a load balancer.
  type: str
  returned: O(state=present)
  sample: sg-0a1b2c3d4e5f60718
vpc_task_security_group_id:
  description: The security group for tasks.
  type: str
  returned: O(state=present)
  sample: sg-0a1b2c3d4e5f60719
vpc_nat_addresses:
  description: The public addresses that tasks come from, for others' access lists. Empty with O(nat=none).
  type: list
  elements: str
  returned: O(state=present)
  sample: [203.0.113.7, 203.0.113.8]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._core.component import ARGUMENTS as COMMON
from ansible_collections.calstack.aws.plugins.module_utils._core.component import run
from ansible_collections.calstack.aws.plugins.module_utils._vpc.component import ARGUMENTS, VPC


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=COMMON | ARGUMENTS,
        required_if=[("state", "present", ("cidr",))],
        supports_check_mode=True,
    )
    run(module, VPC)


if __name__ == "__main__":
    main()
