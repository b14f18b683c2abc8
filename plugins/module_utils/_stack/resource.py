# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""A tagged resource as the tag look-up has it: its ARN says what it is, its tags whose. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import COMPONENT_TAG

BALANCER = "load balancer"
GROUP = "target group"
LISTENER = "listener"
RULE = "rule"
SECRET = "secret"  # noqa: S105 -- a kind of resource
SECURITY_GROUP = "security group"
TASK_DEFINITION = "task definition"

_TYPE = re.compile(r"(?P<type>[^/:]+)[/:]")

_WORDS = {
    "elastic-ip": "elastic IP",
    "listener-rule": RULE,
    "loadbalancer": BALANCER,
    "natgateway": "NAT gateway",
    "sns": "topic",
    "targetgroup": GROUP,
    "vpc": "VPC",
    "vpc-endpoint": "VPC endpoint",
    "vpc-flow-log": "flow log",
}


@dataclass(frozen=True)
class Resource:
    """`kind` in AWS's words in the singular (`subnet`, `target group`); `name` is the tag Name, or else the ARN's."""

    component: str
    kind: str
    name: str
    arn: str

    @property
    def id(self) -> str:
        """The last part of the ARN: for EC2 the id."""
        return self.arn.rpartition("/")[2]


def parse(arn: str, tags: Mapping[str, str]) -> Resource:
    """What `arn` with `tags` is.

    An ARN is arn:PARTITION:SERVICE:REGION:ACCOUNT: then TYPE/NAME, TYPE:NAME, or only NAME where a service has one
    type: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    service, rest = arn.split(":", 5)[2::3]
    found = _TYPE.match(rest)
    sort, name = (found["type"], rest[found.end() :]) if found else (service, rest)
    return Resource(tags.get(COMPONENT_TAG, ""), _WORDS.get(sort, sort.replace("-", " ")), tags.get("Name", name), arn)


def partition(arn: str) -> str:
    return arn.split(":")[1]


def region(arn: str) -> str:
    return arn.split(":")[3]


def account(arn: str) -> str:
    return arn.split(":")[4]
