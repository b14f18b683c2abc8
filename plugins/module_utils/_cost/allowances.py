# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What AWS gives every account each month, forever: https://aws.amazon.com/free/ . Pure.

They belong to the account, not to the environment: three environments in an account share them. So a bill counts them
only when asked to.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Allowances:
    """Units a month that cost nothing."""

    internet_gb: float = 0
    cloudfront_gb: float = 0
    cloudfront_requests: float = 0
    cloudfront_functions: float = 0
    log_gb: float = 0
    alarms: float = 0
    dashboards: float = 0
    metrics: float = 0
    table_gb: float = 0
    emails: float = 0
    sns_requests: float = 0
    schedule_calls: float = 0


NOTHING = Allowances()

ALWAYS_FREE = Allowances(
    internet_gb=100,
    cloudfront_gb=1_024,
    cloudfront_requests=10_000_000,
    cloudfront_functions=2_000_000,
    log_gb=5,
    alarms=10,
    dashboards=3,
    metrics=10,
    table_gb=25,
    emails=1_000,
    sns_requests=1_000_000,
    schedule_calls=14_000_000,
)
