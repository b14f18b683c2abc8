# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Documentation that all component modules share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  environment_name:
    description:
      - The environment, for example V(dev) or V(prod).
      - Every resource carries it in the tag C(calstack:environment).
    type: str
    required: true
  stack_name:
    description: What the names of all resources start with, for example V(calstack-dev).
    type: str
    required: true
  state:
    description:
      - V(present) converges the component to what the other options say.
      - V(absent) deletes everything of the component that carries the environment's tags, and nothing else.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description:
      - Plans without a single call that writes.
      - Ids that AWS has not given out yet are V((known after apply\)).
    support: full
  diff_mode:
    description: Shows each resource that is created, changed or deleted, property by property.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
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
