#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_image_info
short_description: Find the digest of the image with a tag
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Looks for one image in an ECR repository by its tag. That there is none is no failure.
options:
  repository_uri:
    description: The repository, for example V(123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack-dev).
    type: str
    required: true
  tag:
    description: The tag.
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

EXAMPLES = r"""
- name: Was this commit built?
  calstack.aws.ecr_image_info:
    repository_uri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack-dev
    tag: 3f1c9ab0e5d2c4b6a79881706f5e4d3c2b1a0918
  register: built
"""

RETURN = r"""
digest:
  description: The image's digest. Empty where no image has the tag.
  returned: always
  type: str
  sample: sha256:9d3f1c0b7e5a4d2c8b6a9f0e1d2c3b4a5968778695a4b3c2d1e0f9a8b7c6d5e4
image:
  description: The image by its digest. Empty where no image has the tag.
  returned: always
  type: str
  sample: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack-dev@sha256:9d3f1c0b7e5a4d2c8b6a9f0e1d2c3b4a59687786
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._build.image import digest_of
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import AwsClients, doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError

OPTIONS = {
    "repository_uri": {"type": "str", "required": True},
    "tag": {"type": "str", "required": True},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=OPTIONS, supports_check_mode=True)
    repository, tag = module.params["repository_uri"], module.params["tag"]
    try:
        with doing(f"looking for the image {tag} in {repository}"):
            digest = digest_of(AwsClients(module)("ecr"), repository, tag)
    except CalstackError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, digest=digest, image=f"{repository}@{digest}" if digest else "")


if __name__ == "__main__":
    main()
