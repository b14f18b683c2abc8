#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: atlas_info
short_description: Find what there is in a project of MongoDB Atlas
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Returns the project's clusters of all kinds, its database users, access list, private endpoints, maintenance window
    and backup schedules, in the names that the modules have which converge them.
  - There are no secrets in it.
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
    description: Use C(group/calstack.aws.atlas) in C(module_defaults) to set options for all modules that ask Atlas.
    support: full
    membership: [calstack.aws.atlas]
extends_documentation_fragment:
  - calstack.aws.atlas.connection
  - calstack.aws.atlas.project
"""

EXAMPLES = r"""
- name: What there is in the project of the development environment
  calstack.aws.atlas_info:
    project_name: calstack-dev
  register: atlas

- name: For people
  ansible.builtin.debug:
    var: atlas.lines
"""

RETURN = r"""
project:
  description: The project. Empty where there is none of this name or id that the credentials can see.
  returned: always
  type: dict
  contains:
    id:
      description: Its id.
      type: str
      returned: always
      sample: 650f1a2b3c4d5e6f70819203
    name:
      description: Its name.
      type: str
      returned: always
      sample: calstack-dev
    org_id:
      description: The id of its organization.
      type: str
      returned: always
      sample: 64b1c0d2e3f4051627384950
    tags:
      description: Its tags.
      type: dict
      returned: always
      sample: {calstack:environment: dev}
clusters:
  description: The clusters, by name.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
      returned: always
      sample: 650f1a2b3c4d5e6f70819204
    name:
      description: Its name.
      type: str
      returned: always
      sample: calstack-dev
    state_name:
      description: Atlas's word for what it is doing.
      type: str
      returned: always
      sample: IDLE
    paused:
      description: Whether it is paused.
      type: bool
      returned: always
      sample: false
    cluster_type:
      description: V(REPLICASET), V(SHARDED) or V(GEOSHARDED).
      type: str
      returned: always
      sample: REPLICASET
    instance_size:
      description: The size that it has now.
      type: str
      returned: always
      sample: M10
    region:
      description: The region, as Atlas writes it. Where there are several, all of them.
      type: str
      returned: always
      sample: EU_WEST_1
    nodes:
      description: The number of electable nodes.
      type: int
      returned: always
      sample: 3
    mongodb_version:
      description: The version of MongoDB that it runs. Empty while Atlas has not told it.
      type: str
      returned: always
      sample: 8.0.12
    disk_size_gb:
      description: The size of the disk in GB. Null where it cannot be chosen.
      type: float
      returned: always
      sample: 10.0
    disk_autoscaling:
      description: Whether Atlas makes the disk larger when it fills.
      type: bool
      returned: always
      sample: true
    compute_autoscaling:
      description: The limits V(min) and V(max), and V(scale_down). Empty where it is off.
      type: dict
      returned: always
      sample: {min: M10, max: M30, scale_down: true}
    backup:
      description: Whether there are backups.
      type: bool
      returned: always
      sample: true
    point_in_time:
      description: Whether it can be restored to any moment.
      type: bool
      returned: always
      sample: true
    termination_protection:
      description: Whether it refuses to be deleted.
      type: bool
      returned: always
      sample: true
    tags:
      description: Its tags.
      type: dict
      returned: always
      sample: {calstack:environment: dev}
    connection_strings:
      description: Where it is, as M(calstack.aws.atlas_cluster) returns it.
      type: dict
      returned: always
      sample: {standard: "", standard_srv: mongodb+srv://calstack-dev.x1.mongodb.net, private_endpoints: []}
database_users:
  description: The database users.
  returned: always
  type: list
  elements: dict
  contains:
    username:
      description: The name, or the ARN of a role or user of AWS.
      type: str
      returned: always
      sample: calstack-dev-a
    database_name:
      description: Where the user logs in, V(admin) or V($external).
      type: str
      returned: always
      sample: admin
    type:
      description: V(scram) for a password, V(aws_iam) for an identity of AWS.
      type: str
      returned: always
      sample: scram
    roles:
      description: The roles, each with V(role), V(database) and V(collection), which is empty for all.
      type: list
      elements: dict
      returned: always
      sample: [{role: readWrite, database: calstack, collection: ""}]
    clusters:
      description: The clusters that the user may log in to. Empty for all.
      type: list
      elements: str
      returned: always
      sample: [calstack-dev]
    delete_after:
      description: When Atlas deletes the user. Empty for never.
      type: str
      returned: always
      sample: ""
access_list:
  description: Who may come in over the internet.
  returned: always
  type: list
  elements: dict
  contains:
    entry:
      description: The block of addresses.
      type: str
      returned: always
      sample: 198.51.100.7/32
    comment:
      description: The comment.
      type: str
      returned: always
      sample: "calstack:calstack-dev"
    delete_after:
      description: When Atlas deletes the entry. Empty for never.
      type: str
      returned: always
      sample: ""
private_endpoints:
  description: Atlas's side of the private endpoints on AWS.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The id of the endpoint service.
      type: str
      returned: always
      sample: 650f1a2b3c4d5e6f70819205
    region:
      description: The region, as Atlas writes it.
      type: str
      returned: always
      sample: EU_WEST_1
    status:
      description: Atlas's word for its state.
      type: str
      returned: always
      sample: AVAILABLE
    endpoint_service_name:
      description: What a VPC endpoint is connected to. Empty until Atlas knows it.
      type: str
      returned: always
      sample: com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d4e5f
    endpoint_ids:
      description: The VPC endpoints that are connected.
      type: list
      elements: str
      returned: always
      sample: [vpce-0a1b2c3d4e5f]
maintenance_window:
  description:
    - V(day_of_week), from V(1) for Sunday to V(7), and V(hour_of_day). Empty where Atlas may choose.
  returned: always
  type: dict
  sample: {day_of_week: 1, hour_of_day: 3}
backup_schedules:
  description: The backup schedules of the dedicated clusters that have backups.
  returned: always
  type: list
  elements: dict
  contains:
    cluster_name:
      description: Whose it is.
      type: str
      returned: always
      sample: calstack-dev
    restore_window_days:
      description: How far back it can be restored to any moment, in days.
      type: int
      returned: always
      sample: 7
    policies:
      description: How often there is a backup and how long it is kept.
      type: list
      elements: dict
      returned: always
      sample: [{frequency_type: daily, frequency_interval: 1, retention_unit: days, retention_value: 7}]
lines:
  description: The same for people, one line a cluster and one for who may come in.
  returned: always
  type: list
  elements: str
  sample: ["calstack-dev  M10 in EU_WEST_1  IDLE  MongoDB 8.0.12, backups to any moment"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.calstack.aws.plugins.module_utils._atlas.info import look
from ansible_collections.calstack.aws.plugins.module_utils._atlas.options import (
    CONNECTION,
    ONE_PROJECT,
    PROJECT,
    api_of,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError


def main() -> None:
    module = AnsibleModule(argument_spec=CONNECTION | PROJECT, supports_check_mode=True, **ONE_PROJECT)
    try:
        found = look(api_of(module), **{name: module.params[name] or "" for name in PROJECT})
    except CalstackError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
