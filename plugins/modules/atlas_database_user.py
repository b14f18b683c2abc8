#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: atlas_database_user
short_description: Converge a database user of a MongoDB Atlas project
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Converges one database user, with a password (SCRAM) or without any (AWS IAM).
  - Atlas never returns a password, so it cannot be compared. See O(update_password).
  - A user that is there is compared with what is asked for only. The order of roles and scopes does not count.
options:
  username:
    description:
      - The user's name.
      - With O(aws_iam_type), the ARN of the IAM role or user.
    type: str
    required: true
  database_name:
    description:
      - The database that knows the user.
      - By default V($external) with O(aws_iam_type=USER) and O(aws_iam_type=ROLE), V(admin) otherwise. There is no
        other choice.
    type: str
    choices: [admin, $external]
  password:
    description:
      - The password, of 8 characters and more. Needed to create a user with O(aws_iam_type=NONE).
      - It is never returned, and starred out of messages in clear, percent-encoded and base64.
    type: str
  update_password:
    description:
      - V(on_create) sets the password of a new user only.
      - V(always) sets it on every run. As Atlas does not say whether it was another one, every run is a change.
    type: str
    choices: [on_create, always]
    default: on_create
  roles:
    description: What the user may do. Required for O(state=present).
    type: list
    elements: dict
    suboptions:
      role_name:
        description: The role, for example V(readWrite) or one of the project's own.
        type: str
        required: true
      database_name:
        description: Where it holds. The project's own roles and those for all databases are in V(admin).
        type: str
        default: admin
      collection_name:
        description: The only collection that it holds for. All by default.
        type: str
  scopes:
    description:
      - The names of the clusters that the user is let in to. An empty list means all of the project.
      - Where it is not given, it stays as it is, and a new user is let in to all.
    type: list
    elements: str
  aws_iam_type:
    description:
      - V(ROLE) or V(USER) lets in whoever acts as that IAM role or user, without a password.
      - It cannot be changed afterwards.
    type: str
    choices: [NONE, USER, ROLE]
    default: NONE
  delete_after:
    description:
      - When Atlas deletes the user, in ISO 8601, within the next week.
      - Where it is not given, it stays as it is.
    type: str
  description:
    description:
      - A text for people.
      - Where it is not given, it stays as it is.
    type: str
extends_documentation_fragment:
  - calstack.aws.atlas
  - calstack.aws.atlas.project
"""

EXAMPLES = r"""
- name: The user of an application
  calstack.aws.atlas_database_user:
    project_name: calstack-dev
    username: calstack-dev-a
    password: "{{ lookup('ansible.builtin.env', 'DATABASE_PASSWORD') }}"
    roles:
      - {role_name: readWrite, database_name: calstack}
    scopes: [calstack-dev]

- name: No password at all, for the tasks of an ECS service
  calstack.aws.atlas_database_user:
    project_name: calstack-dev
    username: arn:aws:iam::123456789012:role/calstack-dev-task
    aws_iam_type: ROLE
    roles:
      - {role_name: readWrite, database_name: calstack}

- name: A user no longer needed
  calstack.aws.atlas_database_user:
    project_name: calstack-dev
    username: calstack-dev-b
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
      description: Always V(database user).
      type: str
      returned: always
      sample: database user
    name:
      description: The user's name.
      type: str
      returned: always
      sample: calstack-dev-a
project_id:
  description: The project's id.
  returned: when O(state=present)
  type: str
  sample: 32b6e34b3d91647abb20e7b8
username:
  description: The user's name.
  returned: when O(state=present)
  type: str
  sample: calstack-dev-a
database_name:
  description: The database that knows the user, for the C(authSource) of a connection string.
  returned: when O(state=present)
  type: str
  sample: admin
"""

from functools import partial

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.calstack.aws.plugins.module_utils._atlas import user_model
from ansible_collections.calstack.aws.plugins.module_utils._atlas.module import run
from ansible_collections.calstack.aws.plugins.module_utils._atlas.options import ARGUMENTS, ONE_PROJECT, PROJECT
from ansible_collections.calstack.aws.plugins.module_utils._atlas.user import (
    DatabaseUser,
    refuse_without_password,
)

OPTIONS = {
    "username": {"type": "str", "required": True},
    "database_name": {"type": "str", "choices": ["admin", "$external"]},
    "password": {"type": "str", "no_log": True},
    "update_password": {
        "type": "str",
        "choices": ["on_create", "always"],
        "default": "on_create",
        "no_log": False,
    },
    "roles": {
        "type": "list",
        "elements": "dict",
        "options": {
            "role_name": {"type": "str", "required": True},
            "database_name": {"type": "str", "default": "admin"},
            "collection_name": {"type": "str"},
        },
    },
    "scopes": {"type": "list", "elements": "str"},
    "aws_iam_type": {"type": "str", "choices": ["NONE", "USER", "ROLE"], "default": "NONE"},
    "delete_after": {"type": "str"},
    "description": {"type": "str"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS | PROJECT | OPTIONS, supports_check_mode=True, **ONE_PROJECT)
    login = user_model.login(module.params)
    user = partial(DatabaseUser, login=login, password=module.params["password"] or "")
    run(
        module,
        [user],
        user_model.wanted,
        lambda params, _scope: {
            "project_id": params["project_id"],
            "username": login.username,
            "database_name": login.database,
        },
        guard=refuse_without_password,
    )


if __name__ == "__main__":
    main()
