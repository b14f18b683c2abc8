# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The options that all modules which ask Atlas share: see the documentation fragment `atlas`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible_collections.calstack.aws.plugins.module_utils._atlas.base_url import ATLAS_URL, base_url
from ansible_collections.calstack.aws.plugins.module_utils._atlas.client import Atlas
from ansible_collections.calstack.aws.plugins.module_utils._atlas.credentials import (
    ACCOUNT_VARIABLES,
    KEY_VARIABLES,
    credentials,
)
from ansible_collections.calstack.aws.plugins.module_utils._atlas.transport import Opener, open_once
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._secrets.mask import masks


def _from_environment(variable: str, **option: Any) -> dict[str, Any]:
    return {"type": "str", "fallback": (env_fallback, [variable]), **option}


CONNECTION: dict[str, dict[str, Any]] = {
    "base_url": _from_environment("MONGODB_ATLAS_BASE_URL", default=ATLAS_URL),
    "client_id": _from_environment(ACCOUNT_VARIABLES[0]),
    "client_secret": _from_environment(ACCOUNT_VARIABLES[1], no_log=True),
    "public_key": _from_environment(KEY_VARIABLES[0], no_log=False),
    "private_key": _from_environment(KEY_VARIABLES[1], no_log=True),
}
"""Where Atlas is, and who asks: the documentation fragment `atlas.connection`."""

ARGUMENTS: dict[str, dict[str, Any]] = {
    **CONNECTION,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
"""The options of a module that converges something in Atlas: the documentation fragment `atlas`."""

PROJECT: dict[str, dict[str, Any]] = {"project_id": {"type": "str"}, "project_name": {"type": "str"}}
"""One of the two must be given (`ONE_PROJECT`): the documentation fragment `atlas.project`."""

ONE_PROJECT: dict[str, Any] = {
    "mutually_exclusive": [("project_id", "project_name")],
    "required_one_of": [("project_id", "project_name")],
}
"""For the constructor of the module that takes PROJECT."""


def api(
    params: Mapping[str, Any],
    *,
    hide: Callable[[Iterable[str]], None] = lambda _shapes: None,
    opener: Opener = open_once,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Atlas:
    """The API, as the options of CONNECTION say. `hide` is told each secret, in all shapes it could show up in.

    Raises InputError for credentials or a base URL that cannot be.
    """
    who = credentials(params)
    return Atlas(base_url(params["base_url"]), who, hide=hide, opener=opener, clock=clock, sleep=sleep)


def api_of(module: Any) -> Atlas:
    """The API for a module, AnsibleModule or AnsibleAWSModule, whose output hides the secrets. Fails the module."""
    hide_secrets(module)
    try:
        return api(module.params, hide=module.no_log_values.update)
    except CalstackError as error:
        module.fail_json(msg=str(error))
        raise


def hide_secrets(module: Any) -> None:
    """Star out the module's secret options also percent-encoded and in base64, as a connection string has them."""
    names = [name for name, option in module.argument_spec.items() if option.get("no_log")]
    module.no_log_values.update(masks([module.params[name] for name in names if module.params.get(name)], ()))
