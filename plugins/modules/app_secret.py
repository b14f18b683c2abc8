#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: app_secret
short_description: Converge what an application is told in secret
version_added: 0.1.0
author: CalStack Deploy founders (@calstack)
description:
  - Converges secrets in Secrets Manager, each of which holds one JSON object with a key for each variable.
  - A variable without a value in O(values) keeps the one that is stored; where none is stored, the one in O(fallbacks)
    is. All that have none are named in one message, before anything is changed.
  - A value that is to be generated is generated once. After that neither a failing read nor a value in O(values)
    replaces it.
  - Keys of the object that are not asked for stay. A secret that another component of the environment has made, as
    its tag says, is left alone.
  - A secret that was deleted and can still be restored is restored, with the values it had.
  - Values are never returned, and are starred out of messages in clear, percent-encoded and base64.
options:
  secrets:
    description: The secrets and their variables, without values.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: What RV(secrets_arns) calls the secret.
        type: str
        required: true
      name:
        description: The secret's name in Secrets Manager.
        type: str
        required: true
      variables:
        description:
          - >-
            The names of the variables, each with C({}), or with C({generate: LENGTH}) for a value of that many random
            letters and digits (32 to 1024).
          - A name that ends in C(_JSON) takes a JSON object. C(MONGO_URI) takes a MongoDB connection string.
          - Where this is empty, the secret is left to others.
        type: dict
        required: true
  values:
    description:
      - Values by the names of their variables. What is empty is taken as not given.
      - For a variable that is generated, a value of at least 32 characters may be given when the secret is made.
    type: dict
    default: {}
  fallbacks:
    description:
      - Values for variables that have none stored yet, as O(values) otherwise. They never replace one that is stored,
        so they may come from where another environment's may have been left, like the shell.
    type: dict
    default: {}
  recovery_days:
    description:
      - For how many days a deleted secret can be restored, 7 to 30.
      - V(0) deletes at once and for ever.
    type: int
    default: 30
  kms_key_id:
    description:
      - The KMS key that encrypts the secrets, as id, ARN or C(alias/NAME).
      - Empty means the key that AWS keeps for Secrets Manager.
    type: str
    default: ""
extends_documentation_fragment:
  - calstack.aws.component
"""

EXAMPLES = r"""
- name: What the application of the development environment is told in secret
  calstack.aws.app_secret:
    environment_name: dev
    stack_name: calstack-dev
    secrets:
      - id: app
        name: calstack/dev/app
        variables:
          FLASK_SECRET_KEY: {generate: 48}
          SENDGRID_API_KEY: {}
    fallbacks:
      SENDGRID_API_KEY: "{{ lookup('ansible.builtin.env', 'SENDGRID_API_KEY') }}"

- name: Delete it, to be restored within a week
  calstack.aws.app_secret:
    environment_name: dev
    stack_name: calstack-dev
    secrets:
      - {id: app, name: calstack/dev/app, variables: {}}
    recovery_days: 7
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
      sample: update
    kind:
      description: The kind of resource.
      type: str
      returned: always
      sample: secret
    name:
      description: The secret's name.
      type: str
      returned: always
      sample: calstack/dev/app
changed_variables:
  description: The names of the variables that got a new value, by the secrets' O(secrets[].id).
  returned: when O(state=present)
  type: dict
  sample: {app: [SENDGRID_API_KEY]}
secrets_arns:
  description: The secrets' ARNs by their O(secrets[].id).
  returned: when O(state=present)
  type: dict
  sample: {app: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/app-AbCdEf"}
version_ids:
  description: The current versions by the secrets' O(secrets[].id).
  returned: when O(state=present)
  type: dict
  sample: {app: 3f2b8b1e-8a55-4c0e-9c3a-6f5d0f0d5d11}
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.calstack.aws.plugins.module_utils._core.component import ARGUMENTS, Component, run
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._secrets import model
from ansible_collections.calstack.aws.plugins.module_utils._secrets.mask import masks, parts
from ansible_collections.calstack.aws.plugins.module_utils._secrets.secret import Given, Ledger, Secret
from ansible_collections.calstack.aws.plugins.module_utils._secrets.values import given

OPTIONS = {
    "secrets": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "no_log": False,
        "options": {
            "id": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "variables": {"type": "dict", "required": True},
        },
    },
    "values": {"type": "dict", "default": {}, "no_log": True},
    "fallbacks": {"type": "dict", "default": {}, "no_log": True},
    "recovery_days": {"type": "int", "default": 30},
    "kms_key_id": {"type": "str", "default": "", "no_log": False},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENTS | OPTIONS, supports_check_mode=True)
    values, fallbacks = hide(module)
    try:
        asked = replace(question(module.params, values, fallbacks), hide=partial(star_out, module))
    except CalstackError as error:
        module.fail_json(msg=str(error))
    ledger = Ledger()
    component = Component(
        "secrets",
        [partial(Secret, given=asked, ledger=ledger)],
        wanted=lambda params, scope: model.wanted(params, scope, asked.names),
        outputs=lambda params, _scope: {**model.outputs(params), "changed_variables": ledger.changed},
        notes=lambda _found, _scope: ledger.notes,
    )
    run(module, component)


def hide(module: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Take the values out of the parameters, which Ansible returns as the invocation, and star them out of the rest.

    Returns `values` and `fallbacks`.
    """
    params = module.params
    values, fallbacks = params["values"], params["fallbacks"]
    params |= {"values": {}, "fallbacks": {}}
    every = [*values.values(), *fallbacks.values()]
    # Ansible has put every value on its list, the short ones too, which would star out parts of ARNs.
    module.no_log_values.difference_update(parts(every))
    star_out(module, every, [*values, *fallbacks])
    return values, fallbacks


def star_out(module: Any, values: Iterable[Any], public: Iterable[str]) -> None:
    """Star `values` out of all that the module says, except what is part of a public name."""
    params = module.params
    described = [text for secret in params["secrets"] for text in (secret["name"], *secret["variables"])]
    names = [params["environment_name"], params["stack_name"], *described, *public]
    module.no_log_values.update(masks(values, names))


def question(params: Mapping[str, Any], values: Mapping[str, Any], fallbacks: Mapping[str, Any]) -> Given:
    """What is asked for, checked. Raises InputError."""
    days = params["recovery_days"]
    if days != 0 and not 7 <= days <= 30:
        raise InputError(
            f"secrets_recovery_days is {days}: AWS keeps a deleted secret 7 to 30 days, or 0 for not at all."
        )
    return Given(model.secrets(params), given(values), days, params["kms_key_id"], given(fallbacks))


if __name__ == "__main__":
    main()
