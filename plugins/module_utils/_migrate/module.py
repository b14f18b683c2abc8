# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The migration as an Ansible module: parameters in, one stage, its result out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import AwsClients, doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.telling import Teller
from ansible_collections.calstack.aws.plugins.module_utils._migrate.context import Context, Outcome, Settings
from ansible_collections.calstack.aws.plugins.module_utils._migrate.run import run
from ansible_collections.calstack.aws.plugins.module_utils._migrate.server import Endpoint
from ansible_collections.calstack.aws.plugins.module_utils._secrets.mask import masks


def perform(module: Any) -> None:
    """Do the stage that `module` (an AnsibleAWSModule) asks for, and end the module."""
    try:
        outcome = _outcome(module)
    except CalstackError as error:
        module.fail_json(msg=str(error), **error_facts(error))
    module.exit_json(changed=outcome.changed, msg=outcome.summary, stage=module.params["stage"], **outcome.facts)


def settings(params: Mapping[str, Any], workdir: str) -> Settings:
    """What the parameters ask for. Raises InputError."""
    for name, least in (("lag_seconds", 0.0), ("quiet_seconds", 0.0), ("collections_at_once", 1)):
        if params[name] < least:
            raise InputError(f"migrate_{name} is {params[name]}: it must be at least {least:g}.")
    given = (
        "engine",
        "freeze",
        "lag_seconds",
        "quiet_seconds",
        "collections_at_once",
        "target_free_bytes",
        "allow_older_target",
        "forget",
        "report_dir",
        "tools_dir",
        "tools_url",
        "tools_sha256",
        "mongosync_port",
    )
    return Settings(
        migration=params["stack_name"],
        databases=tuple(params["databases"]),
        workdir=Path(workdir),
        **{name: params[name] for name in given},
    )


def endpoint(side: str, given: Mapping[str, Any], clients: AwsClients) -> Endpoint:
    """Where a side is. Raises InputError, or AwsError for a secret that cannot be read."""
    uri, secret = given.get("uri") or "", given.get("secret") or ""
    if bool(uri) == bool(secret):
        raise InputError(f"migrate_{side} needs either a connection string (uri) or the name of a secret (secret).")
    if secret:
        uri = _from_secret(side, given, clients)
    if not uri.startswith(("mongodb://", "mongodb+srv://")):
        raise InputError(f"migrate_{side} is no connection string: it must start with mongodb:// or mongodb+srv://.")
    return Endpoint(side, uri)


def error_facts(error: CalstackError) -> dict[str, Any]:
    """What a playbook can tell errors apart by."""
    return {"error_kind": type(error).__name__}


def _outcome(module: Any) -> Outcome:
    params, clients = module.params, AwsClients(module)
    wanted = settings(params, module.tmpdir)
    sides = {side: endpoint(side, params[side], clients) for side in ("source", "target")}
    # Ansible stars out what it was given as it was given, not the password in it, nor what a secret held.
    public = [params["stack_name"], params["environment_name"], *params["databases"]]
    module.no_log_values.update(masks([each.uri for each in sides.values()], public))
    with Teller(params["progress_file"]) as tell:
        context = Context(wanted, sides["source"], sides["target"], tell)
        try:
            return run(params["stage"], context, check=module.check_mode)
        finally:
            context.close()


def _from_secret(side: str, given: Mapping[str, Any], clients: AwsClients) -> str:
    secret, key, stage = given["secret"], given["key"], given["version_stage"]
    with doing(f"reading the secret {secret} (migrate_{side})"):
        answer = clients("secretsmanager").get_secret_value(SecretId=secret, VersionStage=stage)
    try:
        value = json.loads(answer.get("SecretString") or "")[key]
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"migrate_{side}: the secret {secret} ({stage}) holds no key {key}. Name the key that has the connection "
            f"string."
        ) from None
    return str(value)
