# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""One-time schedules that act when no controller is left: the dead-man switch, and the retirement of the old colour.

EventBridge Scheduler calls AWS by itself, as "universal targets". Their ARNs are
`arn:PARTITION:scheduler:::aws-sdk:SERVICE:operation` with the SDK's name of the service and the operation in camel
case; the keys of `Input` begin with a capital whatever the API's own do (UpdateService's `desiredCount` is
`DesiredCount`): https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
Taken from there and from schedules that others run; not verified on a live account by us.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import cluster_name, resource_id, service_name
from ansible_collections.calstack.aws.plugins.module_utils._ecs.scaling import DIMENSION
from ansible_collections.calstack.aws.plugins.module_utils._release import forwards
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Scaling
from ansible_collections.calstack.aws.plugins.module_utils._release.places import Places, missing
from ansible_collections.calstack.aws.plugins.module_utils._release_support.names import group_name, role_name

DEAD_MAN = "dead-man"
RETIRE_TASKS = "retire-tasks"
RETIRE_SCALING = "retire-scaling"

ABSENT = "ResourceNotFoundException"
PRESENT = "ConflictException"

RETRY = {"MaximumEventAgeInSeconds": 300, "MaximumRetryAttempts": 10}
"""By default AWS tries for a day: a switch that fires hours late would undo the release after this one."""


def suspended(scaling: Scaling) -> dict[str, bool]:
    """As Application Auto Scaling takes it; all three, since one left out stays as it is."""
    return {
        "DynamicScalingInSuspended": scaling.scale_in,
        "DynamicScalingOutSuspended": scaling.scale_out,
        "ScheduledScalingSuspended": scaling.scheduled,
    }


class Schedules:
    """The stack's schedules, each made or moved by one call once it is known to be there."""

    def __init__(self, clients: Clients, places: Places) -> None:
        self._clients, self._places = clients, places
        self._known: set[str] = set()

    def arm_dead_man(self, stable: str, at: float) -> None:
        actions = forwards.to_actions({stable: 100}, self._places.groups)
        target = {"RuleArn": self._places.production, "Actions": actions}
        self._put(DEAD_MAN, at, "elasticloadbalancingv2:modifyRule", target)

    def disarm_dead_man(self) -> None:
        self._delete(DEAD_MAN)

    def schedule_retirement(self, colour: str, at: float, scaling: Scaling) -> None:
        """The two may come in any order: with a least number of 0 neither starts or stops what the other does not.

        Raises CalstackError for a least number above 0: autoscaling would bring back what has just been stopped.
        """
        if scaling.minimum:
            raise CalstackError(
                f"the retirement of {colour} would leave it at least {scaling.minimum} tasks: nothing has been "
                f"scheduled. This is a bug of the release engine."
            )
        stack = self._places.stack
        service = {"Cluster": cluster_name(stack), "Service": service_name(stack, colour), "DesiredCount": 0}
        self._put(RETIRE_TASKS, at, "ecs:updateService", service)
        target = DIMENSION | {"ResourceId": resource_id(stack, colour), "MinCapacity": 0}
        limits: Mapping[str, Any] = target | {"SuspendedState": suspended(scaling)}
        self._put(RETIRE_SCALING, at, "applicationautoscaling:registerScalableTarget", limits)

    def cancel_retirement(self) -> None:
        self._delete(RETIRE_TASKS)
        self._delete(RETIRE_SCALING)

    def _put(self, name: str, at: float, operation: str, arguments: Mapping[str, Any]) -> None:
        """UpdateSchedule replaces everything, so both calls say the same."""
        api, given = self._clients("scheduler"), self._schedule(name, at, operation, arguments)
        if name not in self._known:
            made = unless_absent(lambda: self._create(given), PRESENT)
            self._known.add(name)
            if made:
                return
        # It is gone when it has fired, or when somebody has deleted it.
        if unless_absent(lambda: api.update_schedule(**given), ABSENT) is None:
            self._create(given)

    def _create(self, given: Mapping[str, Any]) -> dict[str, Any]:
        made = unless_absent(lambda: self._clients("scheduler").create_schedule(**given), ABSENT)
        if made is None:
            raise missing(f"the schedule group {given['GroupName']}", "release")
        return dict(made)

    def _schedule(self, name: str, at: float, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        places = self._places
        role = role_name(places.stack, places.region)
        return {
            "Name": name,
            "GroupName": group_name(places.stack),
            "ScheduleExpression": f"at({datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S})",
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "State": "ENABLED",
            "Target": {
                "Arn": f"arn:{places.partition}:scheduler:::aws-sdk:{operation}",
                "RoleArn": f"arn:{places.partition}:iam::{places.account}:role/{role}",
                "Input": json.dumps(arguments),
                "RetryPolicy": RETRY,
            },
        }

    def _delete(self, name: str) -> None:
        self._known.discard(name)
        group = group_name(self._places.stack)
        unless_absent(lambda: self._clients("scheduler").delete_schedule(GroupName=group, Name=name), ABSENT)
