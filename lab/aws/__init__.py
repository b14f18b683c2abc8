"""The emulated AWS API: moto in this process, with its gaps mended.

Each module here that is named for a service and has `apply()` holds that service's mends; ELBv2's and those of `LATE`
need the settings.
"""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from lab.aws import lean
from lab.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

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
LATE = ("budgets", "cloudfront", "dynamodb", "route53", "scheduler", "sns", "wafv2")
"""Mended when they are first called: what nobody asks for must not slow the start."""


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
    from lab.aws import acm_validation, elbv2

    settings = settings or Settings.from_environment()
    acm_validation.takes(settings.edge_seconds)
    elbv2.apply(settings)
    lean.after_import()


def mending(create: Callable[[str], "Flask"], settings: Settings) -> Callable[[str], "Flask"]:
    """What makes moto's application for a service, so that a service of `LATE` is mended before its first request."""

    def create_mended(service: str) -> "Flask":
        if service in LATE:
            importlib.import_module(f"{__name__}.{service}").apply(settings)
        return create(service)

    return create_mended
