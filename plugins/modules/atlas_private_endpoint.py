#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: atlas_private_endpoint
short_description: Converge PrivateLink between a VPC and a MongoDB Atlas project
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Converges both sides, the endpoint service of the Atlas project in the VPC's region, and the VPC endpoint to it
    with a security group of its own, which lets the tasks in and nobody else.
  - Waits until both sides are available. Atlas needs some minutes for the first endpoint service of a region.
  - A region's endpoint service is found again, and shared with whoever else uses it. V(absent) deletes it only with an
    endpoint of ours, when nobody else's is left.
  - Refuses where the tasks' security group does not let them out to the endpoint.
options:
  vpc_id:
    description: The VPC. Needed with O(state=present).
    type: str
    default: ""
  subnet_ids:
    description: The subnets that get an address of the endpoint, one for each zone. Needed with O(state=present).
    type: list
    elements: str
    default: []
  task_security_group_id:
    description: The security group of the tasks, which may connect. Needed with O(state=present).
    type: str
    default: ""
  cluster_name:
    description:
      - The cluster that the endpoint is for. It must be M10 or larger. One that is not there yet is not looked at.
      - Empty means O(stack_name).
    type: str
    default: ""
notes:
  - The tasks' own security group must let them out to TCP ports 1024 to 65535 within the VPC, as the role
    C(calstack.aws.vpc) does by default where C(atlas_access) is V(private_endpoint).
extends_documentation_fragment:
  - calstack.aws.component
  - calstack.aws.atlas.connection
  - calstack.aws.atlas.project
"""

EXAMPLES = r"""
- name: A private path from the tasks to Atlas
  calstack.aws.atlas_private_endpoint:
    environment_name: prod
    stack_name: calstack-prod
    project_name: calstack-prod
    vpc_id: vpc-0a1b2c3d4e5f60718
    subnet_ids: [subnet-0a1b2c3d4e5f60718, subnet-0a1b2c3d4e5f60719]
    task_security_group_id: sg-0a1b2c3d4e5f60718

- name: Take it down
  calstack.aws.atlas_private_endpoint:
    environment_name: prod
    stack_name: calstack-prod
    project_name: calstack-prod
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
      sample: VPC endpoint
    name:
      description: The resource's name.
      type: str
      returned: always
      sample: calstack-prod-atlas
endpoint_id:
  description: The VPC endpoint, or V((known after apply\)).
  returned: when O(state=present)
  type: str
  sample: vpce-0a1b2c3d4e5f60718
security_group_id:
  description: The endpoint's security group, or V((known after apply\)).
  returned: when O(state=present)
  type: str
  sample: sg-0a1b2c3d4e5f60718
service_id:
  description: The endpoint service's id in Atlas, or V((known after apply\)).
  returned: when O(state=present)
  type: str
  sample: 5e2211c17a3e5a48f5497de3
service_name:
  description: What AWS calls the endpoint service, or V((known after apply\)).
  returned: when O(state=present)
  type: str
  sample: com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d4e5f60718
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._atlas import cluster_api
from ansible_collections.calstack.aws.plugins.module_utils._atlas.module import AtlasClients, with_project
from ansible_collections.calstack.aws.plugins.module_utils._atlas.options import (
    CONNECTION,
    ONE_PROJECT,
    PROJECT,
    api_of,
)
from ansible_collections.calstack.aws.plugins.module_utils._atlas.private_endpoint import (
    AtlasEndpoint,
    AtlasVpcEndpoint,
    EndpointService,
)
from ansible_collections.calstack.aws.plugins.module_utils._atlas.private_endpoint_model import (
    notes,
    outputs,
    refuse_closed,
    refuse_shared,
    wanted,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import AwsClients, doing
from ansible_collections.calstack.aws.plugins.module_utils._core.component import ARGUMENTS, report
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Kind, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY, known, resolve
from ansible_collections.calstack.aws.plugins.module_utils._vpc.ec2 import describe
from ansible_collections.calstack.aws.plugins.module_utils._vpc.groups import SecurityGroup, SecurityGroupRules
from ansible_collections.calstack.aws.plugins.module_utils._vpc.rules import normalise

OPTIONS: dict[str, dict[str, Any]] = {
    "vpc_id": {"type": "str", "default": ""},
    "subnet_ids": {"type": "list", "elements": "str", "default": []},
    "task_security_group_id": {"type": "str", "default": ""},
    "cluster_name": {"type": "str", "default": ""},
}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=ARGUMENTS | CONNECTION | PROJECT | OPTIONS, supports_check_mode=True, **ONE_PROJECT
    )
    try:
        answer = site(module.params, AtlasClients(api_of(module), AwsClients(module)), check=module.check_mode)
    except CalstackError as error:
        module.fail_json(msg=str(error))
    for note in answer.pop("notes"):
        module.warn(note)
    module.exit_json(**answer)


def site(given: dict[str, Any], clients: AtlasClients, *, check: bool, **timing: Any) -> dict[str, Any]:
    """One run: what the module returns, and `notes` to warn of. `timing` is clock and sleep. Raises CalstackError."""
    scope = Scope(given["environment_name"], "atlas", given["stack_name"])
    present = given["state"] == "present"
    asked = wanted(given, scope) if present else []
    doubts: list[str] = []
    params = with_project(clients("atlas"), given, check=check, doubts=doubts)
    project = None if params["project_id"] == KNOWN_AFTER_APPLY else params["project_id"]
    if present and project:
        refuse_shared(cluster_api.get(clients("atlas"), project, params["cluster_name"] or scope.stack))
    if present:
        try:
            refuse_closed_network(clients, scope, given)
        except InputError as error:
            # In check mode the network is as it was: the component vpc may be about to open it.
            if not check:
                raise
            doubts.append(str(error))
    made = [kind(clients, scope) for kind in kinds(project, **timing)]
    result = converge(made, asked, check=check, **timing)
    told = resolve(outputs(params, scope), known(result.found)) if present else {}
    left = [ident for kind in made if isinstance(kind, EndpointService) for ident in kind.left]
    return {**report(result), **told, "notes": [*doubts, *notes(left)]}


def refuse_closed_network(clients: AtlasClients, scope: Scope, given: dict[str, Any]) -> None:
    """Raises InputError where the tasks' group shuts them in; what is only planned yet is not looked at."""
    group, subnets = given["task_security_group_id"], given["subnet_ids"]
    if KNOWN_AFTER_APPLY in (group, *subnets):
        return
    with doing(f"reading the security group {group} of the tasks"):
        (rules,) = describe(clients("ec2"), "describe_security_groups", "SecurityGroups", GroupIds=[group])
    with doing(f"reading the subnets of the private endpoint of {scope.stack}"):
        blocks = describe(clients("ec2"), "describe_subnets", "Subnets", SubnetIds=list(subnets))
    refuse_closed(group, normalise(rules["IpPermissionsEgress"]), [item["CidrBlock"] for item in blocks])


def kinds(project: str | None, **timing: Any) -> Sequence[Callable[..., Kind]]:
    """In order of use."""
    return (
        partial(SecurityGroup, **timing),
        partial(SecurityGroupRules, **timing),
        partial(EndpointService, project=project, **timing),
        partial(AtlasVpcEndpoint, **timing),
        partial(AtlasEndpoint, project=project, **timing),
    )


if __name__ == "__main__":
    main()
