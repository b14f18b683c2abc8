"""The emulated AWS API: moto in this process, with its gaps mended.

Each module here that is named for a service and has `apply()` holds that service's mends; ELBv2's needs the settings.
"""

import importlib

from lab.aws import lean
from lab.settings import Settings

SERVICES = (
    "acm",
    "applicationautoscaling",
    "cloudwatch",
    "ec2",
    "ecr",
    "ecs",
    "iam",
    "logs",
    "resourcegroupstaggingapi",
    "secretsmanager",
)


def apply_mends(settings: Settings | None = None) -> None:
    """Mend every service for the lab of `settings` (by default the environment's); once a process, before a request."""
    lean.before_import()
    for service in SERVICES:
        name = f"{__name__}.{service}"
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            continue
        module.apply()
    from lab.aws import elbv2

    elbv2.apply(settings or Settings.from_environment())
    lean.after_import()
