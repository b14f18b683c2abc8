#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_estimate
short_description: What an environment costs a month, before anything exists or from what runs
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Estimates a month's bill of an environment by component, low, expected and high by traffic, in USD.
  - Says what would make it cheaper, by how much, and what that costs in reliability.
  - Every price carries its source, its date, and whether it was checked; C(docs/cost.md) says what is left out.
  - With O(from=variables) it needs neither an account nor a network.
options:
  environment_name:
    description: The environment, for example V(dev).
    type: str
    required: true
  stack_name:
    description: What the names of its resources start with. Needed with O(from=running).
    type: str
  from:
    description:
      - V(variables) estimates what O(network), O(service) and the others describe.
      - V(running) looks at what carries the environment's tags instead, as far as it can be seen. Traffic, edge and
        database are still those of the options.
    type: str
    choices: [variables, running]
    default: variables
  network:
    description: The network.
    type: dict
    default: {}
    suboptions:
      zones:
        description: How many availability zones.
        type: int
        default: 2
      nat:
        description: One NAT gateway a zone, one for all, or none.
        type: str
        choices: [per_zone, single, none]
        default: per_zone
      interface_endpoints:
        description: How many services have an interface endpoint; each stands in every zone.
        type: int
        default: 0
      flow_logs:
        description: Whether all traffic is logged.
        type: bool
        default: false
      flow_log_days:
        description: How many days flow logs are kept.
        type: int
        default: 30
  service:
    description: The tasks of both colours together.
    type: dict
    default: {}
    suboptions:
      cpu:
        description: CPU of a task in Fargate's units, 1024 to a vCPU.
        type: int
        default: 256
      memory:
        description: Memory of a task in MiB.
        type: int
        default: 512
      architecture:
        description: What processors.
        type: str
        choices: [X86_64, ARM64]
        default: X86_64
      tasks_min:
        description: The least number of tasks.
        type: int
        default: 2
      tasks_max:
        description: The greatest number of tasks, by default O(service.tasks_min).
        type: int
      tasks:
        description:
          - The month's mean number of tasks, a number or a mapping of C(low), C(expected), C(high).
          - When omitted, what the traffic needs between O(service.tasks_min) and O(service.tasks_max).
        type: raw
      spot_share:
        description: The part of the task hours on Fargate Spot, from 0 to 1.
        type: float
        default: 0
      insights:
        description: Container Insights of the cluster.
        type: str
        choices: [enabled, enhanced, disabled]
        default: enabled
      log_days:
        description: How many days the tasks' logs are kept.
        type: int
        default: 30
      secret_variables:
        description: How many environment variables come from Secrets Manager.
        type: int
        default: 8
  balancer:
    description: The load balancer.
    type: dict
    default: {}
    suboptions:
      exists:
        description: Whether there is one.
        type: bool
        default: true
      health_check_interval:
        description: Seconds between health checks. Each is a line in the tasks' log.
        type: int
        default: 10
  edge:
    description: Name and content delivery.
    type: dict
    default: {}
    suboptions:
      cloudfront:
        description: Whether CloudFront stands in front of the balancer.
        type: bool
        default: true
      zones:
        description: How many hosted zones of Route 53.
        type: int
        default: 1
      health_check:
        description: Whether Route 53 watches the name over HTTPS.
        type: bool
        default: false
      waf_rules:
        description: How many rules the web ACL has. With 0 there is no web ACL.
        type: int
        default: 0
  database:
    description: The cluster at Atlas.
    type: dict
    default: {}
    suboptions:
      size:
        description: Atlas's size, V(M0), V(FLEX), V(M10) and so on.
        type: str
        default: M10
      data_gb:
        description: Data with indexes on disk in GB, a number or a mapping of C(low), C(expected), C(high).
        type: raw
        default: {low: 1, expected: 2, high: 5}
      private_endpoint:
        description: Whether tasks reach it by PrivateLink.
        type: bool
        default: false
      backup_ratio:
        description: How much larger than the data all snapshots together are.
        type: float
        default: 2
  watch:
    description: Alarms and dashboard.
    type: dict
    default: {}
    suboptions:
      alarm_metrics:
        description:
          - How many metrics all alarms look at, without the alarms that autoscaling makes. The default is what the role
            monitoring watches.
          - AWS bills an alarm by the metric.
        type: int
        default: 21
      scaling_alarms:
        description: How many alarms autoscaling makes itself.
        type: int
        default: 8
      composite_alarms:
        description: How many composite alarms.
        type: int
        default: 1
      dashboards:
        description: How many dashboards.
        type: int
        default: 1
      custom_metrics:
        description: How many metrics of log filters.
        type: int
        default: 2
      emails:
        description: E-mails a month, a number or a mapping of C(low), C(expected), C(high).
        type: raw
        default: {low: 10, expected: 50, high: 500}
  store:
    description: Secrets, images and what releases keep.
    type: dict
    default: {}
    suboptions:
      secrets:
        description: How many secrets.
        type: int
        default: 2
      customer_keys:
        description: How many customer-managed keys the secrets need.
        type: int
        default: 0
      images:
        description: How many images the repository keeps.
        type: int
        default: 30
      image_gb:
        description: What one more image adds, in GB.
        type: float
        default: 0.1
      releases:
        description: Releases a month, a number or a mapping of C(low), C(expected), C(high).
        type: raw
        default: {low: 4, expected: 12, high: 40}
      release_hours:
        description: How many hours there are twice as many tasks for a release.
        type: float
        default: 0.6
  traffic:
    description: What users do in a month, and how much of it goes where. KB are 1,000 bytes.
    type: dict
    default: {}
    suboptions:
      requests:
        description: Requests a month, a number or a mapping of C(low), C(expected), C(high).
        type: raw
        default: {low: 100000, expected: 1000000, high: 5000000}
      static_share:
        description: The part of them that CloudFront's cache answers, from 0 to 1.
        type: float
        default: 0.6
      dynamic_kb:
        description: The size of an answer of the application.
        type: float
        default: 20
      static_kb:
        description: The size of a static file.
        type: float
        default: 40
      request_kb:
        description: The size of a request.
        type: float
        default: 2
      database_kb:
        description: What a request to the application exchanges with the database.
        type: float
        default: 10
      outbound_kb:
        description: What a request to the application exchanges with others' APIs.
        type: float
        default: 2
      log_bytes:
        description: Bytes in the log for each request and each health check.
        type: float
        default: 300
      flow_log_kb:
        description: Flow log for each request to the balancer.
        type: float
        default: 1
      flow_log_base_gb:
        description: Flow log of what the Internet tries at any address, a number or a mapping.
        type: raw
        default: {low: 0.2, expected: 0.5, high: 1.0}
  free_allowances:
    description:
      - Whether the account's always-free allowances (1 TB from CloudFront, ten alarms …) are this environment's.
      - All environments of an account share them, so they are not counted by default.
    type: bool
    default: false
  prices:
    description:
      - Prices in USD by key, in place of those of the repository, for example C(atlas_m10_hour).
      - RV(items[].unit) says for what unit.
    type: dict
    default: {}
  price_file:
    description: A file of AWS's price list, or a folder of them, whose prices go before those of the repository.
    type: path
  fetch:
    description:
      - Whether to ask AWS's pricing API. It needs credentials with C(pricing:GetProducts).
      - Where it cannot be had, RV(notes) says why, and the other prices are used.
    type: bool
    default: false
  budget:
    description: USD an expected month may cost. More makes the module fail and name the three biggest savings.
    type: float
  as_if:
    description:
      - The environment runs in a lab and costs nothing; the figures are as if it ran on AWS.
      - Then it is never over O(budget).
    type: bool
    default: false
  report_dir:
    description: Where to write C(cost-ENV.txt), C(cost-ENV.json) and C(cost-ENV.svg). Made where it is missing.
    type: path
attributes:
  check_mode:
    description: Writes no files.
    support: full
  diff_mode:
    description: The files are made anew.
    support: none
  idempotent:
    description: Changed only when a file of O(report_dir) is new or different.
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
- name: What production would cost, with one NAT gateway and a Flex cluster
  calstack.aws.cost_estimate:
    environment_name: prod
    region: eu-west-1
    network: {nat: single}
    database: {size: FLEX}
    traffic:
      requests: {low: 200000, expected: 800000, high: 3000000}
  register: cost

- name: Show it
  ansible.builtin.debug:
    msg: "{{ cost.lines }}"

- name: What runs must not cost more than 140 USD
  calstack.aws.cost_estimate:
    environment_name: prod
    stack_name: calstack-prod
    region: eu-west-1
    from: running
    budget: 140
    report_dir: reports
"""

RETURN = r"""
lines:
  description: The estimate as a table for people.
  returned: always
  type: list
  elements: str
  sample: ["What prod costs a month in eu-west-1, in USD, by traffic"]
month_usd:
  description: The whole month, low, expected and high.
  returned: always
  type: dict
  sample: {low: 95.17, expected: 106.3, high: 139.53}
components:
  description: The month by component.
  returned: always
  type: dict
  sample: {alb: {low: 25.71, expected: 25.77, high: 26.05}}
items:
  description: Every line of the bill.
  returned: always
  type: list
  elements: dict
  contains:
    component:
      description: The component.
      type: str
      returned: always
      sample: vpc
    name:
      description: What is paid for.
      type: str
      returned: always
      sample: NAT gateways
    quantity:
      description: How many units a month, low, expected and high.
      type: dict
      returned: always
      sample: {low: 730.0, expected: 730.0, high: 730.0}
    unit:
      description: The unit.
      type: str
      returned: always
      sample: h
    unit_usd:
      description: USD for a unit.
      type: float
      returned: always
      sample: 0.048
    free_units:
      description: Units that cost nothing, with O(free_allowances).
      type: float
      returned: always
      sample: 0
    usd:
      description: USD a month, low, expected and high.
      type: dict
      returned: always
      sample: {low: 35.04, expected: 35.04, high: 35.04}
    source:
      description: Where the price comes from.
      type: str
      returned: always
      sample: https://aws.amazon.com/vpc/pricing/
    source_date:
      description: The date of the source, as much of it as is known, empty where it has none.
      type: str
      returned: always
      sample: "2026-09-25"
    verified:
      description: Whether the price was checked against a source.
      type: bool
      returned: always
      sample: true
savings:
  description: What would make it cheaper, each by itself, the largest first.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: What to do.
      type: str
      returned: always
      sample: one NAT gateway instead of one a zone
    setting:
      description: What to write in the inventory.
      type: str
      returned: always
      sample: "vpc_nat: single"
    costs:
      description: What it costs in reliability.
      type: str
      returned: always
      sample: When the gateway's zone fails, no task reaches the database, Google or Microsoft until it is back.
    usd:
      description: USD less in an expected month.
      type: float
      returned: always
      sample: 38.64
with_free_allowances_usd:
  description: The month if all always-free allowances of the account were this environment's.
  returned: always
  type: dict
  sample: {low: 89.97, expected: 97.51, high: 114.78}
highly_available_usd:
  description: The month of the same environment in three zones, with a NAT gateway and a task in each and PrivateLink.
  returned: always
  type: dict
  sample: {low: 287.75, expected: 297.58, high: 322.91}
over_budget:
  description: Whether an expected month costs more than O(budget).
  returned: always
  type: bool
  sample: false
budget_usd:
  description: The O(budget), empty without one.
  returned: always
  type: float
  sample: 140.0
in_a_lab:
  description: What O(as_if) said.
  returned: always
  type: bool
  sample: false
prices_of:
  description: The dates of the oldest and the newest price used whose source has a date.
  returned: always
  type: dict
  sample: {oldest: "2026-07", newest: "2026-09-25"}
notes:
  description: What else there is to know, for example why prices could not be fetched.
  returned: always
  type: list
  elements: str
  sample: []
environment:
  description: The environment.
  returned: always
  type: str
  sample: prod
region:
  description: The region.
  returned: always
  type: str
  sample: eu-west-1
currency:
  description: Always V(USD).
  returned: always
  type: str
  sample: USD
files:
  description: The files of O(report_dir).
  returned: always
  type: list
  elements: str
  sample: [reports/cost-prod.json, reports/cost-prod.svg, reports/cost-prod.txt]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._cost.options import OPTIONS
from ansible_collections.calstack.aws.plugins.module_utils._cost.work import work


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=OPTIONS,
        supports_check_mode=True,
        required_if=[("from", "running", ["stack_name"])],
    )
    try:
        answer, refusal = work(module)
    except CalstackError as error:
        module.fail_json(msg=str(error))
    if refusal:
        module.fail_json(msg=refusal, **answer)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
