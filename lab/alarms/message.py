"""What a topic is told of an alarm's change (pure).

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
"""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    name: str
    arn: str
    description: str
    account: str
    region: str
    before: str
    after: str
    reason: str
    at: str
    """As in ISO 8601, UTC."""


def subject(change: Change) -> str:
    """SNS takes up to a hundred characters."""
    return f'{change.after}: "{change.name}" in {change.region}'[:99]


def body(change: Change) -> str:
    return json.dumps(
        {
            "AlarmName": change.name,
            "AlarmDescription": change.description,
            "AWSAccountId": change.account,
            "NewStateValue": change.after,
            "NewStateReason": change.reason,
            "StateChangeTime": change.at,
            "Region": change.region,
            "AlarmArn": change.arn,
            "OldStateValue": change.before,
        }
    )
