#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: delivery
short_description: Converge what a GitHub workflow needs to deploy to an environment
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Converges GitHub's OpenID Connect provider in the account and one IAM role, which only the jobs of one repository
    in one GitHub environment can take. There is no key to store.
  - The role may push to the environment's image repository and release from it, and nothing else. Policies that others
    have added to it are taken away.
  - The provider is found or created. It is deleted only if this module has made it and no other role of the account
    trusts it.
options:
  repository:
    description:
      - The GitHub repository, C(OWNER/REPO), written as GitHub writes it.
      - For a repository whose tokens carry its numbers, as they do where it was made or renamed since July 2026,
        C(OWNER@ID/REPO@ID).
      - Empty for no delivery from GitHub. What this module has made for the environment before is then deleted.
    type: str
    default: ""
  github_environment:
    description:
      - The GitHub environment whose jobs may take the role.
      - By default O(environment_name).
    type: str
    default: ""
  branch:
    description:
      - The branch that jobs must run for, besides.
      - Empty for every branch that the GitHub environment lets deploy.
    type: str
    default: ""
  role_name:
    description:
      - The role's name, by default made of O(stack_name) and the region.
      - A role of a former name is deleted.
    type: str
    default: ""
  permissions_boundary_arn:
    description: A managed policy that the role can never exceed.
    type: str
    default: ""
  rule_arns:
    description:
      - The balancer's rules, under V(production) and V(test), the only ones that a release may change.
      - Required where O(repository) is given and O(state=present).
    type: dict
    default: {}
  image_repository_arn:
    description:
      - The ECR repository, the only one that can be pushed to.
      - Required where O(repository) is given and O(state=present).
    type: str
    default: ""
extends_documentation_fragment:
  - calstack.aws.component
"""

EXAMPLES = r"""
- name: Workflows of example/calstack may deploy to production from main
  calstack.aws.delivery:
    environment_name: prod
    stack_name: calstack-prod
    repository: example/calstack
    branch: main
    rule_arns:
      production: arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/calstack-prod-alb/50dc/f2f7/9683
      test: arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/calstack-prod-alb/50dc/f2f7/9684
    image_repository_arn: arn:aws:ecr:eu-west-1:123456789012:repository/calstack-prod

- name: Not any more
  calstack.aws.delivery:
    environment_name: prod
    stack_name: calstack-prod
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
      description: V(identity provider) or V(role).
      type: str
      returned: always
      sample: role
    name:
      description: The resource's name.
      type: str
      returned: always
      sample: calstack-prod-eu-west-1-deploy
delivery_role_arn:
  description: What the workflow's jobs take. Empty where no repository is given.
  returned: when O(state=present)
  type: str
  sample: arn:aws:iam::123456789012:role/calstack-prod-eu-west-1-deploy
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._core.component import ARGUMENTS, run
from ansible_collections.calstack.aws.plugins.module_utils._delivery.component import delivery

OPTIONS = {
    "repository": {"type": "str", "default": ""},
    "github_environment": {"type": "str", "default": ""},
    "branch": {"type": "str", "default": ""},
    "role_name": {"type": "str", "default": ""},
    "permissions_boundary_arn": {"type": "str", "default": ""},
    "rule_arns": {"type": "dict", "default": {}},
    "image_repository_arn": {"type": "str", "default": ""},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS | OPTIONS, supports_check_mode=True)
    run(module, delivery(check=module.check_mode))


if __name__ == "__main__":
    main()
