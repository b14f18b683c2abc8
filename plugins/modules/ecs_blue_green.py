#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_blue_green
short_description: Make an image stable step by step, or put everything back
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Releases an image to the colour that does not serve, shifts the users' requests to it in steps, and lets gates judge
    each step by evidence gathered since the step began. What fails is rolled back in one change of the balancer's rule.
  - Missing evidence is inconclusive. The step is extended, then the release pauses. Silence never passes.
  - What a release is about to do stands in its record first. So a run that was killed is gone on with by running the
    same task again, on any machine, and a second run at the same time is refused with the name of the first.
  - Needs what M(calstack.aws.release_support) makes.
options:
  environment_name:
    description: The environment, for example V(dev) or V(prod).
    type: str
    required: true
  stack_name:
    description: What the names of all resources start with, for example V(calstack-dev).
    type: str
    required: true
  state:
    description:
      - V(released) makes O(image) stable, or goes on with the release that does.
      - V(promoted) ends the pause of a release that waits for somebody, and goes on with it.
      - V(paused) lets the running release stop after what it is doing. The weights stay as they are.
      - V(aborted) ends the running or paused release by putting stable back.
      - V(rolled_back) goes back to the release O(to). A release that is under way is put back instead.
    type: str
    choices: [released, promoted, paused, aborted, rolled_back]
    default: released
  image:
    description:
      - C(NAME:TAG), C(REPOSITORY_URI:TAG) or C(REPOSITORY_URI@sha256:…). It is resolved to its digest.
      - Empty for the image that stable runs, to release changed settings.
    type: str
    default: ""
  commit:
    description:
      - In place of O(image), the commit that the image was built from, whole or its first 7 or more digits.
      - The image is the one in the environment's repository whose tag is the commit. It is resolved to its digest.
    type: str
    default: ""
  label:
    description: What people call the image. By default its tag, or its digest's first 12 characters.
    type: str
    default: ""
  to:
    description: For O(state=rolled_back), the id of the earlier release to go back to. By default the one before.
    type: str
    default: ""
  stable_colour:
    description:
      - Which colour is stable. Only for O(state=rolled_back), where both colours serve and no release knows why,
        because somebody has changed the rule by hand.
    type: str
    choices: [blue, green]
  strategy:
    description: The steps of the shift. The last one always has all the weight.
    type: dict
    suboptions:
      type:
        description:
          - V(all_at_once) shifts everything in one step.
          - V(canary) stays at O(strategy.weight) for O(strategy.bake), then shifts the rest.
          - V(linear) shifts O(strategy.step) more each O(strategy.bake).
          - V(steps) takes O(strategy.steps).
        type: str
        choices: [all_at_once, linear, canary, steps]
        default: canary
      weight:
        description: The canary's share of the requests, in per cent. V(10) if not given. Only for V(canary).
        type: int
      step:
        description: How much more each step has, in per cent. V(20) if not given. Only for V(linear).
        type: int
      bake:
        description: The seconds that the gates must pass at each step of V(canary) and V(linear).
        type: float
        default: 300
      final_bake:
        description: The seconds that the gates must pass with all the weight, before the candidate is promoted.
        type: float
        default: 300
      steps:
        description:
          - Steps of your own, with growing weights. Only for V(steps), which needs them.
          - A last one with weight 100 and O(strategy.final_bake) is added where there is none.
        type: list
        elements: dict
        suboptions:
          weight:
            description:
              - The candidate's share of the requests, in per cent.
              - At V(0) only those with the test rule's header go to it.
            type: int
            required: true
          bake:
            description: The seconds that the gates must pass.
            type: float
            default: 0
          pause:
            description:
              - What comes after the bake.
              - V(manual) waits until somebody asks for O(state=promoted), a time like V(09:00) until then, in UTC.
            type: str
            default: ""
  gates:
    description:
      - What must be right. The health of tasks and targets always must.
      - C(probes) asks through the balancer itself, both as users do and, with the test rule's header, the candidate.
        It has C(url), and may have C(address) (a host and a port to connect to instead of the url's), C(ca_file),
        C(origin_secret_arn) (a secret in Secrets Manager with the key C(ORIGIN_HEADER), whose value goes into the
        header C(X-Origin-Verify), where an edge stands before the balancer and the probes go past it),
        C(interval) (1 second), C(timeout) (5 seconds), C(failures) in a row that fail (3), C(failure_rate) of the last
        C(window) answers that fails (0.1 of 30), C(latency_p95) in seconds, C(smoke), the right answers in a row before
        the shift (5), and C(paths), a list with C(path), C(status) (a list), C(body) (a regular expression) and
        C(headers) that the answer must have exactly, its version for example. Off without a url.
      - C(error_rate) compares the rates of 5xx and of requests without an answer in CloudWatch by Fisher's exact test,
        of the whole bake and of its newest 5 periods. It may have C(minimum_requests) (100), C(significance) (0.001),
        C(tolerance), the excess that is borne (0.005), and C(maximum) (0.01), the rate that fails where stable has too
        few requests to compare with, and that does not pass where stable is as bad. An upgrade to a WebSocket counts as
        a request without an answer; with many of them, C(maximum) must allow for their share.
      - C(latency) compares the p95. It may have C(ratio) (1.5), C(tolerance) (0.1 seconds), C(minimum_requests) (100)
        and C(maximum), in seconds.
      - C(metrics) is a list of your own, with C(name), C(namespace), C(metric), C(dimensions), C(statistic) (Average),
        C(minimum) and C(maximum). In dimensions, C({colour}), C({cluster}), C({service}), C({load_balancer}) and
        C({target_group}) stand for the candidate's.
      - C(alarms) is a list of names of CloudWatch alarms. One that is in ALARM at the start is a refusal.
      - C(period) is the length of CloudWatch's periods in seconds (60).
      - C(error_rate) and C(latency) are on with these numbers; null turns them off.
      - An option that is misspelt or cannot be is refused by its name before anything is changed.
    type: dict
    default: {}
  one_off_tasks:
    description: Tasks that run once with the new image before the candidate starts, for example a migration, in order.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Up to 20 letters, digits and hyphens.
        type: str
        required: true
      command:
        description: The words of the command.
        type: list
        elements: str
        required: true
      timeout:
        description: After this many seconds it is stopped, and the release fails.
        type: float
        default: 900
  start_timeout:
    description: The seconds for the candidate's tasks to run and be healthy.
    type: float
    default: 900
  smoke_timeout:
    description: The seconds for the candidate to answer rightly over the test rule.
    type: float
    default: 120
  rollback_timeout:
    description: The seconds for the whole way back. More than O(capacity_wait).
    type: float
    default: 900
  capacity_wait:
    description: How many seconds a rollback waits for stable to be as large as it was, while some of it is healthy.
    type: float
    default: 120
  patience:
    description: How many seconds a call may fail for a passing reason, as throttling, until the release gives up on it.
    type: float
    default: 30
  extensions:
    description: How often a step's bake is repeated while the evidence is inconclusive, before the release pauses.
    type: int
    default: 2
  keep_warm:
    description:
      - The seconds that the old colour's tasks stay after the promotion. So long, going back is one change of the rule.
      - EventBridge Scheduler then stops them and puts the scaling back. No controller need be there.
    type: float
    default: 3600
  pause_limit:
    description: The seconds after which a pause that nobody ends puts stable back, at least V(120). Needs O(dead_man).
    type: float
    default: 86400
  dead_man:
    description:
      - The seconds without a heartbeat after which EventBridge Scheduler puts stable back, without any controller.
      - At least V(120), because the scheduler is exact to a minute. V(0) is no dead-man switch.
    type: float
    default: 300
  stickiness:
    description:
      - The seconds that a user stays with the colour that answered first, during the shift. At most V(604800), a week.
      - V(0) weighs each request anew. A rollback leaves nobody with the failing colour either way.
    type: int
    default: 0
  lease:
    description: The seconds without a heartbeat after which another run may take the release over.
    type: float
    default: 30
  topic_arn:
    description: The topic that is told of start, pause, promotion and rollback. Empty for the environment's own.
    type: str
    default: ""
  webhook:
    description:
      - A URL that gets the same as JSON with a C(text), as Slack, Mattermost and Teams take it.
      - It begins with C(https://). The URL is a secret and is shown nowhere.
    type: str
    default: ""
  report_dir:
    description: The directory on this host for the reports C(ID.html) and C(ID.json). Without it there are none.
    type: path
  progress_file:
    description: Where progress goes, a JSON object a line. The action plugin of this name sets it.
    type: path
attributes:
  action:
    description: Shows the progress live, where the module runs on the controller.
    support: full
  async:
    description: Progress is then not shown.
    support: full
  check_mode:
    description: Returns RV(plan), and fails with what would be refused. Without a single call that writes.
    support: full
  diff_mode:
    description: In check mode shows what is different in the task definition. Secrets by name and ARN, never by value.
    support: full
  idempotent:
    description: To release what is stable already changes nothing.
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
seealso:
  - module: calstack.aws.ecs_blue_green_info
  - module: calstack.aws.release_support
"""

EXAMPLES = r"""
- name: Release a version, a tenth of the requests first
  calstack.aws.ecs_blue_green:
    environment_name: prod
    stack_name: calstack-prod
    image: calstack:1.1.0
    gates:
      probes:
        url: https://calstack.example.com
        paths:
          - path: /
            headers: {X-App-Version: 1.1.0}
    report_dir: releases

- name: Migrate the database, then shift in steps of your own, the last of them in the morning
  calstack.aws.ecs_blue_green:
    environment_name: prod
    stack_name: calstack-prod
    image: calstack:1.2.0
    one_off_tasks:
      - name: migrate
        command: [flask, db, upgrade]
    strategy:
      type: steps
      steps:
        - {weight: 0, bake: 60}
        - {weight: 5, bake: 300}
        - {weight: 50, bake: 600, pause: "09:00"}
        - {weight: 100, bake: 900}

- name: Release what was built from a commit
  calstack.aws.ecs_blue_green:
    environment_name: prod
    stack_name: calstack-prod
    commit: 3f1c9ab

- name: Go on with a release that waits for somebody
  calstack.aws.ecs_blue_green:
    environment_name: prod
    stack_name: calstack-prod
    state: promoted

- name: Go back to the version before
  calstack.aws.ecs_blue_green:
    environment_name: prod
    stack_name: calstack-prod
    state: rolled_back
"""

RETURN = r"""
message:
  description: What came of it, why, and what to do next, a line a list item.
  returned: always
  type: list
  elements: str
  sample: ["1.1.0 is stable on green"]
outcome:
  description:
    - The release's phase with underscores, for example V(promoted), V(rolled_back), V(paused) or V(rollback_failed).
    - V(planned) in check mode, V(unchanged) where there was nothing to do.
  returned: always
  type: str
  sample: promoted
plan:
  description: In check mode what a run would do, in words and weights, a line a list item. Else empty.
  returned: always
  type: list
  elements: str
  sample: ["start 2 tasks of 1.1.0 on green", "10 % to green, 300 s"]
reports:
  description: The paths of the report, under V(html) and V(json). Empty where there is none.
  returned: always
  type: dict
  sample: {html: releases/20260314-140312.html, json: releases/20260314-140312.json}
release:
  description: The release that was worked on, or in check mode would be. Empty where there was nothing to do.
  returned: always
  type: dict
  contains:
    id:
      description: Its id, the time it began in UTC. Ids sort by time.
      type: str
      returned: always
      sample: 20260314-140312
    kind:
      description: V(release), or V(rollback) for one that goes back to an earlier image.
      type: str
      returned: always
      sample: release
    phase:
      description: Where it is, for example V(promoted), V(rolled back), V(paused) or V(rollback failed).
      type: str
      returned: always
      sample: promoted
    reason:
      description: Why it is paused, was rolled back or has ended, in words.
      type: str
      returned: always
      sample: ""
    stack:
      description: The stack's name.
      type: str
      returned: always
      sample: calstack-prod
    image:
      description: The image, by its digest.
      type: str
      returned: always
      sample: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack@sha256:621c…
    label:
      description: What people call the image.
      type: str
      returned: always
      sample: 1.1.0
    stable:
      description: The colour that served when it began.
      type: str
      returned: always
      sample: blue
    candidate:
      description: The colour that got the image.
      type: str
      returned: always
      sample: green
    weight:
      description: The candidate's share of the requests, as set last, in per cent.
      type: int
      returned: always
      sample: 100
    steps:
      description: The steps, each with V(weight), V(bake) and V(pause).
      type: list
      elements: dict
      returned: always
      sample: [{weight: 10, bake: 300.0, pause: ""}, {weight: 100, bake: 300.0, pause: ""}]
    step:
      description: Which of the steps it is at, counted from 0.
      type: int
      returned: always
      sample: 1
    stable_image:
      description: The image that served when it began, by its digest.
      type: str
      returned: always
      sample: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack@sha256:9f00…
    stable_label:
      description: What people call that.
      type: str
      returned: always
      sample: 1.0.0
    stable_task_definition:
      description: The revision that served when it began.
      type: str
      returned: always
      sample: arn:aws:ecs:eu-west-1:123456789012:task-definition/calstack-prod-blue:7
    base_task_definition:
      description: The revision whose settings the candidate has.
      type: str
      returned: always
      sample: arn:aws:ecs:eu-west-1:123456789012:task-definition/calstack-prod-green:6
    task_definition:
      description: The candidate's revision; empty until it is registered.
      type: str
      returned: always
      sample: arn:aws:ecs:eu-west-1:123456789012:task-definition/calstack-prod-green:7
    tasks:
      description: How many tasks the candidate is to have.
      type: int
      returned: always
      sample: 2
    stable_tasks:
      description: How many tasks stable had when it began.
      type: int
      returned: always
      sample: 2
    one_offs:
      description: The one-off tasks, each with V(name), V(command) and V(timeout).
      type: list
      elements: dict
      returned: always
      sample: []
    one_offs_done:
      description: The names of those that have run.
      type: list
      elements: str
      returned: always
      sample: []
    scaling:
      description: What is put back in the end, by colour.
      type: dict
      returned: always
      sample: {blue: {minimum: 2, scale_in: false, scale_out: false, scheduled: false}}
    by:
      description: Whose credentials it began with.
      type: str
      returned: always
      sample: arn:aws:sts::123456789012:assumed-role/deploy/me
    started_at:
      description: When it began, in seconds since the epoch.
      type: float
      returned: always
      sample: 1773496992.4
    ended_at:
      description: When it ended; V(0) while it has not.
      type: float
      returned: always
      sample: 1773497711.9
    verdict_at:
      description: When the rollback was decided; V(0) if none was.
      type: float
      returned: always
      sample: 0.0
    restored_at:
      description: When the rule was read back with nothing on the candidate; V(0) if it was not.
      type: float
      returned: always
      sample: 0.0
    rollback_seconds:
      description: From the one to the other, as measured. Null where there was no rollback.
      type: float
      returned: always
      sample: 0.4
    warm_until:
      description: Until when the old colour's tasks stay; V(0) if they do not.
      type: float
      returned: always
      sample: 1773501311.9
    previous:
      description: The id of the release that had made stable stable; empty for the first image.
      type: str
      returned: always
      sample: 20260310-090114
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._release.module import run

SECONDS = {
    "start_timeout": 900,
    "smoke_timeout": 120,
    "rollback_timeout": 900,
    "capacity_wait": 120,
    "patience": 30,
    "keep_warm": 3600,
    "pause_limit": 86400,
    "dead_man": 300,
    "lease": 30,
}

OPTIONS = {
    "environment_name": {"type": "str", "required": True},
    "stack_name": {"type": "str", "required": True},
    "state": {
        "type": "str",
        "choices": ["released", "promoted", "paused", "aborted", "rolled_back"],
        "default": "released",
    },
    "image": {"type": "str", "default": ""},
    "commit": {"type": "str", "default": ""},
    "label": {"type": "str", "default": ""},
    "to": {"type": "str", "default": ""},
    "stable_colour": {"type": "str", "choices": ["blue", "green"]},
    "strategy": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "type": {
                "type": "str",
                "choices": ["all_at_once", "linear", "canary", "steps"],
                "default": "canary",
            },
            "weight": {"type": "int"},
            "step": {"type": "int"},
            "bake": {"type": "float", "default": 300},
            "final_bake": {"type": "float", "default": 300},
            "steps": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "weight": {"type": "int", "required": True},
                    "bake": {"type": "float", "default": 0},
                    "pause": {"type": "str", "default": ""},
                },
            },
        },
    },
    # Without suboptions: Ansible would set those left out to null, and a gate that is null is off.
    "gates": {"type": "dict", "default": {}},
    "one_off_tasks": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "command": {"type": "list", "elements": "str", "required": True},
            "timeout": {"type": "float", "default": 900},
        },
    },
    **{name: {"type": "float", "default": seconds} for name, seconds in SECONDS.items()},
    "extensions": {"type": "int", "default": 2},
    "stickiness": {"type": "int", "default": 0},
    "topic_arn": {"type": "str", "default": ""},
    "webhook": {"type": "str", "default": "", "no_log": True},
    "report_dir": {"type": "path"},
    "progress_file": {"type": "path"},
}


def main() -> None:
    run(AnsibleAWSModule(argument_spec=OPTIONS, supports_check_mode=True))


if __name__ == "__main__":
    main()
