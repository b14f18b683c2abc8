#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_status
short_description: An environment in one picture
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Shows where an environment answers, and for each colour its share of the traffic, its tasks, its targets' health,
    its image and its rollout.
options:
  url:
    description: Where people reach the application.
    type: str
    required: true
extends_documentation_fragment:
  - calstack.aws.look
"""

EXAMPLES = r"""
- name: Look at the development environment
  calstack.aws.stack_status:
    environment_name: dev
    stack_name: calstack-dev
    url: https://dev.example.com
  register: stack

- name: Show it
  ansible.builtin.debug:
    msg: "{{ stack.picture }}"
"""

RETURN = r"""
picture:
  description: The picture, a line a list item.
  returned: always
  type: list
  elements: str
  sample: ["The environment dev (account 123456789012, eu-west-1)"]
colours:
  description: The colours, blue first. Empty before the service is built.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: V(blue) or V(green).
      type: str
      returned: always
      sample: blue
    weight:
      description: Its weight in the production rule.
      type: int
      returned: always
      sample: 100
    desired:
      description: Tasks wanted.
      type: int
      returned: always
      sample: 2
    running:
      description: Tasks running.
      type: int
      returned: always
      sample: 2
    pending:
      description: Tasks starting.
      type: int
      returned: always
      sample: 0
    health:
      description: Number of targets by state.
      type: dict
      returned: always
      sample: {healthy: 2}
    image:
      description: The image of its task definition.
      type: str
      returned: always
      sample: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack@sha256:0a1b
    revision:
      description: The revision of its task definition.
      type: str
      returned: always
      sample: "3"
    rollout:
      description: The state of the newest deployment.
      type: str
      returned: always
      sample: completed
    last_event:
      description: What ECS said last of the service.
      type: str
      returned: always
      sample: (service calstack-dev-blue) has reached a steady state.
"""

from dataclasses import asdict

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import AwsClients, doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._stack.look import look
from ansible_collections.calstack.aws.plugins.module_utils._status.api import colours
from ansible_collections.calstack.aws.plugins.module_utils._status.model import Environment, picture

OPTIONS = {
    "environment_name": {"type": "str", "required": True},
    "stack_name": {"type": "str", "required": True},
    "url": {"type": "str", "required": True},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=OPTIONS, supports_check_mode=True)
    name, stack, url = (module.params[option] for option in OPTIONS)
    clients = AwsClients(module)
    try:
        published = look(clients, name, stack)
        with doing(f"reading the colours of {stack}"):
            both = colours(clients, published)
    except CalstackError as error:
        module.fail_json(msg=str(error))
    environment = Environment(name, published["account_id"], module.region, url, published, both)
    module.exit_json(
        changed=False, picture=picture(environment).splitlines(), colours=[asdict(colour) for colour in both]
    )


if __name__ == "__main__":
    main()
