"""The emulated AWS API: moto in this process, with its gaps mended.

Each module here that is named for a service and has `apply()` holds that service's mends.
"""

import importlib

from lab.aws import lean

SERVICES = (
    "acm",
    "applicationautoscaling",
    "cloudwatch",
    "ec2",
    "ecr",
    "ecs",
    "elbv2",
    "iam",
    "logs",
    "resourcegroupstaggingapi",
    "secretsmanager",
)


def apply_mends() -> None:
    """Mend every service; once a process, before the first request."""
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
    lean.after_import()
