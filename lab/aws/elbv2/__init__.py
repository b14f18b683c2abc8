"""Mends of moto's ELBv2: what the Application Load Balancer checks, completes and answers."""

from lab.aws.elbv2 import balancers, listeners, rules, targets
from lab.settings import Settings


def apply(settings: Settings) -> None:
    balancers.apply(settings)
    listeners.apply()
    rules.apply()
    targets.apply()
