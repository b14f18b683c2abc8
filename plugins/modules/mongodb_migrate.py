#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mongodb_migrate
short_description: Move databases from one MongoDB to another, with proof
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Does one stage of a migration. The stages are called in their order, C(playbooks/migrate.yml) does so. Each can be
    run again at any time, and goes on where a run that was killed has been.
  - How far it has come is kept in the target, in the database C(calstack_migration), so any machine can go on.
    One run at a time works on a migration.
  - The source is never dropped and never written to, but by O(stage=back), which is there for that, and by
    O(freeze=block_writes), which makes it refuse writes.
  - The target's databases must be empty in the beginning. Nothing in them is ever overwritten.
options:
  environment_name:
    description: The environment, for example V(dev) or V(prod).
    type: str
    required: true
  stack_name:
    description: The stack, for example V(calstack-dev). It is the migration's name too.
    type: str
    required: true
  stage:
    description:
      - V(preflight) finds out whether all can be moved, and writes nothing.
      - V(copy) notes the position in the source's change stream, then copies collections, documents and indexes.
      - V(catch_up) repeats on the target what was written since, until it is less than O(lag_seconds) behind.
      - V(freeze) is for when writes have stopped. It repeats the last of them, and completes views, capped collections,
        unique indexes and validators.
      - V(verify) proves both sides equal. It compares all documents by hashes, options and indexes.
      - V(mark) notes where the target's own changes begin. It comes right before the application is switched.
      - V(finish) lets documents expire on the target as they did on the source, which they do not do before.
      - V(back) takes to the source what was written to the target since the mark, and proves both equal. Or it says
        that this is not possible, and what would be lost.
      - V(unfreeze) lets the source take writes again, where the migration is given up before the switch.
      - V(discard) drops on the target what the migration has written, and forgets the migration.
    type: str
    required: true
    choices: [preflight, copy, catch_up, freeze, verify, mark, finish, back, unfreeze, discard]
  source:
    description: Where the data is.
    type: dict
    required: true
    suboptions: &side
      uri:
        description: The connection string. Better is a secret, so that it does not pass through Ansible.
        type: str
      secret:
        description: Name or ARN of a secret in Secrets Manager that holds the connection string.
        type: str
      key:
        description: The key of the secret's JSON that holds it.
        type: str
        default: MONGO_URI
      version_stage:
        description: Which version of the secret, for example V(AWSPREVIOUS).
        type: str
        default: AWSCURRENT
  target:
    description: Where it goes.
    type: dict
    required: true
    suboptions: *side
  databases:
    description: The databases to move.
    type: list
    elements: str
    required: true
  engine:
    description:
      - V(builtin) needs nothing besides PyMongo.
      - V(mongodump) pipes C(mongodump) into C(mongorestore). It does not follow the source, so V(freeze) comes before
        V(copy).
      - V(mongosync) drives MongoDB's C(mongosync).
    type: str
    choices: [builtin, mongodump, mongosync]
    default: builtin
  freeze:
    description:
      - V(manual) means that you have stopped whatever writes. A write that arrives nevertheless is an error.
      - V(block_writes) lets the source refuse writes (C(setUserWriteBlockMode), MongoDB 6.0 and later).
    type: str
    choices: [manual, block_writes]
    default: manual
  lag_seconds:
    description: How many seconds behind counts as caught up.
    type: float
    default: 5
  quiet_seconds:
    description: For how many seconds nothing must have been written when writes are said to have stopped.
    type: float
    default: 10
  collections_at_once:
    description:
      - How many collections are copied side by side.
      - One is read and written at the same time already. More help where the network is far and the target has cores to
        spare.
    type: int
    default: 1
  target_free_bytes:
    description: The target's free disk space, against which the sizes are checked.
    type: int
  allow_older_target:
    description: Whether the target's MongoDB may be older than the source's.
    type: bool
    default: false
  forget:
    description: Whether O(stage=finish) deletes the migration's state as well. There is no way back then.
    type: bool
    default: false
  report_dir:
    description: A folder for JSON reports of O(stage=preflight), O(stage=verify) and O(stage=back). Empty means none.
    type: path
    default: ""
  tools_dir:
    description: Where the programs of O(engine) are. Empty means C(PATH).
    type: path
    default: ""
  tools_url:
    description: Where the programs of O(engine) are downloaded from if they are not installed.
    type: str
    default: ""
  tools_sha256:
    description: The SHA-256 checksum of what O(tools_url) has.
    type: str
    default: ""
  mongosync_port:
    description: The loopback port on which C(mongosync) is driven.
    type: int
    default: 27182
  progress_file:
    description: Where progress goes, a JSON object a line. The action plugin of this name sets it.
    type: path
attributes:
  action:
    description: Shows progress, rate and time left, where the module runs on the controller.
    support: full
  async:
    description: Runs in the background as any module, without progress.
    support: full
  check_mode:
    description: Says whether the stage would be done. O(stage=preflight) never writes, and is done.
    support: full
  diff_mode:
    description: There is nothing to show but documents.
    support: none
  idempotent:
    description: A stage that is done is not done again, or finds nothing more to do.
    support: full
  action_group:
    description:
      - Use C(group/calstack.aws.aws) in C(module_defaults) to set options for all modules of this collection
        and of C(amazon.aws).
    support: full
    membership: [calstack.aws.aws]
requirements:
  - pymongo >= 4.12
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: See whether everything can be moved
  calstack.aws.mongodb_migrate:
    environment_name: prod
    stack_name: calstack-prod
    stage: preflight
    source:
      secret: calstack/prod/database
    target:
      secret: calstack/prod/migration
    databases: [calstack]

- name: Copy, while the application goes on
  calstack.aws.mongodb_migrate:
    environment_name: prod
    stack_name: calstack-prod
    stage: copy
    source:
      secret: calstack/prod/database
    target:
      secret: calstack/prod/migration
    databases: [calstack]

- name: Prove both sides equal, and keep the proof
  calstack.aws.mongodb_migrate:
    environment_name: prod
    stack_name: calstack-prod
    stage: verify
    source:
      secret: calstack/prod/database
    target:
      secret: calstack/prod/migration
    databases: [calstack]
    report_dir: reports
"""

RETURN = r"""
msg:
  description: What was done, in a sentence.
  returned: always
  type: str
  sample: "caught up: 1,204 writes repeated"
stage:
  description: The stage.
  returned: on success
  type: str
  sample: catch_up
error_kind:
  description: What kind of error it was, for playbooks that go on differently.
  returned: on failure
  type: str
  sample: StillWrittenError
table:
  description: What will be moved, a line a collection.
  returned: when O(stage=preflight)
  type: list
  elements: str
  sample: ["shop.orders  120,000  31.0 MiB  4"]
source_version:
  description: The source's MongoDB.
  returned: when O(stage=preflight)
  type: str
  sample: 6.0.14
target_version:
  description: The target's MongoDB.
  returned: when O(stage=preflight)
  type: str
  sample: 8.0.4
documents:
  description: How many documents will be moved, were copied in this run, or are the same on both sides.
  returned: when O(stage=preflight), O(stage=copy), O(stage=verify) or O(stage=back)
  type: int
  sample: 120000
bytes:
  description: How many bytes these have.
  returned: when O(stage=preflight) or O(stage=copy)
  type: int
  sample: 32505856
rate:
  description: Documents a second.
  returned: when O(stage=copy)
  type: float
  sample: 9120.5
written:
  description: How many writes were repeated on the other side.
  returned: when O(stage=catch_up), O(stage=freeze) or O(stage=back)
  type: int
  sample: 1204
collections:
  description: What was verified.
  returned: when O(stage=verify) or O(stage=back)
  type: list
  elements: dict
  contains:
    namespace:
      description: The collection's full name.
      type: str
      returned: always
      sample: shop.orders
    documents:
      description: How many documents it has.
      type: int
      returned: always
      sample: 120000
    hash:
      description: BLAKE2b of 16 bytes over the hashes of blocks of 1,000 raw documents in the order of C(_id).
      type: str
      returned: always
      sample: 4d0c4ba5ae2ec3df7a1e1e9a0a51c1c3
    indexes:
      description: How many indexes it has.
      type: int
      returned: always
      sample: 4
report:
  description: The report's file.
  returned: when O(report_dir) is set and O(stage=preflight), O(stage=verify) or O(stage=back)
  type: str
  sample: reports/calstack-prod-verify-20260801T101500Z.json
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._migrate.module import perform
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stages import STAGES

SIDE = {
    "uri": {"type": "str", "no_log": True},
    "secret": {"type": "str", "no_log": False},
    "key": {"type": "str", "default": "MONGO_URI", "no_log": False},
    "version_stage": {"type": "str", "default": "AWSCURRENT"},
}
OPTIONS = {
    "environment_name": {"type": "str", "required": True},
    "stack_name": {"type": "str", "required": True},
    "stage": {"type": "str", "required": True, "choices": list(STAGES)},
    "source": {"type": "dict", "required": True, "options": SIDE},
    "target": {"type": "dict", "required": True, "options": SIDE},
    "databases": {"type": "list", "elements": "str", "required": True},
    "engine": {"type": "str", "choices": ["builtin", "mongodump", "mongosync"], "default": "builtin"},
    "freeze": {"type": "str", "choices": ["manual", "block_writes"], "default": "manual"},
    "lag_seconds": {"type": "float", "default": 5},
    "quiet_seconds": {"type": "float", "default": 10},
    "collections_at_once": {"type": "int", "default": 1},
    "target_free_bytes": {"type": "int"},
    "allow_older_target": {"type": "bool", "default": False},
    "forget": {"type": "bool", "default": False},
    "report_dir": {"type": "path", "default": ""},
    "tools_dir": {"type": "path", "default": ""},
    "tools_url": {"type": "str", "default": ""},
    "tools_sha256": {"type": "str", "default": ""},
    "mongosync_port": {"type": "int", "default": 27182},
    "progress_file": {"type": "path"},
}


def main() -> None:
    perform(AnsibleAWSModule(argument_spec=OPTIONS, supports_check_mode=True))


if __name__ == "__main__":
    main()
