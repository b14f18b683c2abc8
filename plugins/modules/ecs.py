#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs
short_description: Converge the ECS cluster and both colours' services of an environment
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Converges an ECS cluster on Fargate, the tasks' log group, an execution role and a task role with least privilege,
    a task definition and a service for blue and for green, and their autoscaling.
  - The first image goes into blue, with O(tasks_min) tasks. As long as there is none, both services have no tasks.
    Green has none, and no image, until a release gives it both.
  - Every later image is the release's. So are the services' task definitions, desired counts, least numbers of tasks
    and suspended scaling; this module sets them once and never looks at them again.
  - Changed settings become a new revision of the task definitions, with the newest revision's image. It waits for
    the next release, because the services go on with the revision they have.
options:
  subnet_ids:
    description: The private subnets the tasks are in. Required for O(state=present).
    type: list
    elements: str
    default: []
  security_group_ids:
    description: The tasks' security groups. Required for O(state=present).
    type: list
    elements: str
    default: []
  target_group_arns:
    description: The target groups, under V(blue) and V(green). Required for O(state=present).
    type: dict
    default: {}
  repository_uri:
    description: The repository the image is in, without a tag. Required for O(state=present).
    type: str
    default: ""
  repository_arn:
    description: The same repository's ARN; the only one the tasks may pull from. Required for O(state=present).
    type: str
    default: ""
  image:
    description:
      - The first image, C(NAME:TAG), C(REPOSITORY_URI:TAG) or C(REPOSITORY_URI@sha256:…), or empty for the newest
        with a tag.
      - It is resolved to its digest.
    type: str
    default: ""
  port:
    description: The port the application listens on.
    type: int
    default: 5000
  cpu:
    description: A task's CPU units; 1024 are one vCPU.
    type: int
    default: 256
  memory:
    description: A task's memory in MiB. Fargate offers some for each O(cpu).
    type: int
    default: 512
  cpu_architecture:
    description: What the image is built for.
    type: str
    choices: [X86_64, ARM64]
    default: X86_64
  environment:
    description: The application's environment variables. C(APP_COLOUR) is added to them.
    type: dict
    default: {}
  secrets:
    description:
      - Environment variables with their values in Secrets Manager.
      - To each name the secret's ARN, whose JSON then has a key of that name, or a dictionary with C(secret), the ARN,
        and C(key).
      - The current version of each secret is part of the task definition, as a docker label of the container,
        C(calstack.secret.NAME). So a secret's new version makes a new revision, and comes with a release. The tasks
        always start with the current version, those of older revisions too.
    type: dict
    default: {}
  changing_secrets:
    description:
      - The names of those secrets that another component changes in the same run.
      - In check mode their versions are known after apply; otherwise this is not looked at.
    type: list
    elements: str
    default: []
  stop_timeout:
    description: The seconds between SIGTERM and SIGKILL, at most 120.
    type: int
    default: 35
  readonly_root_filesystem:
    description: Whether the container may write nothing but C(/tmp), a volume of its own. The image has to declare it.
    type: bool
    default: false
  task_policy_statements:
    description: What the application may do on AWS, as statements of an IAM policy.
    type: list
    elements: dict
    default: []
  execute_command:
    description: Whether C(aws ecs execute-command) can enter the tasks.
    type: bool
    default: false
  container_insights:
    description: CloudWatch Container Insights of the cluster.
    type: str
    choices: [enabled, enhanced, disabled]
    default: enabled
  log_retention_days:
    description: How long the tasks' logs are kept, one of the numbers that CloudWatch Logs offers.
    type: int
    default: 30
  keep_logs:
    description: Whether O(state=absent) leaves the log group.
    type: bool
    default: false
  tasks_min:
    description: How many tasks serve at least. After the first image, a change comes with a release.
    type: int
    default: 2
  tasks_max:
    description: How many tasks a colour may have. What would stop running tasks is refused.
    type: int
    default: 10
  cpu_target:
    description: The average CPU utilisation that autoscaling keeps to, in per cent.
    type: int
    default: 60
  memory_target:
    description: The average memory utilisation that autoscaling keeps to, in per cent.
    type: int
    default: 70
  scale_in_cooldown:
    description: The seconds after tasks were stopped before more are.
    type: int
    default: 300
  scale_out_cooldown:
    description: The seconds after tasks were started before more are.
    type: int
    default: 60
  health_check_grace_period:
    description: The seconds a new task is not stopped for failing health checks. Longer than the application's start.
    type: int
    default: 60
  wait_seconds:
    description: How long to wait for the tasks of a service this run has started; V(0) does not wait.
    type: int
    default: 900
extends_documentation_fragment:
  - calstack.aws.component
"""

EXAMPLES = r"""
- name: The services of the development environment
  calstack.aws.ecs:
    environment_name: dev
    stack_name: calstack-dev
    subnet_ids: [subnet-0c, subnet-0d]
    security_group_ids: [sg-0d3c2b1a]
    target_group_arns:
      blue: arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/calstack-dev-blue/73e2d6bc24d8a067
      green: arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/calstack-dev-green/943f017f100becff
    repository_uri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack-dev
    repository_arn: arn:aws:ecr:eu-west-1:123456789012:repository/calstack-dev
    environment:
      DOMAIN: dev.calstack.example.com
    secrets:
      FLASK_SECRET_KEY: arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/app-AbCdEf
    tasks_min: 1

- name: Take them down, but keep the logs
  calstack.aws.ecs:
    environment_name: dev
    stack_name: calstack-dev
    keep_logs: true
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
      description: The kind of resource.
      type: str
      returned: always
      sample: service
    name:
      description: The resource's name.
      type: str
      returned: always
      sample: calstack-dev-blue
ecs_cluster_arn:
  description: The cluster's ARN.
  returned: when O(state=present)
  type: str
  sample: arn:aws:ecs:eu-west-1:123456789012:cluster/calstack-dev
ecs_cluster_name:
  description: The cluster's name.
  returned: when O(state=present)
  type: str
  sample: calstack-dev
ecs_log_group_name:
  description: The log group of all tasks.
  returned: when O(state=present)
  type: str
  sample: /calstack-dev/app
ecs_service_arns:
  description: The services, under V(blue) and V(green).
  returned: when O(state=present)
  type: dict
  sample: {blue: "arn:aws:ecs:eu-west-1:123456789012:service/calstack-dev/calstack-dev-blue"}
ecs_task_definition_arns:
  description: The newest revision of each colour's task definition, under V(blue) and V(green).
  returned: when O(state=present)
  type: dict
  sample: {blue: "arn:aws:ecs:eu-west-1:123456789012:task-definition/calstack-dev-blue:3"}
ecs_running_task_definition_arns:
  description: The revision each service runs, under V(blue) and V(green).
  returned: when O(state=present)
  type: dict
  sample: {blue: "arn:aws:ecs:eu-west-1:123456789012:task-definition/calstack-dev-blue:2"}
ecs_waiting_for_image:
  description: Whether there is no image to start with.
  returned: when O(state=present)
  type: bool
  sample: false
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._core.component import ARGUMENTS, run
from ansible_collections.calstack.aws.plugins.module_utils._ecs.component import ecs

OPTIONS = {
    "subnet_ids": {"type": "list", "elements": "str", "default": []},
    "security_group_ids": {"type": "list", "elements": "str", "default": []},
    "target_group_arns": {"type": "dict", "default": {}},
    "repository_uri": {"type": "str", "default": ""},
    "repository_arn": {"type": "str", "default": ""},
    "image": {"type": "str", "default": ""},
    "port": {"type": "int", "default": 5000},
    "cpu": {"type": "int", "default": 256},
    "memory": {"type": "int", "default": 512},
    "cpu_architecture": {"type": "str", "choices": ["X86_64", "ARM64"], "default": "X86_64"},
    "environment": {"type": "dict", "default": {}},
    # ARNs and key names, not values.
    "secrets": {"type": "dict", "default": {}, "no_log": False},
    "changing_secrets": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "stop_timeout": {"type": "int", "default": 35},
    "readonly_root_filesystem": {"type": "bool", "default": False},
    "task_policy_statements": {"type": "list", "elements": "dict", "default": []},
    "execute_command": {"type": "bool", "default": False},
    "container_insights": {"type": "str", "choices": ["enabled", "enhanced", "disabled"], "default": "enabled"},
    "log_retention_days": {"type": "int", "default": 30},
    "keep_logs": {"type": "bool", "default": False},
    "tasks_min": {"type": "int", "default": 2},
    "tasks_max": {"type": "int", "default": 10},
    "cpu_target": {"type": "int", "default": 60},
    "memory_target": {"type": "int", "default": 70},
    "scale_in_cooldown": {"type": "int", "default": 300},
    "scale_out_cooldown": {"type": "int", "default": 60},
    "health_check_grace_period": {"type": "int", "default": 60},
    "wait_seconds": {"type": "int", "default": 900},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS | OPTIONS, supports_check_mode=True)
    run(module, ecs(module.params, check=module.check_mode))


if __name__ == "__main__":
    main()
