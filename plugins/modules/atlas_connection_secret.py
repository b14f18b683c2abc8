#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: atlas_connection_secret
short_description: Converge and rotate the secret with which an application connects to MongoDB Atlas
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Converges the database user, its password that nobody ever sees, and the secret in Secrets Manager whose key
    C(MONGO_URI) holds the connection string. A new version is written only when it differs.
  - Two users take turns, C(STACK-a) and C(STACK-b). A rotation is O(goal=prepared), then a check of the version that
    is C(AWSPENDING), then O(goal=current), then a release, then O(goal=retired). The staging labels of
    Secrets Manager are the record of it.
  - A run that is killed anywhere is completed or undone by the next. A user is deleted, or gets another password, only
    when every running task was started with the current version of the secret.
  - A secret that the component C(secrets) has made, for a MongoDB that somebody brought, keeps its current version.
    The one for Atlas waits as C(AWSPENDING) until O(goal=current), or until O(take_over=true).
  - Passwords are never returned, and are starred out of messages in clear, percent-encoded and base64.
options:
  secret_name:
    description: The secret's name in Secrets Manager, for example V(calstack/dev/database).
    type: str
    required: true
  goal:
    description:
      - What to bring about with O(state=present).
      - V(present) converges the users, the current connection string and the tags. What is pending of a
        rotation is dropped with its user. A user that no task needs any more is deleted. Another O(mode) or O(access)
        is only offered, as C(AWSPENDING); a rotation tries it and changes over.
      - V(prepared) gives the other user a new password, and writes its connection string as C(AWSPENDING). It is
        refused where the current version is not O(cluster_name)'s.
      - V(current) makes that version C(AWSCURRENT). In the place of a MongoDB that is not O(cluster_name) it needs
        O(is_moved=true).
      - V(retired) deletes the user that is neither current nor pending, unless a running task may use it.
      - V(undone) drops what is pending, or else makes the version before the rotation current again.
      - V(source) makes the version current again that named the MongoDB used before Atlas.
    type: str
    choices: [present, prepared, current, retired, undone, source]
    default: present
  cluster_name:
    description: The cluster's name. Empty means O(stack_name).
    type: str
    default: ""
  mode:
    description:
      - How the application logs in.
      - V(scram) is a user with a password.
      - V(aws_iam) is the role O(role_arn) of its tasks, without any password.
    type: str
    choices: [scram, aws_iam]
    default: scram
  role_arn:
    description:
      - The ARN of the tasks' role, for O(mode=aws_iam). With O(mode=scram) its user is deleted when no task needs it.
      - Empty means the role that M(calstack.aws.ecs) makes for O(stack_name), in the caller's account.
    type: str
    default: ""
  database:
    description: The database that the application reads and writes, for which the users get the role C(readWrite).
    type: str
    default: ""
  database_in_uri:
    description: Whether the connection string names O(database), for applications that do not themselves.
    type: bool
    default: false
  roles:
    description: What the users may do, instead of C(readWrite) on O(database).
    type: list
    elements: dict
    default: []
    suboptions:
      role_name:
        description: The role, for example V(readWrite).
        type: str
        required: true
      database_name:
        description: The database it is for.
        type: str
        required: true
      collection_name:
        description: The collection it is for. Empty means all.
        type: str
        default: ""
  access:
    description:
      - V(nat) means the cluster's public addresses.
      - V(private_endpoint) means the VPC endpoint that M(calstack.aws.atlas_private_endpoint) has made. It is found by
        its tags.
    type: str
    choices: [nat, private_endpoint]
    default: nat
  uri_options:
    description:
      - Further options of the connection string, for example C(readPreference) with the value V(secondaryPreferred).
      - C(retryWrites=true) and C(w=majority) can be replaced. C(appName), C(maxPoolSize) and those that say who logs
        in cannot.
    type: dict
    default: {}
  instance_size:
    description:
      - The smallest size that the cluster has or may be scaled down to, by which connections are limited.
      - Empty means what the cluster says of itself.
    type: str
    default: ""
  tasks_max:
    description: The most tasks that one colour may have. During a release both colours run.
    type: int
    default: 1
  workers:
    description: How many processes of a task have a client of their own.
    type: int
    default: 1
  max_pool_size:
    description:
      - The most connections that one client keeps to each server. It must fit the cluster with all other clients.
      - V(0) chooses what fits, and at most 100.
    type: int
    default: 0
  take_over:
    description: Switch from a MongoDB that somebody brought to Atlas in this run, without moving any data.
    type: bool
    default: false
  is_moved:
    description: The data has been moved, so that O(goal=current) may put Atlas in the place of another MongoDB.
    type: bool
    default: false
  migration:
    description:
      - Whether the data is being moved, which is kept as the secret's tag C(calstack:migration).
      - While it is V(under_way), users keep roles and clusters that they have beside the wanted ones, and no other
        password is made.
      - V(finished) ends that. V(as_it_is) says nothing.
    type: str
    choices: [as_it_is, under_way, finished]
    default: as_it_is
  recovery_days:
    description:
      - For how many days a deleted secret can be restored, 7 to 30.
      - V(0) deletes at once and for ever.
    type: int
    default: 30
  kms_key_id:
    description:
      - The KMS key that encrypts the secret, as id, ARN or C(alias/NAME), used when the secret is made.
      - Empty means the key that AWS keeps for Secrets Manager.
    type: str
    default: ""
notes:
  - O(state=absent) deletes the users and the secret. A secret that belongs to the component C(secrets) only loses
    its pending version.
extends_documentation_fragment:
  - calstack.aws.component
  - calstack.aws.atlas.connection
  - calstack.aws.atlas.project
"""

EXAMPLES = r"""
- name: The application's user and its connection string
  calstack.aws.atlas_connection_secret:
    environment_name: dev
    stack_name: calstack-dev
    project_name: calstack-dev
    secret_name: calstack/dev/database
    database: calstack
    tasks_max: 4
    workers: 2

- name: The first half of a rotation
  calstack.aws.atlas_connection_secret:
    environment_name: dev
    stack_name: calstack-dev
    project_name: calstack-dev
    secret_name: calstack/dev/database
    database: calstack
    goal: prepared

- name: The role of the tasks instead of a password
  calstack.aws.atlas_connection_secret:
    environment_name: prod
    stack_name: calstack-prod
    project_name: calstack-prod
    secret_name: calstack/prod/database
    database: calstack
    mode: aws_iam
    role_arn: arn:aws:iam::123456789012:role/calstack-prod-eu-west-1-ecs-task
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
      description: The kind of resource, C(database user) or C(secret).
      type: str
      returned: always
      sample: database user
    name:
      description: The user's or the secret's name.
      type: str
      returned: always
      sample: calstack-dev-b
secret_arn:
  description: The secret's ARN, or V((known after apply\)).
  returned: when O(state=present)
  type: str
  sample: arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/database-AbCdEf
version_id:
  description: The version that is C(AWSCURRENT), or V((known after apply\)).
  returned: when O(state=present)
  type: str
  sample: 3f2b8b1e-8a55-4c0e-9c3a-6f5d0f0d5d11
pending_version_id:
  description: The version that is C(AWSPENDING), V((known after apply\)), or empty where nothing is.
  returned: when O(state=present)
  type: str
  sample: ""
source_version_id:
  description: The version with the MongoDB that was used before Atlas, or empty where there was none.
  returned: when O(state=present)
  type: str
  sample: ""
connected:
  description: Whether the current connection string is that of O(cluster_name).
  returned: when O(state=present)
  type: bool
  sample: true
current_changed:
  description: Whether this run has changed, or in check mode would change, what is C(AWSCURRENT).
  returned: when O(state=present)
  type: bool
  sample: false
settled:
  description:
    - Whether no running task needs another way to the cluster than the one that is asked for. Only then may a
      former way be closed.
  returned: when O(state=present)
  type: bool
  sample: true
tasks_behind:
  description: How many running tasks may have started with another version than the current one.
  returned: when O(state=present)
  type: int
  sample: 0
migrating:
  description: Whether the data is being moved.
  returned: when O(state=present)
  type: bool
  sample: false
user:
  description: The database user of the current version, or the role's ARN. Empty where Atlas is not current.
  returned: when O(state=present)
  type: str
  sample: calstack-dev-a
host:
  description: The cluster's hosts in the current version where that is Atlas's, else in the pending one.
  returned: when O(state=present)
  type: str
  sample: calstack-dev.ab1cd.mongodb.net
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, get_args

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._atlas.kind import Api
from ansible_collections.calstack.aws.plugins.module_utils._atlas.module import with_project
from ansible_collections.calstack.aws.plugins.module_utils._atlas.options import (
    CONNECTION,
    ONE_PROJECT,
    PROJECT,
    api_of,
)
from ansible_collections.calstack.aws.plugins.module_utils._connection import address, inputs, tasks
from ansible_collections.calstack.aws.plugins.module_utils._connection.manager import Manager
from ansible_collections.calstack.aws.plugins.module_utils._connection.outputs import answer
from ansible_collections.calstack.aws.plugins.module_utils._connection.plan import Plan
from ansible_collections.calstack.aws.plugins.module_utils._connection.role import task_role_arn
from ansible_collections.calstack.aws.plugins.module_utils._connection.rotation import GOALS, decide, take_down
from ansible_collections.calstack.aws.plugins.module_utils._connection.run import Outcome, World, run
from ansible_collections.calstack.aws.plugins.module_utils._connection.state import (
    ATLAS,
    Fresh,
    Migration,
    State,
    Wanted,
)
from ansible_collections.calstack.aws.plugins.module_utils._connection.users import Users
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import AwsClients
from ansible_collections.calstack.aws.plugins.module_utils._core.component import ARGUMENTS
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._secrets.mask import masks
from ansible_collections.calstack.aws.plugins.module_utils._secrets.secret import generate

OPTIONS: dict[str, dict[str, Any]] = {
    "secret_name": {"type": "str", "required": True, "no_log": False},
    "goal": {"type": "str", "choices": list(GOALS), "default": "present"},
    "cluster_name": {"type": "str", "default": ""},
    "mode": {"type": "str", "choices": ["scram", inputs.BY_ROLE], "default": "scram"},
    "role_arn": {"type": "str", "default": ""},
    "database": {"type": "str", "default": ""},
    "database_in_uri": {"type": "bool", "default": False},
    "roles": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "role_name": {"type": "str", "required": True},
            "database_name": {"type": "str", "required": True},
            "collection_name": {"type": "str", "default": ""},
        },
    },
    "access": {"type": "str", "choices": [inputs.NAT, inputs.PRIVATE], "default": inputs.NAT},
    "uri_options": {"type": "dict", "default": {}},
    "instance_size": {"type": "str", "default": ""},
    "tasks_max": {"type": "int", "default": 1},
    "workers": {"type": "int", "default": 1},
    "max_pool_size": {"type": "int", "default": 0},
    "take_over": {"type": "bool", "default": False},
    "is_moved": {"type": "bool", "default": False},
    "migration": {"type": "str", "choices": list(get_args(Migration)), "default": "as_it_is"},
    "recovery_days": {"type": "int", "default": 30},
    "kms_key_id": {"type": "str", "default": "", "no_log": False},
}

PASSWORD_LENGTH = 32
"""Letters and digits, 190 bits."""


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=ARGUMENTS | CONNECTION | PROJECT | OPTIONS, supports_check_mode=True, **ONE_PROJECT
    )
    api = api_of(module)
    try:
        outcome = converge(module, api, AwsClients(module))
    except CalstackError as error:
        module.fail_json(msg=str(error))
    for note in dict.fromkeys(outcome.notes):
        module.warn(note)
    module.exit_json(**answer(module.params, outcome, check=module.check_mode))


def converge(module: Any, api: Api, clients: Clients, **timing: Any) -> Outcome:
    """One run; `timing` is clock and sleep. Raises CalstackError."""
    hide = partial(star_out, module)
    inputs.check(module.params)
    params = with_project(api, module.params, check=module.check_mode)
    project = None if params["project_id"] == KNOWN_AFTER_APPLY else params["project_id"]
    scope = Scope(params["environment_name"], ATLAS, params["stack_name"])
    params = {
        **params,
        "role_arn": params["role_arn"] or task_role_arn(clients, scope.stack),
        "private_endpoint_id": address.endpoint(params, clients, scope, check=module.check_mode),
    }
    asked = question(params, api, project, check=module.check_mode, hide=hide, **timing)
    world = World(
        Manager(clients("secretsmanager"), scope, asked.secret, params["kms_key_id"], hide=hide, **timing),
        Users(api, project, asked.role),
        inputs.names(params),
        lambda: tasks.read(clients("ecs"), scope.stack, asked.secret),
    )

    def step(state: State) -> Plan:
        if params["state"] == "absent":
            return take_down(state, asked, params["recovery_days"])
        return decide(state, asked, params["goal"])

    return run(world, step, check=module.check_mode)


def question(
    params: Mapping[str, Any],
    api: Api,
    project: str | None,
    *,
    check: bool,
    hide: Callable[[Iterable[Any]], None],
    **timing: Any,
) -> Wanted:
    """What is wanted, with all that the cluster has to say to it. Raises CalstackError."""
    fresh = Fresh(generate(PASSWORD_LENGTH), str(uuid.uuid4()), datetime.now(UTC))
    hide([fresh.password])
    cluster = None
    if params["state"] == "present":
        composes = params["goal"] in inputs.COMPOSING
        cluster = (
            address.reachable(api, project, params, check=check, **timing)
            if composes
            else address.there(api, project, params)
        )
    asked = inputs.wanted(params, cluster, fresh)
    inputs.check_composed(params, asked)
    return asked


def star_out(module: Any, values: Iterable[Any]) -> None:
    """Star `values` out of all that the module says, except what is part of a public name."""
    params = module.params
    public = [params[name] for name in ("secret_name", "environment_name", "stack_name")]
    module.no_log_values.update(masks(values, public))


if __name__ == "__main__":
    main()
