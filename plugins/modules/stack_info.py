#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_info
short_description: Find what there is of an environment, by its tags
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Finds everything that carries the tag C(calstack:environment) with one look-up, and returns it in the names in
    which the components publish it when they run, so that a component can run alone.
  - Also says whose credentials these are and where they lead, so that a playbook can refuse early.
  - A key whose resource does not exist, or exists twice, is not returned. So where C(ecr_repository) was changed, the
    RV(ecr_repository_uri) is not, until the former repository is deleted or loses its tags.
  - Two facts of the component C(ecs) are not returned, because no ARN or tag carries them,
    C(ecs_running_task_definition_arns) and C(ecs_waiting_for_image).
  - The look-up is the Resource Groups Tagging API's, which may lag some seconds behind what was just made.
    IAM roles are not in it.
extends_documentation_fragment:
  - calstack.aws.look
"""

EXAMPLES = r"""
- name: What there is of the development environment
  calstack.aws.stack_info:
    environment_name: dev
    stack_name: calstack-dev
  register: stack

- name: Where the balancer is
  ansible.builtin.debug:
    msg: "{{ stack.alb_dns_name | default('there is no balancer yet') }}"
"""

RETURN = r"""
account_id:
  description: The account of the credentials.
  returned: always
  type: str
  sample: "123456789012"
caller_arn:
  description: Whose credentials they are.
  returned: always
  type: str
  sample: arn:aws:sts::123456789012:assumed-role/deploy/me
region:
  description: The region.
  returned: always
  type: str
  sample: eu-west-1
zones:
  description: The region's availability zones that can be used.
  returned: always
  type: list
  elements: str
  sample: [eu-west-1a, eu-west-1b, eu-west-1c]
resources:
  description: Everything that carries the environment's tag.
  returned: always
  type: list
  elements: dict
  contains:
    component:
      description: The component it belongs to.
      type: str
      returned: always
      sample: vpc
    kind:
      description: What it is.
      type: str
      returned: always
      sample: subnet
    name:
      description: The tag C(Name), or the name in the ARN.
      type: str
      returned: always
      sample: calstack-dev-public-eu-west-1a
    arn:
      description: The ARN.
      type: str
      returned: always
      sample: arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-0a1b2c3d
vpc_id:
  description: The VPC.
  returned: when it exists
  type: str
  sample: vpc-0a1b2c3d
vpc_public_subnet_ids:
  description: The public subnets, in the order of their zones.
  returned: when they exist
  type: list
  elements: str
  sample: [subnet-0a, subnet-0b]
vpc_private_subnet_ids:
  description: The private subnets, in the order of their zones.
  returned: when they exist
  type: list
  elements: str
  sample: [subnet-0c, subnet-0d]
vpc_balancer_security_group_id:
  description: The balancer's security group.
  returned: when it exists
  type: str
  sample: sg-0a1b2c3d
vpc_task_security_group_id:
  description: The tasks' security group.
  returned: when it exists
  type: str
  sample: sg-0d3c2b1a
vpc_nat_addresses:
  description: The public addresses that others see the tasks come from.
  returned: when there are NAT gateways
  type: list
  elements: str
  sample: [198.51.100.7]
ecr_repository_arn:
  description: The image repository's ARN.
  returned: when it exists
  type: str
  sample: arn:aws:ecr:eu-west-1:123456789012:repository/calstack-dev
ecr_repository_uri:
  description: Where images are pushed to, without a tag.
  returned: when it exists
  type: str
  sample: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack-dev
secrets_arns:
  description: The ARNs of the secrets, under V(app) and V(database). Never their values.
  returned: when one exists
  type: dict
  sample: {app: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/app-AbCdEf"}
alb_arn:
  description: The balancer's ARN.
  returned: when it exists
  type: str
  sample: arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/calstack-dev-alb/50dc6c495c0c9188
alb_dns_name:
  description: The balancer's host name.
  returned: when it exists
  type: str
  sample: calstack-dev-alb-1234567890.eu-west-1.elb.amazonaws.com
alb_zone_id:
  description: The hosted zone of the balancer's host name, for an alias record.
  returned: when it exists
  type: str
  sample: Z32O12XQLNTSW2
alb_https_listener_arn:
  description: The HTTPS listener.
  returned: when it exists
  type: str
  sample: arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/calstack-dev-alb/50dc6c495c0c9188/f2f7
alb_rule_arns:
  description: The rules, under V(production) and V(test).
  returned: when one exists
  type: dict
  sample: {production: "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/calstack-dev-alb/5/f/9"}
alb_target_group_arns:
  description: The target groups, under V(blue) and V(green).
  returned: when one exists
  type: dict
  sample: {blue: "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/calstack-dev-blue/73e2d6bc24d8a067"}
ecs_cluster_arn:
  description: The cluster.
  returned: when it exists
  type: str
  sample: arn:aws:ecs:eu-west-1:123456789012:cluster/calstack-dev
ecs_cluster_name:
  description: The cluster's name.
  returned: when it exists
  type: str
  sample: calstack-dev
ecs_log_group_name:
  description: The log group of all tasks.
  returned: when it exists
  type: str
  sample: /calstack-dev/app
ecs_service_arns:
  description: The services, under V(blue) and V(green).
  returned: when one exists
  type: dict
  sample: {blue: "arn:aws:ecs:eu-west-1:123456789012:service/calstack-dev/calstack-dev-blue"}
ecs_task_definition_arns:
  description: The newest revision of each service's task definition, under V(blue) and V(green).
  returned: when one exists
  type: dict
  sample: {blue: "arn:aws:ecs:eu-west-1:123456789012:task-definition/calstack-dev-blue:3"}
release_table_name:
  description: The table that holds lock, records and timelines of releases.
  returned: when it exists
  type: str
  sample: calstack-dev-releases
release_topic_arn:
  description: The topic that tells people about releases.
  returned: when it exists
  type: str
  sample: arn:aws:sns:eu-west-1:123456789012:calstack-dev-releases
release_schedule_role_arn:
  description: What the schedules of releases act as.
  returned: when their group exists
  type: str
  sample: arn:aws:iam::123456789012:role/calstack-dev-eu-west-1-release-schedule
dns_origin_certificate_arn:
  description: The certificate that the balancer shows to the edge.
  returned: when it exists
  type: str
  sample: arn:aws:acm:eu-west-1:123456789012:certificate/0f414343-14ac-4c74-afd5-d1ae3f3a7134
dns_origin_secret_arn:
  description: The secret whose value the edge sends in the header C(X-Origin-Verify).
  returned: when it exists
  type: str
  sample: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/origin-AbCdEf"
release_schedule_group_name:
  description: The group of the schedules that releases set.
  returned: when it exists
  type: str
  sample: calstack-dev
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import AwsClients
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._stack.look import RETRIES, ImpatientMaker, look

OPTIONS = {
    "environment_name": {"type": "str", "required": True},
    "stack_name": {"type": "str", "required": True},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=OPTIONS, supports_check_mode=True)
    if not module.region and not module.params["profile"]:
        module.fail_json(msg="there is no AWS region: set aws_region in the inventory, or AWS_REGION in the shell.")
    try:
        found = look(AwsClients(ImpatientMaker(module), RETRIES), *(module.params[name] for name in OPTIONS))
    except CalstackError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, region=module.region, **found)


if __name__ == "__main__":
    main()
