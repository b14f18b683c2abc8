# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What schedules may do while no controller is there, as IAM policies. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._ecs.permissions import Account, Statements


def trust(account: Account, group: str) -> Statements:
    """The schedules of our group may take the role, and nobody else's (the confused deputy).

    The source is the group's ARN: EventBridge Scheduler refuses a role that names a single schedule.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    source = f"arn:{account.partition}:scheduler:{account.region}:{account.id}:schedule-group/{group}"
    return {
        "Schedules": {
            "Effect": "Allow",
            "Principal": {"Service": frozenset({"scheduler.amazonaws.com"})},
            "Action": frozenset({"sts:AssumeRole"}),
            "Condition": {
                "StringEquals": {"aws:SourceAccount": frozenset({account.id}), "aws:SourceArn": frozenset({source})}
            },
        }
    }


def schedule_policy(account: Account, rule: str, services: Collection[str]) -> Statements:
    """Put the production rule back to stable, stop a retired colour's tasks, and restore its scaling.

    Application Auto Scaling checks that whoever registers a service may describe and update it (with which calls, AWS
    does not say; not verified on a live account):
    https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html
    Its own ARNs end in ids that nobody knows beforehand, so the kind of target limits them. Not their tags: those are
    set once, by the first registration, and what rescues a site must not fail for a lost tag.
    """
    targets = f"arn:{account.partition}:application-autoscaling:{account.region}:{account.id}:scalable-target/*"
    kind = {
        "application-autoscaling:service-namespace": frozenset({"ecs"}),
        "application-autoscaling:scalable-dimension": frozenset({"ecs:service:DesiredCount"}),
    }
    return {
        "RestoreStable": _allow({"elasticloadbalancing:ModifyRule"}, {rule}),
        "StopRetired": _allow({"ecs:DescribeServices", "ecs:UpdateService"}, services),
        "RestoreScaling": _allow({"application-autoscaling:RegisterScalableTarget"}, {targets})
        | {"Condition": {"StringEquals": kind}},
    }


def _allow(actions: Collection[str], resources: Collection[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": frozenset(actions), "Resource": frozenset(resources)}
