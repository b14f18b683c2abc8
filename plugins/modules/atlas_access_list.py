#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: atlas_access_list
short_description: Converge the entries of a MongoDB Atlas project's IP access list under one comment
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Makes the entries with the comment O(comment) exactly those of O(entries), and waits until Atlas has brought them to
    the clusters.
  - The comment is the mark of what is this module's. Entries with another comment are left alone. Where one of
    O(entries) is among them, it counts as there, and a warning says so.
  - New entries are added in one request, before old ones are removed.
options:
  comment:
    description: What marks the entries, up to 80 characters.
    type: str
    required: true
  entries:
    description:
      - Who is let in, each a single address (V(192.0.2.1)), a network (V(192.0.2.0/24)), or the id of a security
        group of a peered VPC (V(sg-...)). Required for O(state=present).
      - In check mode an address may be V((known after apply\)).
      - An empty list removes all entries with the comment.
    type: list
    elements: str
    default: []
  allow_everywhere:
    description: Whether O(entries) may hold V(0.0.0.0/0), which lets the whole internet try passwords.
    type: bool
    default: false
extends_documentation_fragment:
  - calstack.aws.atlas
  - calstack.aws.atlas.project
"""

EXAMPLES = r"""
- name: Let the NAT gateways of the VPC in
  calstack.aws.atlas_access_list:
    project_name: calstack-dev
    comment: calstack-dev NAT
    entries: [192.0.2.10, 192.0.2.11]

- name: And nobody any more
  calstack.aws.atlas_access_list:
    project_name: calstack-dev
    comment: calstack-dev NAT
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
      sample: update
    kind:
      description: Always V(access list).
      type: str
      returned: always
      sample: access list
    name:
      description: The comment.
      type: str
      returned: always
      sample: calstack-dev NAT
project_id:
  description: The project's id.
  returned: when O(state=present)
  type: str
  sample: 32b6e34b3d91647abb20e7b8
entries:
  description: The entries, single addresses as networks of one.
  returned: when O(state=present)
  type: list
  elements: str
  sample: [192.0.2.10/32, 192.0.2.11/32]
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.calstack.aws.plugins.module_utils._atlas import access_model
from ansible_collections.calstack.aws.plugins.module_utils._atlas.access import AccessList
from ansible_collections.calstack.aws.plugins.module_utils._atlas.module import run
from ansible_collections.calstack.aws.plugins.module_utils._atlas.options import ARGUMENTS, ONE_PROJECT, PROJECT

OPTIONS = {
    "comment": {"type": "str", "required": True},
    "entries": {"type": "list", "elements": "str", "default": []},
    "allow_everywhere": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS | PROJECT | OPTIONS, supports_check_mode=True, **ONE_PROJECT)
    check = module.check_mode
    others: set[str] = set()

    def outputs(params: Mapping[str, Any], _scope: object) -> dict[str, Any]:
        entries = sorted({access_model.entry(item, check=check) for item in params["entries"]})
        return {"project_id": params["project_id"], "entries": entries}

    run(
        module,
        [partial(AccessList, comment=module.params["comment"].strip(), others=others)],
        lambda params, _scope: access_model.wanted(params, check=check),
        outputs,
        notes=lambda _found, _scope: access_model.notes(others),
    )


if __name__ == "__main__":
    main()
