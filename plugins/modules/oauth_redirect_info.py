#!/usr/bin/python
# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the running application's logins come back to it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: oauth_redirect_info
short_description: Check that the running application's logins name the right redirect URIs
version_added: 0.1.0
description:
  - Asks the application for its login paths, follows redirects within it until one leads to a provider, and reads the
    parameter C(redirect_uri) of that address. The provider is not asked.
  - Fails where one is not as it should be, with all that are wrong in one message.
author:
  - CalStack Deploy contributors (@calstack)
options:
  url:
    description: Where the application is, as V(https://HOST) or V(https://HOST:PORT).
    type: str
    required: true
  address:
    description: HOST or HOST:PORT to connect to instead. The certificate must still be for the host of O(url).
    type: str
    default: ''
  ca_file:
    description: A file of PEM certificates to trust. By default the system's.
    type: path
  logins:
    description: The ways to log in.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The provider, for messages.
        type: str
        required: true
      path:
        description: What in the application leads to the provider.
        type: str
        required: true
      redirect_uri:
        description: The redirect URI that is entered at the provider.
        type: str
        required: true
  timeout:
    description: Seconds for each answer.
    type: float
    default: 10
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
"""

EXAMPLES = r"""
- name: Do logins come back to dev?
  calstack.aws.oauth_redirect_info:
    url: https://dev.calstack.example.com
    logins:
      - name: Google
        path: /login/google
        redirect_uri: https://dev.calstack.example.com/oauth2callback
"""

RETURN = r"""
logins:
  description: What was seen.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The provider.
      type: str
      sample: Google
    provider:
      description: The host that people are sent to.
      type: str
      sample: accounts.google.com
    redirect_uri:
      description: The redirect URI in the address.
      type: str
      sample: https://dev.calstack.example.com/oauth2callback
"""

import ssl
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._dns.logins import Get, fault, follow, login, redirect_uri
from ansible_collections.calstack.aws.plugins.module_utils._release.exchange import get, site, why
from ansible_collections.calstack.aws.plugins.module_utils._release.probe import Answer

OPTIONS: dict[str, dict[str, Any]] = {
    "url": {"type": "str", "required": True},
    "address": {"type": "str", "default": ""},
    "ca_file": {"type": "path"},
    "logins": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "path": {"type": "str", "required": True},
            "redirect_uri": {"type": "str", "required": True},
        },
    },
    "timeout": {"type": "float", "default": 10.0},
}


def asker(params: Mapping[str, Any]) -> Get:
    """Asks where the options say. Raises InputError for a url or a file that cannot be used."""
    if urlsplit(params["url"]).scheme not in ("http", "https") or not urlsplit(params["url"]).hostname:
        raise InputError(f"url is {params['url']!r}: give https://HOST.")
    where = site(params["url"], params["address"])
    try:
        context = ssl.create_default_context(cafile=params["ca_file"]) if where.tls else None
    except OSError as error:
        raise InputError(f"ca_file: the certificates in {params['ca_file']} cannot be read: {error}.") from error

    def ask(path: str) -> Answer:
        try:
            return get(where, path, {"User-Agent": "calstack-login-check"}, params["timeout"], context)
        except (OSError, HTTPException, ValueError) as error:
            words = why(error, where, params["timeout"])
            raise CalstackError(f"asking {params['url']}{path}: {words}.") from error

    return ask


def look(params: Mapping[str, Any]) -> list[dict[str, str]]:
    """What each login leads to. Raises CalstackError with all that are wrong."""
    ask, seen, faults = asker(params), [], []
    for item in params["logins"]:
        one = login(item)
        address = follow(one, params["url"], ask)
        named = redirect_uri(address)
        seen.append({"name": one.name, "provider": urlsplit(address).netloc, "redirect_uri": named})
        faults += [words] if (words := fault(one, named)) else []
    if faults:
        raise CalstackError(
            f"{'; '.join(faults)}. The application reads them from its environment (app_environment) when a task "
            f"starts: release the settings with -e release_image=stable."
        )
    return seen


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    try:
        seen = look(module.params)
    except CalstackError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, logins=seen)


if __name__ == "__main__":
    main()
