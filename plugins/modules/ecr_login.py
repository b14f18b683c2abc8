#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_login
short_description: Log a container engine in to ECR, or out
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Asks ECR for a password and gives it to the engine over its standard input. It is in no argument, no result and no
    output. The engine keeps it as it keeps others, for twelve hours at most.
  - Where Amazon's credential helper answers for the registry, the engine has its logins from there, and this changes
    nothing.
options:
  engine:
    description: The engine's command, V(docker), V(podman) or V(skopeo), or a path to it.
    type: str
    default: docker
  registry:
    description: The registry's host, for example V(123456789012.dkr.ecr.eu-west-1.amazonaws.com).
    type: str
    required: true
  state:
    description:
      - V(absent) logs the engine out of the registry, whoever had logged it in.
      - For a login of your own give C(REGISTRY_AUTH_FILE) (skopeo, podman) or C(DOCKER_CONFIG) in the task's
        C(environment).
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Neither asks for a password nor calls the engine.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
  idempotent:
    description: It cannot be seen whether a login is still good, so each run makes one.
    support: none
  action_group:
    description:
      - Use C(group/calstack.aws.aws) in C(module_defaults) to set options for all modules of this collection
        and of C(amazon.aws).
    support: full
    membership: [calstack.aws.aws]
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Log in
  calstack.aws.ecr_login:
    registry: 123456789012.dkr.ecr.eu-west-1.amazonaws.com

- name: Log out
  calstack.aws.ecr_login:
    registry: 123456789012.dkr.ecr.eu-west-1.amazonaws.com
    state: absent
"""

RETURN = r"""
registry:
  description: The registry.
  returned: always
  type: str
  sample: 123456789012.dkr.ecr.eu-west-1.amazonaws.com
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._build.login import log_in, log_out, password
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import AwsClients
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError

OPTIONS = {
    "engine": {"type": "str", "default": "docker"},
    "registry": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=OPTIONS, supports_check_mode=True)
    engine, registry, state = (module.params[name] for name in OPTIONS)
    try:
        if not module.check_mode and state == "absent":
            log_out(module.run_command, engine, registry)
        elif not module.check_mode:
            secret = password(AwsClients(module)("ecr"))
            module.no_log_values.add(secret)
            log_in(module.run_command, engine, registry, secret)
    except CalstackError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=not module.check_mode, registry=registry)


if __name__ == "__main__":
    main()
