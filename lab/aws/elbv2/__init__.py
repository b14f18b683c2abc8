"""Mends of moto's ELBv2: what the Application Load Balancer checks, completes and answers."""

from lab.aws.elbv2 import balancers, listeners, rules, targets


def apply() -> None:
    balancers.apply()
    listeners.apply()
    rules.apply()
    targets.apply()
