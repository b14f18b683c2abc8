#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr
short_description: Converge the image repository of an environment
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Converges one ECR repository with tags that never change their image, a scan of each image when it is pushed,
    AES-256 encryption, and a lifecycle policy.
  - A repository of this name that carries no C(calstack:environment) tag is taken over with its images, because the
    first push may have made it. One of another environment is refused.
options:
  repository:
    description:
      - The repository's name.
      - A repository that had this option's earlier value stays with its images and tags until O(state=absent).
    type: str
    required: true
  keep_images:
    description:
      - How many of the last pushed tagged images stay, and besides, how many of those that have a tag C(released-*).
      - Untagged ones go after 7 days.
    type: int
    default: 30
  pull_account_ids:
    description:
      - The other AWS accounts that may pull, by their 12 digits.
      - Other statements of the repository's policy are left alone.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - calstack.aws.component
"""

EXAMPLES = r"""
- name: The repository of the development environment
  calstack.aws.ecr:
    environment_name: dev
    stack_name: calstack-dev
    repository: calstack-dev

- name: Another account may pull the images
  calstack.aws.ecr:
    environment_name: dev
    stack_name: calstack-dev
    repository: calstack-dev
    pull_account_ids: ["210987654321"]

- name: Delete the repository and its images, if it carries the environment's tags
  calstack.aws.ecr:
    environment_name: dev
    stack_name: calstack-dev
    repository: calstack-dev
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
      sample: repository
    name:
      description: The resource's name.
      type: str
      returned: always
      sample: calstack-dev
ecr_repository_arn:
  description: The repository's ARN.
  returned: when O(state=present)
  type: str
  sample: arn:aws:ecr:eu-west-1:123456789012:repository/calstack-dev
ecr_repository_uri:
  description: Where images are pushed to and pulled from, without a tag.
  returned: when O(state=present)
  type: str
  sample: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack-dev
"""

from functools import partial

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._core.component import ARGUMENTS, Component, run
from ansible_collections.calstack.aws.plugins.module_utils._ecr.model import outputs, wanted
from ansible_collections.calstack.aws.plugins.module_utils._ecr.repository import Repository

OPTIONS = {
    "repository": {"type": "str", "required": True},
    "keep_images": {"type": "int", "default": 30},
    "pull_account_ids": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS | OPTIONS, supports_check_mode=True)
    asked = {name: module.params[name] for name in ("repository", "keep_images")}
    run(module, Component("ecr", [partial(Repository, **asked)], wanted, outputs))


if __name__ == "__main__":
    main()
