#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: release_support
short_description: Converge what the releases of an environment need
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Converges the DynamoDB table that holds lock, records and timelines of releases, an EventBridge Scheduler group and
    the IAM role of its schedules (the dead-man switch and the retirement of old tasks), and an SNS topic that tells
    people.
  - It makes no release. M(calstack.aws.ecs_blue_green) does.
options:
  rule_arn:
    description: The production rule, the only one that a schedule may change. Required for O(state=present).
    type: str
    default: ""
  service_arns:
    description:
      - The services, under V(blue) and V(green), the only ones that a schedule may change.
      - Required for O(state=present).
    type: dict
    default: {}
  deletion_protection:
    description:
      - Whether the table refuses to be deleted.
      - While it is on, O(state=absent) is refused before anything is deleted.
    type: bool
    default: false
extends_documentation_fragment:
  - calstack.aws.component
"""

EXAMPLES = r"""
- name: What the releases of the development environment need
  calstack.aws.release_support:
    environment_name: dev
    stack_name: calstack-dev
    rule_arn: arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/calstack-dev-alb/50dc/f2f7/9683
    service_arns:
      blue: arn:aws:ecs:eu-west-1:123456789012:service/calstack-dev/calstack-dev-blue
      green: arn:aws:ecs:eu-west-1:123456789012:service/calstack-dev/calstack-dev-green

- name: Delete it, the records of all releases too
  calstack.aws.release_support:
    environment_name: dev
    stack_name: calstack-dev
    state: absent
"""

RETURN = r"""
changes:
  description: What was changed, or in check mode would be, in this order.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: V(create), V(update) or V(delete).
      type: str
      returned: always
      sample: create
    kind:
      description: V(table), V(topic), V(role) or V(schedule group).
      type: str
      returned: always
      sample: table
    name:
      description: The resource's name.
      type: str
      returned: always
      sample: calstack-dev-releases
release_table_name:
  description: The table of lock, records and timelines.
  returned: when O(state=present)
  type: str
  sample: calstack-dev-releases
release_topic_arn:
  description: Where releases are announced. Whoever wants to know subscribes to it.
  returned: when O(state=present)
  type: str
  sample: arn:aws:sns:eu-west-1:123456789012:calstack-dev-releases
release_schedule_role_arn:
  description: What the schedules act as.
  returned: when O(state=present)
  type: str
  sample: arn:aws:iam::123456789012:role/calstack-dev-eu-west-1-release-schedule
release_schedule_group_name:
  description: The group that the schedules are in.
  returned: when O(state=present)
  type: str
  sample: calstack-dev
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._core.component import ARGUMENTS, run
from ansible_collections.calstack.aws.plugins.module_utils._release_support.component import release_support

OPTIONS = {
    "rule_arn": {"type": "str", "default": ""},
    "service_arns": {"type": "dict", "default": {}},
    "deletion_protection": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS | OPTIONS, supports_check_mode=True)
    run(module, release_support(check=module.check_mode))


if __name__ == "__main__":
    main()
