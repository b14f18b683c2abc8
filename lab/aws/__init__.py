"""The emulated AWS API: moto in this process, with its gaps mended.

Each module here that is named for a service and has `apply()` holds that service's mends.
"""

import importlib
import os

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


# moto reads them when it is imported; what it would load is never asked for here, and large.
SETTINGS = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "MOTO_IAM_LOAD_MANAGED_POLICIES": "false"}


def apply_mends() -> None:
    """Mend every service; once a process, before the first request."""
    os.environ.update(SETTINGS)
    for service in SERVICES:
        name = f"{__name__}.{service}"
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            continue
        module.apply()
