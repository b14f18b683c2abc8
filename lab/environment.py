"""`.lab/env`: what a shell needs to use the lab (`. .lab/env`)."""

import os
import shlex
from pathlib import Path

from lab import ca, database
from lab.atlas import credentials as atlas
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
        "LAB_EDGE_URL": f"https://{settings.edge_address(1)}:{settings.listener_port(443)}/",
        "LAB_DNS": ":".join(map(str, settings.dns_address)),
        "LAB_REGISTRY": settings.registry,
        "LAB_CA": str(ca.certificate_file(settings)),
        "LAB_HOME": str(settings.home),
        "LAB_NETWORK": settings.network,
        "LAB_RUNNER": settings.runner,
        "LAB_ENGINE": settings.engine,
        "MONGO_URI": database.uri(settings),
        "MONGODB_ATLAS_BASE_URL": settings.atlas_endpoint,
        "MONGODB_ATLAS_CLIENT_ID": atlas.CLIENT_ID,
        "MONGODB_ATLAS_CLIENT_SECRET": atlas.CLIENT_SECRET,
        "MONGODB_ATLAS_ORG_ID": atlas.ORGANIZATION,
    }


def addresses(settings: Settings) -> list[str]:
    """What is to be reached without a proxy: a `NO_PROXY` of names or of 127.0.0.1 does not cover the lab."""
    balancers = [settings.balancer_address(number) for number in range(1, ca.BALANCERS + 1)]
    edges = [settings.edge_address(number) for number in range(1, ca.BALANCERS + 1)]
    return [
        settings.aws_address[0],
        settings.database_address[0],
        settings.atlas_address[0],
        settings.registry_address[0],
        *balancers,
        *edges,
    ]


def script(settings: Settings) -> str:
    """What the shell reads."""
    names = ",".join(addresses(settings))
    return "\n".join(
        [
            # A profile beside keys is an error for amazon.aws, and a token belongs to other keys.
            "unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN",
            # An API key beside the service account is an error for this collection's modules.
            "unset MONGODB_ATLAS_PUBLIC_KEY MONGODB_ATLAS_PRIVATE_KEY",
            *(f"export {name}={shlex.quote(value)}" for name, value in variables(settings).items()),
            # Programs read one or the other: what stood in either must hold in both.
            'NO_PROXY="${NO_PROXY:-${no_proxy:-}}" no_proxy="${no_proxy:-${NO_PROXY:-}}"',
            *(f'export {name}="${{{name}:+${name},}}{names}"' for name in ("NO_PROXY", "no_proxy")),
            f'export PATH={shlex.quote(str(CHECKOUT / ".venv" / "bin"))}:"$PATH"',
            "",
        ]
    )


def write(settings: Settings) -> None:
    """Write the file, readable by its owner only: it has the database's password."""
    temporary = settings.home / "env.new"
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(script(settings))
    temporary.rename(path(settings))
