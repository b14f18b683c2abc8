#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_blue_green_info
short_description: The releases of an environment, and who works on one
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Reads the records of the environment's releases, the timeline of one, and who holds the lock.
  - Can write the report of a release whose controller could not.
  - Can fail unless a commit is stable, for whatever must not go on before it is.
options:
  release:
    description: The id of the release to tell of. By default the newest.
    type: str
    default: ""
  limit:
    description: How many releases to list, newest first. At least 1.
    type: int
    default: 10
  report_dir:
    description:
      - The directory on this host for the report of the release, C(ID.html) and C(ID.json).
      - Without it there is none.
    type: path
  commit:
    description:
      - Fail unless the image that was built from this commit is stable, with what serves instead and what to do. It is
        stable when all requests go to it and no release is under way or paused.
      - The commit's SHA, whole or its first 7 digits or more.
    type: str
    default: ""
extends_documentation_fragment:
  - calstack.aws.look
seealso:
  - module: calstack.aws.ecs_blue_green
"""

EXAMPLES = r"""
- name: What has been released
  calstack.aws.ecs_blue_green_info:
    environment_name: prod
    stack_name: calstack-prod
  register: history

- name: Show it
  ansible.builtin.debug:
    msg: "{{ history.lines }}"

- name: The report of an earlier release
  calstack.aws.ecs_blue_green_info:
    environment_name: prod
    stack_name: calstack-prod
    release: 20260314-140312
    report_dir: releases

- name: Go on only from a commit that is stable in staging
  calstack.aws.ecs_blue_green_info:
    environment_name: staging
    stack_name: calstack-staging
    commit: 3f1c9ab0e5d2c4b6a79881706f5e4d3c2b1a0918
"""

RETURN = r"""
releases:
  description: The releases, newest first, each as RV(calstack.aws.ecs_blue_green#module:release).
  returned: always
  type: list
  elements: dict
  sample: [{id: 20260314-140312, phase: promoted, label: 1.1.0}]
release:
  description:
    - The release that O(release) names, or the newest, as RV(calstack.aws.ecs_blue_green#module:release).
    - Empty where there is none.
  returned: always
  type: dict
  sample: {id: 20260314-140312, phase: promoted, label: 1.1.0}
timeline:
  description: What happened in RV(release), oldest first.
  returned: always
  type: list
  elements: dict
  contains:
    at:
      description: When, in seconds since the epoch.
      type: float
      returned: always
      sample: 1773496992.4
    kind:
      description: V(phase), V(intent), V(done), V(verdict), V(note) or V(trouble).
      type: str
      returned: always
      sample: verdict
    words:
      description: What happened.
      type: str
      returned: always
      sample: "probes: pass, 30 of 30 answers right"
    phase:
      description: The release's phase at that moment.
      type: str
      returned: always
      sample: analyse
    candidate_weight:
      description: The candidate's share of the requests at that moment, in per cent.
      type: int
      returned: always
      sample: 10
lock:
  description: Who works on a release now. Null where nobody does.
  returned: always
  type: dict
  contains:
    holder:
      description: Who, on which machine, in which process.
      type: str
      returned: always
      sample: arn:aws:sts::123456789012:assumed-role/deploy/me on ci-7 (process 4711)
    since:
      description: Since when, in seconds since the epoch.
      type: float
      returned: always
      sample: 1773496992.1
    beat_at:
      description: The holder's last heartbeat, by the holder's clock, in seconds since the epoch.
      type: float
      returned: always
      sample: 1773496999.6
    lease:
      description: After so many seconds without a heartbeat another run may take over.
      type: float
      returned: always
      sample: 30.0
    release_id:
      description: What the holder works on; empty until something has been recorded.
      type: str
      returned: always
      sample: 20260314-140312
lines:
  description: The same for people, a line a list item. Times are in UTC.
  returned: always
  type: list
  elements: str
  sample: ["20260314-140312  promoted  1.1.0 on green"]
reports:
  description: The paths of the report, under V(html) and V(json). Empty where there is none.
  returned: always
  type: dict
  sample: {html: releases/20260314-140312.html, json: releases/20260314-140312.json}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._release.info import run

OPTIONS = {
    "environment_name": {"type": "str", "required": True},
    "stack_name": {"type": "str", "required": True},
    "release": {"type": "str", "default": ""},
    "limit": {"type": "int", "default": 10},
    "report_dir": {"type": "path"},
    "commit": {"type": "str", "default": ""},
}


def main() -> None:
    run(AnsibleAWSModule(argument_spec=OPTIONS, supports_check_mode=True))


if __name__ == "__main__":
    main()
