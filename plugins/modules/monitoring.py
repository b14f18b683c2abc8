#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: monitoring
short_description: Converge alarms, dashboard and budget of an environment
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Converges an SNS topic with its subscriptions by mail, metric filters on the tasks' log, alarms on balancer, tasks,
    certificates and log, a composite alarm that says that users notice, a dashboard of both colours, and a budget on
    the environment's tag.
  - Each alarm's description says what to do. The colour that is idle raises none.
  - Whoever is told by mail has to follow the link in a first mail of AWS Notifications; a warning names who has not.
options:
  balancer_arn:
    description: The load balancer. Required for O(state=present).
    type: str
    default: ""
  target_group_arns:
    description: The target groups, under V(blue) and V(green). Required for O(state=present).
    type: dict
    default: {}
  certificate_arns:
    description:
      - Certificates of this region whose end is watched.
      - CloudFront's certificate is in V(us-east-1), and is renewed by the same validation records as this region's.
    type: list
    elements: str
    default: []
  distribution_id:
    description: The CloudFront distribution, which the dashboard shows. Empty for none.
    type: str
    default: ""
  emails:
    description:
      - Who is told by mail.
      - An address that is taken out of the list stays subscribed, as all subscriptions do that people have made
        themselves; each mail has a link that ends it.
    type: list
    elements: str
    default: []
  kms_key_id:
    description:
      - The customer managed key that encrypts the topic. Its policy must let C(cloudwatch.amazonaws.com) and
        C(budgets.amazonaws.com) use C(kms:Decrypt) and C(kms:GenerateDataKey*).
      - Empty for none. V(alias/aws/sns) does not work, because AWS's services may not use it.
    type: str
    default: ""
  tasks_min:
    description: How many healthy tasks the colour that serves must have. V(0) for no alarm.
    type: int
    default: 2
  tasks_max:
    description: To how many tasks autoscaling goes.
    type: int
    default: 10
  period:
    description:
      - Seconds of a period. AWS measures once a minute; less than V(60) is for an emulator.
    type: int
    default: 60
  error_percent:
    description: Above how many per cent of answers with 5xx there is an alarm, of the targets or of the balancer.
    type: float
    default: 5
  minimum_requests:
    description: With fewer requests a period neither errors nor latency are judged.
    type: int
    default: 20
  latency_seconds:
    description: What 95 of 100 requests must not take longer than.
    type: float
    default: 2
  ceiling_percent:
    description: Above which average CPU or memory there is an alarm, once a colour has O(tasks_max) tasks.
    type: float
    default: 80
  certificate_days:
    description: How many days before a certificate's end there is an alarm.
    type: int
    default: 30
  error_pattern:
    description: The filter pattern of CloudWatch Logs for lines that are errors.
    type: str
    default: '?ERROR ?CRITICAL ?Traceback'
  log_errors:
    description: With how many such lines in five periods there is an alarm.
    type: int
    default: 10
  database_pattern:
    description: The filter pattern for lines that say that the database cannot be reached or refuses to log in.
    type: str
    default: '?ServerSelectionTimeoutError ?AutoReconnect ?NetworkTimeout ?"Authentication failed" ?"bad auth"'
  log_database:
    description: With how many such lines in five periods there is an alarm.
    type: int
    default: 3
  dashboard:
    description: Whether there is a dashboard. An account's first three cost nothing.
    type: bool
    default: true
  budget_usd:
    description:
      - What the environment may cost a month, in US dollars. The topic is told at 80 and 100 per cent of it, and when
        AWS expects more than 100 per cent by the end of the month. V(0) for no budget.
      - It counts what carries the tag C(calstack:stack), once that is activated as a cost allocation tag in the
        account's billing. Atlas is not in it.
    type: float
    default: 0
extends_documentation_fragment:
  - calstack.aws.component
"""

EXAMPLES = r"""
- name: Watch the development environment
  calstack.aws.monitoring:
    environment_name: dev
    stack_name: calstack-dev
    balancer_arn: arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/calstack-dev-alb/50dc6c495c0c9188
    target_group_arns:
      blue: arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/calstack-dev-blue/73e2d6bc24d8a067
      green: arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/calstack-dev-green/0b2d8f1f5b6c7a89
    emails: [ana@example.com]
    tasks_min: 1
    tasks_max: 2
    budget_usd: 60

- name: Stop watching
  calstack.aws.monitoring:
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
      description: >-
        V(topic), V(subscription), V(metric filter), V(alarm), V(composite alarm), V(dashboard) or V(budget).
      type: str
      returned: always
      sample: alarm
    name:
      description: The resource's name.
      type: str
      returned: always
      sample: calstack-dev-latency
monitoring_topic_arn:
  description: What alarms and the budget tell. Whoever wants to know subscribes to it.
  returned: when O(state=present)
  type: str
  sample: arn:aws:sns:eu-west-1:123456789012:calstack-dev-alarms
monitoring_alarm_names:
  description: All alarms, the composite one last.
  returned: when O(state=present)
  type: list
  elements: str
  sample: [calstack-dev-target-errors, calstack-dev-users-hurt]
monitoring_dashboard_url:
  description: Where the dashboard is; empty where there is none.
  returned: when O(state=present)
  type: str
  sample: https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/calstack-dev-eu-west-1
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._core.component import ARGUMENTS, run
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.component import monitoring

OPTIONS = {
    "balancer_arn": {"type": "str", "default": ""},
    "target_group_arns": {"type": "dict", "default": {}},
    "certificate_arns": {"type": "list", "elements": "str", "default": []},
    "distribution_id": {"type": "str", "default": ""},
    "emails": {"type": "list", "elements": "str", "default": []},
    "kms_key_id": {"type": "str", "default": "", "no_log": False},
    "tasks_min": {"type": "int", "default": 2},
    "tasks_max": {"type": "int", "default": 10},
    "period": {"type": "int", "default": 60},
    "error_percent": {"type": "float", "default": 5},
    "minimum_requests": {"type": "int", "default": 20},
    "latency_seconds": {"type": "float", "default": 2},
    "ceiling_percent": {"type": "float", "default": 80},
    "certificate_days": {"type": "int", "default": 30},
    "error_pattern": {"type": "str", "default": "?ERROR ?CRITICAL ?Traceback"},
    "log_errors": {"type": "int", "default": 10},
    "database_pattern": {
        "type": "str",
        "default": '?ServerSelectionTimeoutError ?AutoReconnect ?NetworkTimeout ?"Authentication failed" ?"bad auth"',
    },
    "log_database": {"type": "int", "default": 3},
    "dashboard": {"type": "bool", "default": True},
    "budget_usd": {"type": "float", "default": 0},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS | OPTIONS, supports_check_mode=True)
    run(module, monitoring(check=module.check_mode))


if __name__ == "__main__":
    main()
