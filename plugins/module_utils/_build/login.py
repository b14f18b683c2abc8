# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Logging a container engine in to ECR: the password goes from AWS into the engine's standard input, and nowhere else."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError

USER = "AWS"

HELPER = {"AWS_ECR_IGNORE_CREDS_STORAGE": "true"}
"""Where Amazon's credential helper answers for the registry, it has logins of its own and refuses ours: so it lets them
pass, from its version 0.9.0 on. To others it means nothing. https://github.com/awslabs/amazon-ecr-credential-helper"""

REFUSED = "not implemented"
"""What older versions of that helper say."""

Run = Callable[..., tuple[int, str, str]]
"""AnsibleModule.run_command: words and `data` for the standard input in; exit code, output and errors out."""


def password(ecr: Any) -> str:
    """A password for twelve hours, of whoever asks."""
    with doing("asking ECR for a login"):
        token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    return base64.b64decode(token).decode().partition(":")[2]


def log_in(run: Run, engine: str, registry: str, secret: str) -> None:
    """Raises CalstackError with the engine's words, which never hold the password."""
    command = [engine, "login", "--username", USER, "--password-stdin", *_plain(engine, registry), registry]
    code, said, complained = run(command, data=secret, binary_data=True, environ_update=HELPER)
    if code:
        words = (complained or said).strip().replace(secret, "***")
        raise CalstackError(f"{engine} could not log in to {registry}: {words or f'exit code {code}'}.{_advice(words)}")


def log_out(run: Run, engine: str, registry: str) -> None:
    """It is no failure where nobody was logged in."""
    run([engine, "logout", registry], environ_update=HELPER)


def _plain(engine: str, registry: str) -> list[str]:
    """A registry on this machine may speak HTTP: docker knows that by itself, the others have to be told."""
    return ["--tls-verify=false"] if registry.startswith("127.") and not PurePath(engine).name.startswith("docker") else []


def _advice(words: str) -> str:
    if REFUSED not in words:
        return ""
    return (
        " A credential helper that keeps no logins answers for this registry: update amazon-ecr-credential-helper to 0.9.0 "
        "or newer, or take the registry out of credHelpers and credsStore in the engine's configuration."
    )
