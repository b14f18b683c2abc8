#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: atlas_project
short_description: Create or delete a project of MongoDB Atlas
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Creates a project, or uses the one that has the name. An existing project is never changed.
  - Deletes a project only if it carries the tags of O(tags) that begin with C(calstack:), so one that was there before
    is left alone.
options:
  name:
    description: The name of the project.
    type: str
    required: true
  org_id:
    description:
      - The id of the organization that a new project goes into.
      - It is not needed where the credentials see exactly one.
      - The environment variable E(MONGODB_ATLAS_ORG_ID) is used where it is not given.
    type: str
  tags:
    description:
      - The tags of a new project. Those of an existing one are left as they are.
      - Atlas takes letters, digits, spaces and C(; @ _ - . +) only. What begins with C(calstack:) here begins with
        C(calstack.) there.
      - For O(state=absent), those among them that begin with C(calstack:) say whether the project is ours.
    type: dict
    default: {}
extends_documentation_fragment:
  - calstack.aws.atlas
"""

EXAMPLES = r"""
- name: The project of the production environment
  calstack.aws.atlas_project:
    name: calstack-prod
    tags:
      calstack:environment: prod
      calstack:stack: calstack-prod
  register: project

- name: Delete it, if it is this environment's
  calstack.aws.atlas_project:
    name: calstack-prod
    tags:
      calstack:environment: prod
      calstack:stack: calstack-prod
    state: absent
"""

RETURN = r"""
changes:
  description: What was changed, or in check mode would be.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: V(create) or V(delete).
      type: str
      returned: always
      sample: create
    kind:
      description: V(project).
      type: str
      returned: always
      sample: project
    name:
      description: The project's name.
      type: str
      returned: always
      sample: calstack-prod
project_id:
  description: The project's id. In check mode V((known after apply\)) where it would be created.
  returned: when O(state=present)
  type: str
  sample: 650f1a2b3c4d5e6f70819203
"""

from ansible.module_utils.basic import AnsibleModule, env_fallback
from ansible_collections.calstack.aws.plugins.module_utils._atlas.options import ARGUMENTS, api_of
from ansible_collections.calstack.aws.plugins.module_utils._atlas.project import converged
from ansible_collections.calstack.aws.plugins.module_utils._core.component import report
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError

OPTIONS = {
    "name": {"type": "str", "required": True},
    "org_id": {"type": "str", "fallback": (env_fallback, ["MONGODB_ATLAS_ORG_ID"])},
    "tags": {"type": "dict", "default": {}},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS | OPTIONS, supports_check_mode=True)
    try:
        done = converged(api_of(module), module.params, check=module.check_mode)
    except CalstackError as error:
        module.fail_json(msg=str(error))
    for warning in done.warnings:
        module.warn(warning)
    ident = {"project_id": done.project_id} if done.project_id else {}
    module.exit_json(**report(done.result), **ident)


if __name__ == "__main__":
    main()
