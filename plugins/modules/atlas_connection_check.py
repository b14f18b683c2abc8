#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: atlas_connection_check
short_description: Prove from where the tasks are that the database lets them in
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Runs a one-off task on ECS, in the service's subnets and security groups, with its image, roles and logs, that
    connects with the connection string of a secret, signs in and lists the collections of a database.
  - The connection string goes from Secrets Manager into the task and nowhere else. The task prints host, server version
    and milliseconds.
  - A check that fails ends the module with what the driver or ECS has said, without the connection string's parts,
    and with what to try.
  - The task's revision, of the family C(STACK-check), is taken away at the end. A check that was killed is taken up
    by the next one like it; what it has left goes with the next one, or with the component ecs.
  - As long as no service has an image, nothing is checked, and RV(reason) says so.
options:
  secret_arn:
    description: The ARN of the secret, a JSON object.
    type: str
    required: true
  key:
    description: The key of the connection string in it, and the environment variable that the task gets.
    type: str
    default: MONGO_URI
  version_stage:
    description: The staging label of the version to check. V(AWSPENDING) is a connection string before it is used.
    type: str
    choices: [AWSCURRENT, AWSPENDING]
    default: AWSCURRENT
  database:
    description: The database whose collections are listed; empty to sign in only.
    type: str
    default: ""
  image:
    description: The image, C(NAME:TAG), C(URI:TAG) or C(URI@sha256:…); empty for the one of the service that serves.
    type: str
    default: ""
  command:
    description:
      - What the task runs. It finds the connection string in the environment variable O(key) and ends with 0 when the
        database can be used.
      - By default C(python) with PyMongo, which the image must have.
    type: list
    elements: str
    default: []
  timeout:
    description: The seconds the task may take from the request to its end; Fargate needs up to a minute to start one.
    type: int
    default: 300
  progress_file:
    description: Where to write progress. The action plugin of the same name sets it, and shows what is written there.
    type: path
extends_documentation_fragment:
  - calstack.aws.look
attributes:
  check_mode:
    description: Says where it would be checked from, and runs nothing.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
  idempotent:
    description: Leaves everything as it was.
    support: full
  action_group:
    description:
      - Use C(group/calstack.aws.aws) in C(module_defaults) to set options for all modules of this collection
        and of C(amazon.aws).
    support: full
    membership: [calstack.aws.aws]
"""

EXAMPLES = r"""
- name: The application's connection string works
  calstack.aws.atlas_connection_check:
    environment_name: dev
    stack_name: calstack-dev
    secret_arn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/database-AbCdEf
    database: calstack

- name: The next one works too, in an image without PyMongo
  calstack.aws.atlas_connection_check:
    environment_name: dev
    stack_name: calstack-dev
    secret_arn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/database-AbCdEf
    version_stage: AWSPENDING
    command: [node, check.js]
"""

RETURN = r"""
checked:
  description: Whether the task has run and found the database usable. Where it is not usable, the module fails.
  returned: success
  type: bool
  sample: true
reason:
  description: Why nothing was checked; empty where it was.
  returned: success
  type: str
  sample: "the service still waits for its first image: push one, then run again."
host:
  description: The host that answered, with its port; empty with an O(command) of your own.
  returned: success
  type: str
  sample: calstack-dev-shard-00-01.ab12c.mongodb.net:27017
server_version:
  description: The version of the MongoDB server; empty with an O(command) of your own.
  returned: success
  type: str
  sample: 8.0.12
milliseconds:
  description: How long it took to connect, sign in and look; 0 with an O(command) of your own.
  returned: success
  type: int
  sample: 412
task_arn:
  description: The task that has checked.
  returned: success
  type: str
  sample: arn:aws:ecs:eu-west-1:123456789012:task/calstack-dev/1dc5c17a422f4b3ba3d5d5b9c8e1a6f0
image:
  description: The image that was run.
  returned: success
  type: str
  sample: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack-dev@sha256:621c…
version_id:
  description: The version of the secret that was checked.
  returned: success
  type: str
  sample: 3f2b8b1e-8a55-4c0e-9c3a-6f5d0f0d5d11
"""

from dataclasses import asdict

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.calls import Calls
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.check import Check
from ansible_collections.calstack.aws.plugins.module_utils._connection_check.model import question
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import AwsClients
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.telling import Teller

OPTIONS = {
    "environment_name": {"type": "str", "required": True},
    "stack_name": {"type": "str", "required": True},
    # Names, not values.
    "secret_arn": {"type": "str", "required": True, "no_log": False},
    "key": {"type": "str", "default": "MONGO_URI", "no_log": False},
    "version_stage": {"type": "str", "choices": ["AWSCURRENT", "AWSPENDING"], "default": "AWSCURRENT"},
    "database": {"type": "str", "default": ""},
    "image": {"type": "str", "default": ""},
    "command": {"type": "list", "elements": "str", "default": []},
    "timeout": {"type": "int", "default": 300},
    "progress_file": {"type": "path"},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=OPTIONS, supports_check_mode=True)
    params = module.params
    scope = Scope(params["environment_name"], "ecs", params["stack_name"])
    try:
        asked = question(params)
        with Teller(params["progress_file"]) as teller:
            check = Check(Calls(AwsClients(module), scope), teller)
            answer = check(asked, only_plan=module.check_mode)
    except CalstackError as error:
        module.fail_json(msg=str(error))
    found = asdict(answer)
    for note in found.pop("notes"):
        module.warn(note)
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
