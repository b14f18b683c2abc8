#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: atlas_cluster
short_description: Converge a cluster of MongoDB Atlas
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Creates, changes or deletes a cluster on AWS in one region, of the size M0 (free), FLEX, or any dedicated size.
  - Only what is given is compared. What Atlas adds to it, and what its autoscaling has changed, is no difference.
  - Waits until the cluster is IDLE, and shows how far it is. With O(wait=false) it only asks Atlas for it, so that the
    rest can be built meanwhile, and a later run waits.
  - A cluster that is paused, has several regions or is sharded is never changed.
options:
  name:
    description:
      - The name of the cluster, of letters, digits and hyphens. It cannot be changed.
      - Atlas tells the clusters of a project apart by the first 23 characters.
    type: str
    required: true
  instance_size:
    description:
      - V(M0), V(FLEX), or a dedicated size such as V(M10), V(M30), V(R40) or V(M40_NVME).
      - Required for O(state=present).
      - Atlas makes an M0 or FLEX cluster a dedicated one only by an upgrade of its own, and never the other way round.
        What to do then is in the message.
    type: str
  region:
    description:
      - The region, as AWS or as Atlas writes it, for example V(eu-west-1) or V(EU_WEST_1). It cannot be changed.
      - Required for O(state=present).
    type: str
  mongodb_version:
    description:
      - The major version of MongoDB, for example V(8.0). Atlas chooses where it is not given.
      - It can be raised only. Atlas alone chooses that of M0 and FLEX.
    type: str
  nodes:
    description: The number of electable nodes. A new cluster has V(3) where it is not given. Dedicated sizes only.
    type: int
    choices: [3, 5, 7]
  disk_size_gb:
    description:
      - The size of the disk in GB, V(10) or more. Dedicated sizes only, but those of NVMe disks.
      - Where O(disk_autoscaling) is on, a larger disk is no difference.
    type: int
  disk_autoscaling:
    description: Whether Atlas makes the disk larger when it fills. Dedicated sizes only, but those of NVMe disks.
    type: bool
  compute_autoscaling:
    description:
      - Within what limits Atlas chooses the size by itself. Dedicated sizes only.
      - While it is on, any size within the limits is no difference.
    type: dict
    suboptions:
      enabled:
        description: Whether Atlas chooses at all.
        type: bool
        default: true
      min:
        description: The smallest size. By default O(instance_size).
        type: str
      max:
        description: The largest size, which limits the bill. Required while it is on.
        type: str
      scale_down:
        description: Whether Atlas may also choose a smaller size than now.
        type: bool
        default: true
  backup:
    description: Whether there are backups. Dedicated sizes only. FLEX always has them, M0 never.
    type: bool
  point_in_time:
    description: Whether the cluster can be restored to any moment. Needs O(backup). Dedicated sizes only.
    type: bool
  termination_protection:
    description:
      - Whether the cluster refuses to be deleted.
      - While it is on, O(state=absent) is refused before anything is deleted.
    type: bool
  tags:
    description:
      - Tags that the cluster is to have. Those that others have added stay.
      - Atlas takes letters, digits, spaces and C(; @ _ - . +) only. What begins with C(calstack:) here begins with
        C(calstack.) there.
      - For O(state=absent), a cluster that lacks those among them that begin with C(calstack:) is left alone.
    type: dict
  adopt:
    description:
      - Whether to take over a cluster of this name that carries no tag C(calstack:environment), if O(tags) has one.
      - It is then tagged, changed to what the options say, and deleted by O(state=absent). Without, it is refused.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until the cluster is IDLE, or for O(state=absent) until it is gone, also where nothing changes.
      - After a change O(wait=false) waits too, up to 30 seconds, until Atlas has begun it.
      - In check mode nothing is waited for.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait at most. Dedicated clusters were seen to take 12 to 29 minutes.
      - A run that gives up has lost nothing. The next one goes on waiting.
    type: int
    default: 3600
  progress_file:
    description: Where progress goes, a JSON object a line. The action plugin of this name sets it.
    type: path
attributes:
  action:
    description: Shows how far the cluster is while the module waits, where it runs on the controller.
    support: full
  async:
    description: Runs in the background as any module, without progress.
    support: full
extends_documentation_fragment:
  - calstack.aws.atlas
  - calstack.aws.atlas.project
"""

EXAMPLES = r"""
- name: Ask for the cluster of the production environment, and go on with the rest
  calstack.aws.atlas_cluster:
    project_name: calstack-prod
    name: calstack-prod
    instance_size: M10
    region: eu-west-1
    mongodb_version: "8.0"
    disk_autoscaling: true
    compute_autoscaling:
      min: M10
      max: M30
    backup: true
    point_in_time: true
    termination_protection: true
    wait: false

- name: Wait for it
  calstack.aws.atlas_cluster:
    project_name: calstack-prod
    name: calstack-prod
    instance_size: M10
    region: eu-west-1
  register: cluster

- name: Where it is
  ansible.builtin.debug:
    var: cluster.connection_strings.standard_srv

- name: Delete the development environment's cluster, and wait until it is gone
  calstack.aws.atlas_cluster:
    project_name: calstack-dev
    name: calstack-dev
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
      description: V(create), V(update) or V(delete).
      type: str
      returned: always
      sample: create
    kind:
      description: V(cluster).
      type: str
      returned: always
      sample: cluster
    name:
      description: The cluster's name.
      type: str
      returned: always
      sample: calstack-prod
project_id:
  description: The id of the cluster's project. In check mode V((known after apply\)) where there is none yet.
  returned: when O(state=present)
  type: str
  sample: 650f1a2b3c4d5e6f70819203
state_name:
  description: Atlas's word for what it is doing, V(IDLE), V(CREATING), V(UPDATING) or V(REPAIRING).
  returned: when O(state=present) and the cluster exists
  type: str
  sample: IDLE
instance_size:
  description: The size that the cluster has now, which autoscaling may have chosen.
  returned: when O(state=present) and the cluster exists
  type: str
  sample: M10
mongodb_version:
  description: The version of MongoDB that it runs. Empty while Atlas has not told it.
  returned: when O(state=present) and the cluster exists
  type: str
  sample: 8.0.12
connection_strings:
  description: Where the cluster is. There is neither user nor password in them.
  returned: when O(state=present) and the cluster exists
  type: dict
  contains:
    standard:
      description: With all its hosts. Empty until it is known.
      type: str
      returned: always
      sample: mongodb://a-00-00.x1.mongodb.net:27017,a-00-01.x1.mongodb.net:27017/?ssl=true&replicaSet=atlas-1-shard-0
    standard_srv:
      description: With the name that DNS knows the hosts by. Empty until it is known.
      type: str
      returned: always
      sample: mongodb+srv://calstack-prod.x1.mongodb.net
    private_endpoints:
      description: The strings for private endpoints, one for each.
      type: list
      elements: dict
      returned: always
      contains:
        type:
          description: V(MONGOD), or V(MONGOS) for a sharded cluster.
          type: str
          returned: always
          sample: MONGOD
        connection_string:
          description: With all hosts.
          type: str
          returned: always
          sample: mongodb://pl-0-eu-west-1.x1.mongodb.net:1024,pl-0-eu-west-1.x1.mongodb.net:1025/?ssl=true
        srv_connection_string:
          description: With the name that DNS knows the hosts by.
          type: str
          returned: always
          sample: mongodb+srv://calstack-prod-pl-0.x1.mongodb.net
        endpoints:
          description: The endpoints it goes through.
          type: list
          elements: dict
          returned: always
          contains:
            endpoint_id:
              description: The id of the VPC endpoint.
              type: str
              returned: always
              sample: vpce-0a1b2c3d4e5f
            provider_name:
              description: V(AWS).
              type: str
              returned: always
              sample: AWS
            region:
              description: The region, as Atlas writes it.
              type: str
              returned: always
              sample: EU_WEST_1
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_module import run
from ansible_collections.calstack.aws.plugins.module_utils._atlas.options import ARGUMENTS, ONE_PROJECT, PROJECT

OPTIONS = {
    "name": {"type": "str", "required": True},
    "instance_size": {"type": "str"},
    "region": {"type": "str"},
    "mongodb_version": {"type": "str"},
    "nodes": {"type": "int", "choices": [3, 5, 7]},
    "disk_size_gb": {"type": "int"},
    "disk_autoscaling": {"type": "bool"},
    "compute_autoscaling": {
        "type": "dict",
        "options": {
            "enabled": {"type": "bool", "default": True},
            "min": {"type": "str"},
            "max": {"type": "str"},
            "scale_down": {"type": "bool", "default": True},
        },
    },
    "backup": {"type": "bool"},
    "point_in_time": {"type": "bool"},
    "termination_protection": {"type": "bool"},
    "tags": {"type": "dict"},
    "adopt": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 3600},
    "progress_file": {"type": "path"},
}


def main() -> None:
    run(AnsibleModule(argument_spec=ARGUMENTS | PROJECT | OPTIONS, supports_check_mode=True, **ONE_PROJECT))


if __name__ == "__main__":
    main()
