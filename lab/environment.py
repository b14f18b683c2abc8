"""`.lab/env`: what a shell needs to use the lab (`. .lab/env`)."""

import os
import shlex
from pathlib import Path

from lab import ca, database
from lab.settings import CHECKOUT, Settings

# Not the usual "test": Ansible's no_log hides a key's text wherever it shows up in a result.
ACCESS_KEY, SECRET_KEY = "AKIALOCALLAB0CALSTACK", "kV9zQ-loopback-only-7mWx"  # fake, for the emulator


def path(settings: Settings) -> Path:
    return settings.home / "env"


def variables(settings: Settings) -> dict[str, str]:
    """The variables, without PATH."""
    balancer = settings.balancer_address(1)
    return {
        "AWS_ENDPOINT_URL": settings.aws_endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "LAB_URL": f"https://{balancer}:{settings.listener_port(443)}/",
        "LAB_HTTP_URL": f"http://{balancer}:{settings.listener_port(80)}/",
        "LAB_CA": str(ca.certificate_file(settings)),
        "LAB_HOME": str(settings.home),
        "LAB_NETWORK": settings.network,
        "MONGO_URI": database.uri(settings),
    }


def write(settings: Settings) -> None:
    """Write the file, readable by its owner only: it has the database's password."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables(settings).items()]
    lines.append(f'export PATH={shlex.quote(str(CHECKOUT / ".venv" / "bin"))}:"$PATH"')
    temporary = settings.home / "env.new"
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
    temporary.rename(path(settings))
