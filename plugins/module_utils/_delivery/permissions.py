# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What the deploy role may do: push an image, and release it. Pure.

What docs/permissions.md lists for a release, each action limited to the environment's resources. An action stands with
"*" only where AWS knows no resource for it: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.kind import ENVIRONMENT_TAG
from ansible_collections.calstack.aws.plugins.module_utils._ecs import names as ecs
from ansible_collections.calstack.aws.plugins.module_utils._ecs.permissions import Account, Statements
from ansible_collections.calstack.aws.plugins.module_utils._release_support import names as release

LOOK = frozenset(
    {
        "application-autoscaling:DescribeScalableTargets",
        "cloudfront:ListDistributions",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "ec2:DescribeAddresses",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeSubnets",
        "ec2:DescribeTags",
        "ecr:GetAuthorizationToken",
        "ecs:DescribeTaskDefinition",
        "ecs:ListTaskDefinitions",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "sts:GetCallerIdentity",
        "tag:GetResources",
    }
)
"""Reads that take no resource, or that ask for more than one (CloudWatch's alarms), and the login to ECR."""

PUSH = frozenset(
    f"ecr:{action}"
    for action in (
        *("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer", "PutImage"),
        *("InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload"),
        *("DescribeImages", "DescribeRepositories"),
    )
)
"""Pushing, and what a release asks and tags. The repository's tags never change their image: none is overwritten."""


@dataclass(frozen=True)
class Place:
    """What the policy is limited to: the stack, its environment, its two rules' ARNs and its repository's."""

    account: Account
    environment: str
    stack: str
    rules: frozenset[str]
    repository: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.account.partition}:{service}:{self.account.region}:{self.account.id}:{resource}"

    def role(self, name: str) -> str:
        return f"arn:{self.account.partition}:iam::{self.account.id}:role/{name}"


def policy(place: Place) -> Statements:
    """By Sid. What is not in it is denied: IAM's own rule, and the component takes away what others add to the role."""
    return {
        "Look": _allow(LOOK, {"*"}),
        "Push": _allow(PUSH, {place.repository}),
        **_know(place),
        **_records(place),
        **_shift(place),
        **_forget(place),
        **_services(place),
        **_tasks(place),
        **_pass(place),
    }


def _know(place: Place) -> dict[str, Any]:
    """Which of two secrets of one name is there: not what is in it. By name, as a secret that is gone has no tags."""
    app = place.stack.removesuffix(f"-{place.environment}")
    secrets = place.arn("secretsmanager", f"secret:{app}/{place.environment}/*")
    return {"Know": _allow({"secretsmanager:DescribeSecret"}, {secrets})}


def _records(place: Place) -> dict[str, Any]:
    table = place.arn("dynamodb", f"table/{release.table_name(place.stack)}")
    schedules = place.arn("scheduler", f"schedule/{release.group_name(place.stack)}/*")
    topic = place.arn("sns", release.topic_name(place.stack))
    verbs = ("ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")
    return {
        "Record": _allow({f"dynamodb:{verb}" for verb in verbs}, {table}),
        "Schedule": _allow(
            {f"scheduler:{verb}Schedule" for verb in ("Create", "Delete", "Get", "Update")}, {schedules}
        ),
        "Tell": _allow({"sns:Publish"}, {topic}),
    }


def _shift(place: Place) -> dict[str, Any]:
    return {"Shift": _allow({"elasticloadbalancing:ModifyRule"}, place.rules)}


def _forget(place: Place) -> dict[str, Any]:
    """`release_invalidate`. A distribution's ARN has an id that nobody knows beforehand: its tag limits it."""
    verbs = ("CreateInvalidation", "GetInvalidation", "ListInvalidations", "ListTagsForResource")
    distributions = f"arn:{place.account.partition}:cloudfront::{place.account.id}:distribution/*"
    ours = {f"aws:ResourceTag/{ENVIRONMENT_TAG}": place.environment}
    return {"Forget": _allow({f"cloudfront:{verb}" for verb in verbs}, {distributions}, StringEquals=ours)}


def _services(place: Place) -> dict[str, Any]:
    """Scalable targets' ARNs end in ids that nobody knows beforehand: the kind of target limits them, as for the
    schedules' role."""
    kind = {
        "application-autoscaling:service-namespace": "ecs",
        "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
    }
    services = {place.arn("ecs", resource) for resource in _service_paths(place.stack)}
    targets = place.arn("application-autoscaling", "scalable-target/*")
    return {
        "Services": _allow({"ecs:DescribeServices", "ecs:UpdateService"}, services),
        "Scale": _allow({"application-autoscaling:RegisterScalableTarget"}, {targets}, StringEquals=kind),
    }


def _tasks(place: Place) -> dict[str, Any]:
    """Revisions of both colours, one-off tasks of them, and the tags that both are born with."""
    families = {
        place.arn("ecs", f"task-definition/{ecs.service_name(place.stack, colour)}:*") for colour in ecs.COLOURS
    }
    cluster = place.arn("ecs", f"cluster/{ecs.cluster_name(place.stack)}")
    tasks = place.arn("ecs", f"task/{ecs.cluster_name(place.stack)}/*")
    ours = {f"aws:RequestTag/{ENVIRONMENT_TAG}": place.environment}
    born = {"ecs:CreateAction": ("RegisterTaskDefinition", "RunTask")}
    return {
        "Register": _allow({"ecs:RegisterTaskDefinition"}, families, StringEquals=ours),
        "Run": _allow({"ecs:RunTask"}, families, ArnEquals={"ecs:cluster": cluster}),
        "Tasks": _allow({"ecs:DescribeTasks", "ecs:StopTask"}, {tasks}, ArnEquals={"ecs:cluster": cluster}),
        "ListTasks": _allow({"ecs:ListTasks"}, {"*"}, ArnEquals={"ecs:cluster": cluster}),
        "Tag": _allow({"ecs:TagResource"}, {*families, tasks}, StringEquals=born),
    }


def _pass(place: Place) -> dict[str, Any]:
    """The roles of the tasks to ECS, and the schedules' own to EventBridge Scheduler; each to nothing else."""
    region = place.account.region
    tasks = {place.role(ecs.role_name(place.stack, region, use)) for use in ("execution", "task")}
    schedules = {place.role(release.role_name(place.stack, region))}
    return {
        "PassToTasks": _allow({"iam:PassRole"}, tasks, StringEquals=_to("ecs-tasks.amazonaws.com")),
        "PassToSchedules": _allow({"iam:PassRole"}, schedules, StringEquals=_to("scheduler.amazonaws.com")),
    }


def _to(service: str) -> dict[str, str]:
    return {"iam:PassedToService": service}


def _service_paths(stack: str) -> set[str]:
    return {f"service/{ecs.cluster_name(stack)}/{ecs.service_name(stack, colour)}" for colour in ecs.COLOURS}


def _allow(
    actions: Collection[str], resources: Collection[str], **conditions: Mapping[str, str | tuple[str, ...]]
) -> dict[str, Any]:
    """`conditions` by operator."""
    statement = {"Effect": "Allow", "Action": frozenset(actions), "Resource": frozenset(resources)}
    if not conditions:
        return statement
    return statement | {
        "Condition": {
            operator: {key: frozenset([value] if isinstance(value, str) else value) for key, value in tests.items()}
            for operator, tests in conditions.items()
        }
    }
