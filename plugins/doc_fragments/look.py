# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Documentation that the modules share which only look."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  environment_name:
    description: The environment, for example V(dev).
    type: str
    required: true
  stack_name:
    description: What the names of its resources start with, for example V(calstack-dev).
    type: str
    required: true
attributes:
  check_mode:
    description: Only reads.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
  idempotent:
    description: Changes nothing.
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
