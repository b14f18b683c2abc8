#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What CloudFront is told to forget."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_invalidation
short_description: Make CloudFront forget cached files, once for each reason
version_added: 0.1.0
description:
  - Invalidates paths of the environment's distribution, after a release for example.
  - One reference is one invalidation. A second run with the same O(reference) only waits for the first one's.
  - CloudFront's copies go, those in browsers do not. A file that changes under the same name stays old there for as
    long as browsers were told.
author:
  - CalStack Deploy contributors (@calstack)
options:
  environment_name:
    description: The environment, for example V(dev).
    type: str
    required: true
  stack_name:
    description: What the names of its resources start with, for example V(calstack-dev).
    type: str
    required: true
  distribution_id:
    description: The distribution. When empty, the environment's is found.
    type: str
    default: ''
  paths:
    description: What to forget, with V(*) at the end at most. Each counts as one, whatever it matches.
    type: list
    elements: str
    default: [/static/*]
  reference:
    description: The reason, as a word. The id of a release, for example.
    type: str
    required: true
  wait:
    description: Whether to wait until it is forgotten everywhere.
    type: bool
    default: true
  wait_seconds:
    description: For how long.
    type: int
    default: 900
  progress_file:
    description: Where progress goes, a JSON object a line. The action plugin of this name sets it.
    type: path
attributes:
  action:
    description: Shows how far it is, where it runs on the controller.
    support: full
  check_mode:
    description: Says whether one would be made.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
  idempotent:
    description: The same reference makes no second one, among the newest 20 at least. CloudFront knows older ones.
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
- name: Forget the old release's files
  calstack.aws.dns_invalidation:
    environment_name: dev
    stack_name: calstack-dev
    reference: 20260722T101500Z-1
"""

RETURN = r"""
distribution_id:
  description: The distribution.
  returned: always
  type: str
  sample: E1A2B3C4D5E6F7
invalidation_id:
  description: The invalidation. Empty in check mode where there is none yet.
  returned: always
  type: str
  sample: I1A2B3C4D5E6F7
"""

from functools import partial
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import AwsClients, doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.telling import Teller
from ansible_collections.calstack.aws.plugins.module_utils._dns import invalidation
from ansible_collections.calstack.aws.plugins.module_utils._dns.context import Context, EdgeRegion
from ansible_collections.calstack.aws.plugins.module_utils._dns.zones import Place

OPTIONS: dict[str, dict[str, Any]] = {
    "environment_name": {"type": "str", "required": True},
    "stack_name": {"type": "str", "required": True},
    "distribution_id": {"type": "str", "default": ""},
    "paths": {"type": "list", "elements": "str", "default": ["/static/*"]},
    "reference": {"type": "str", "required": True},
    "wait": {"type": "bool", "default": True},
    "wait_seconds": {"type": "int", "default": 900},
    "progress_file": {"type": "path"},
}


def run(module: Any, context: Context) -> dict[str, Any]:
    """Find, in check mode stop, create, wait. Raises CalstackError."""
    params, client = module.params, context.edge("cloudfront")
    paths, reference = params["paths"], params["reference"]
    invalidation.check(paths, reference)
    scope = Scope(params["environment_name"], "dns", params["stack_name"])
    with doing(f"looking for the invalidation {reference} of {scope.stack}"):
        distribution = params["distribution_id"] or invalidation.find_distribution(client, scope)
        ident = invalidation.find(client, distribution, reference)
    is_new = not ident
    if is_new and not module.check_mode:
        with doing(f"invalidating {', '.join(paths)} of {scope.stack}"):
            ident = invalidation.create(client, distribution, paths, reference)
    if ident and params["wait"] and not module.check_mode:
        with doing(f"waiting for the invalidation {reference} of {scope.stack}"):
            look = partial(invalidation.status, client, distribution, ident)
            context.until(f"invalidation {reference}", look, invalidation.COMPLETED)
    return {"changed": is_new, "distribution_id": distribution, "invalidation_id": ident}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=OPTIONS, supports_check_mode=True)
    try:
        with Teller(module.params["progress_file"]) as teller:
            edge = AwsClients(EdgeRegion(module))
            context = Context(Place(""), edge, seconds=float(module.params["wait_seconds"]), teller=teller)
            answer = run(module, context)
    except CalstackError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
