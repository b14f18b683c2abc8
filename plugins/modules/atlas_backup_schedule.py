#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: atlas_backup_schedule
short_description: Converge the backup schedule of a MongoDB Atlas cluster
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Converges when Atlas backs a cluster up, and for how long it keeps the backups.
  - Atlas makes the schedule with the cluster and deletes it with it, so there is no O(ignore:state).
  - Only what is asked for is compared.
  - For clusters of M10 and more. M0 has no backups, and those of Flex cannot be set.
options:
  cluster_name:
    description: The cluster's name.
    type: str
    required: true
  policies:
    description: All kinds of backups. Those not named are taken out of the schedule.
    type: list
    elements: dict
    suboptions:
      frequency_type:
        description: How often.
        type: str
        required: true
        choices: [hourly, daily, weekly, monthly, yearly]
      frequency_interval:
        description:
          - For V(hourly), every so many hours, 1 to 12. For V(daily), V(1).
          - For V(weekly), the day of the week, Monday 1 to Sunday 7. For V(monthly), the day of the month, or V(40) for
            its last. For V(yearly), the month.
        type: int
        default: 1
      retention_unit:
        description: What O(policies[].retention_value) counts.
        type: str
        required: true
        choices: [days, weeks, months, years]
      retention_value:
        description: For how many O(policies[].retention_unit) a backup is kept.
        type: int
        required: true
  restore_window_days:
    description: For how many days back any moment can be restored, with continuous backup.
    type: int
  reference_hour_of_day:
    description: The hour that backups are made relative to, in UTC.
    type: int
  reference_minute_of_hour:
    description: The minute of that hour.
    type: int
extends_documentation_fragment:
  - calstack.aws.atlas.connection
  - calstack.aws.atlas.plan
  - calstack.aws.atlas.project
"""

EXAMPLES = r"""
- name: A backup each day for a week, each Sunday for a month
  calstack.aws.atlas_backup_schedule:
    project_name: calstack-prod
    cluster_name: calstack-prod
    policies:
      - {frequency_type: daily, retention_unit: days, retention_value: 7}
      - {frequency_type: weekly, frequency_interval: 7, retention_unit: weeks, retention_value: 4}
    restore_window_days: 7
    reference_hour_of_day: 3
    reference_minute_of_hour: 30
"""

RETURN = r"""
changes:
  description: What was changed, or in check mode would be, in this order.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: V(update), or V(create) where the cluster is only planned.
      type: str
      returned: always
      sample: update
    kind:
      description: Always V(backup schedule).
      type: str
      returned: always
      sample: backup schedule
    name:
      description: The cluster's name.
      type: str
      returned: always
      sample: calstack-prod
project_id:
  description: The project's id.
  returned: success
  type: str
  sample: 32b6e34b3d91647abb20e7b8
cluster_name:
  description: The cluster's name.
  returned: success
  type: str
  sample: calstack-prod
"""

from functools import partial

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.calstack.aws.plugins.module_utils._atlas import backup_model
from ansible_collections.calstack.aws.plugins.module_utils._atlas.backup import BackupSchedule
from ansible_collections.calstack.aws.plugins.module_utils._atlas.module import run
from ansible_collections.calstack.aws.plugins.module_utils._atlas.options import CONNECTION, ONE_PROJECT, PROJECT

OPTIONS = {
    "cluster_name": {"type": "str", "required": True},
    "policies": {
        "type": "list",
        "elements": "dict",
        "options": {
            "frequency_type": {"type": "str", "required": True, "choices": list(backup_model.HIGHEST)},
            "frequency_interval": {"type": "int", "default": 1},
            "retention_unit": {"type": "str", "required": True, "choices": list(backup_model.UNITS)},
            "retention_value": {"type": "int", "required": True},
        },
    },
    "restore_window_days": {"type": "int"},
    "reference_hour_of_day": {"type": "int"},
    "reference_minute_of_hour": {"type": "int"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=CONNECTION | PROJECT | OPTIONS, supports_check_mode=True, **ONE_PROJECT)
    run(
        module,
        [partial(BackupSchedule, cluster=module.params["cluster_name"])],
        lambda params, _scope: backup_model.wanted(params),
        lambda params, _scope: {"project_id": params["project_id"], "cluster_name": params["cluster_name"]},
    )


if __name__ == "__main__":
    main()
