#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: atlas_maintenance_window
short_description: Converge when MongoDB Atlas may do its maintenance in a project
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Converges the weekly hour in which Atlas starts maintenance that may elect new primaries.
  - Without a window, which is what O(state=absent) makes, Atlas chooses the time.
options:
  day_of_week:
    description: The day. Required for O(state=present).
    type: str
    choices: [sunday, monday, tuesday, wednesday, thursday, friday, saturday]
  hour_of_day:
    description:
      - The hour, 0 to 23, in the project's time zone, which is UTC where nobody has set it.
      - Required for O(state=present).
    type: int
extends_documentation_fragment:
  - calstack.aws.atlas
  - calstack.aws.atlas.project
"""

EXAMPLES = r"""
- name: Maintenance on Sundays at three
  calstack.aws.atlas_maintenance_window:
    project_name: calstack-prod
    day_of_week: sunday
    hour_of_day: 3

- name: Maintenance whenever Atlas likes
  calstack.aws.atlas_maintenance_window:
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
      description: Always V(maintenance window).
      type: str
      returned: always
      sample: maintenance window
    name:
      description: The project's name.
      type: str
      returned: always
      sample: calstack-prod
project_id:
  description: The project's id.
  returned: when O(state=present)
  type: str
  sample: 32b6e34b3d91647abb20e7b8
day_of_week:
  description: The day.
  returned: when O(state=present)
  type: str
  sample: sunday
hour_of_day:
  description: The hour.
  returned: when O(state=present)
  type: int
  sample: 3
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.calstack.aws.plugins.module_utils._atlas import maintenance
from ansible_collections.calstack.aws.plugins.module_utils._atlas.module import run
from ansible_collections.calstack.aws.plugins.module_utils._atlas.options import ARGUMENTS, ONE_PROJECT, PROJECT

OPTIONS = {
    "day_of_week": {"type": "str", "choices": list(maintenance.DAYS)},
    "hour_of_day": {"type": "int"},
}
RETURNED = ("project_id", "day_of_week", "hour_of_day")


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS | PROJECT | OPTIONS,
        supports_check_mode=True,
        required_if=[("state", "present", ("day_of_week", "hour_of_day"))],
        **ONE_PROJECT,
    )
    run(
        module,
        [maintenance.MaintenanceWindow],
        maintenance.wanted,
        lambda params, _scope: {name: params[name] for name in RETURNED},
    )


if __name__ == "__main__":
    main()
