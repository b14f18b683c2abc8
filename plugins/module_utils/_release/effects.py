# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Doing what a release has decided: an action, a call, and none where it is so already."""

from __future__ import annotations

import hashlib
from functools import singledispatchmethod
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import (
    CONTAINER,
    cluster_name,
    resource_id,
    service_name,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.registry import where
from ansible_collections.calstack.aws.plugins.module_utils._ecs.revision import latest
from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import primary
from ansible_collections.calstack.aws.plugins.module_utils._ecs.scaling import DIMENSION, SERVICE
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import lower_tags
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tasks import started
from ansible_collections.calstack.aws.plugins.module_utils._release import action as actions
from ansible_collections.calstack.aws.plugins.module_utils._release import forwards
from ansible_collections.calstack.aws.plugins.module_utils._release.api import Look, scaling_of
from ansible_collections.calstack.aws.plugins.module_utils._release.one_offs import started_by
from ansible_collections.calstack.aws.plugins.module_utils._release.revision_change import derive, equal
from ansible_collections.calstack.aws.plugins.module_utils._release.schedules import Schedules, suspended

RELEASE_TAG = "calstack:release"
RELEASED = "released-{}"
"""The tag that the repository's lifecycle rule keeps."""


class Hands:
    """Does actions. Each is harmless when it is done twice: a controller that died after a call does it again."""

    def __init__(self, clients: Clients, stack: str, look: Look) -> None:
        self._clients, self._stack, self._look = clients, stack, look
        self._cluster = cluster_name(stack)
        self._schedules: Schedules | None = None

    def do(self, action: actions.Action) -> str:
        """The ARN of a registered task definition or of a started one-off task, else nothing.

        Raises CalstackError; `clients.is_passing` tells whether to try again.
        """
        with doing(str(action)):
            return str(self._do(action) or "")

    @singledispatchmethod
    def _do(self, action: Any) -> str | None:
        raise CalstackError(f"nobody does {type(action).__name__}: this is a bug of the release engine.")

    @_do.register
    def _set_weights(self, action: actions.SetWeights) -> None:
        self._forward(self._look.places.production, action.weights, action.stickiness)

    @_do.register
    def _set_test_rule(self, action: actions.SetTestRule) -> None:
        self._forward(self._look.places.test, {action.colour: 100})

    def _forward(self, rule: str, weights: Any, stickiness: int = 0) -> None:
        """Complete actions, since they are replaced; no conditions, since those stay."""
        wanted = forwards.to_actions(weights, self._look.places.groups, stickiness)
        self._clients("elbv2").modify_rule(RuleArn=rule, Actions=wanted)

    @_do.register
    def _register_revision(self, action: actions.RegisterRevision) -> str:
        family = service_name(self._stack, action.colour)
        base = self._look.revision(action.base)
        wanted = derive(base, family, action.colour, action.image)
        own = base["family"] == family and base["status"] == "ACTIVE"
        if own and equal(base, wanted) and not self._given_up(action.colour, action.base):
            return action.base  # the way back: what is still warm must not be replaced by its like
        newest = latest(self._clients("ecs"), family)
        arn = str(newest["taskDefinition"]["taskDefinitionArn"]) if newest else ""
        if newest and equal(newest["taskDefinition"], wanted) and not self._given_up(action.colour, arn):
            return arn
        tags = Scope(self._look.places.environment, "ecs", self._stack).tags(family)
        made = self._clients("ecs").register_task_definition(**wanted, tags=lower_tags(tags))
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def _given_up(self, colour: str, arn: str) -> bool:
        """A deployment that ECS gave up on is not taken up again by asking for the same revision once more."""
        last = primary(self._look.services()[colour])
        return last.get("taskDefinition") == arn and last.get("rolloutState") == "FAILED"

    @_do.register
    def _update_service(self, action: actions.UpdateService) -> None:
        now = self._look.services()[action.colour]
        given: dict[str, Any] = {"desiredCount": action.desired}
        if action.task_definition and action.task_definition != now["taskDefinition"]:
            given |= {"taskDefinition": action.task_definition} | self._moved_port(now, action.task_definition)
        elif action.desired == now["desiredCount"]:
            return
        self._clients("ecs").update_service(cluster=self._cluster, service=now["serviceName"], **given)

    def _moved_port(self, now: dict[str, Any], task_definition: str) -> dict[str, Any]:
        """Only for another port: a changed load balancer is what ECS does most about."""
        container = next(
            item for item in self._look.revision(task_definition)["containerDefinitions"] if item["name"] == CONTAINER
        )
        ports = [item["containerPort"] for item in container.get("portMappings", ())]
        balancers = now.get("loadBalancers", [])
        if not ports or all(item["containerPort"] in ports for item in balancers):
            return {}
        return {"loadBalancers": [{**item, "containerPort": ports[0]} for item in balancers]}

    @_do.register
    def _set_scaling(self, action: actions.SetScaling) -> None:
        """Never the maximum: the desired count is clamped to it at once."""
        target = self._look.scalable_targets()[action.colour]
        if scaling_of(target) == action.scaling:
            return
        least = action.scaling.minimum
        if least > target["MaxCapacity"]:
            raise CalstackError(
                f"{action.colour} may have at most {target['MaxCapacity']} tasks, and the release wants at least "
                f"{least}: raise app_tasks_max, run site.yml --limit ecs, then run the release again."
            )
        if least != target["MinCapacity"]:
            self._refuse_growth(action.colour, least)
        self._clients(SERVICE).register_scalable_target(
            **DIMENSION,
            ResourceId=resource_id(self._stack, action.colour),
            MinCapacity=least,
            SuspendedState=suspended(action.scaling),
        )

    def _refuse_growth(self, colour: str, least: int) -> None:
        desired = self._look.services()[colour]["desiredCount"]
        if least > desired:
            raise CalstackError(
                f"{colour} has a desired count of {desired}, and a least number of {least} would change it at once: "
                f"nothing has been changed. Run the same command again: it plans from what is there now."
            )

    @_do.register
    def _run_one_off(self, action: actions.RunOneOff) -> str:
        """ECS starts it once, however often it is asked: the token is made of what is asked for."""
        tag = started_by(action.release, action.one_off.name)
        token = hashlib.sha256(f"{tag} {action.task_definition}".encode()).hexdigest()
        service = self._look.services()[action.colour]
        name = service_name(self._stack, action.colour)
        tags = Scope(self._look.places.environment, "ecs", self._stack).tags(name) | {RELEASE_TAG: action.release}
        answer = self._clients("ecs").run_task(
            cluster=self._cluster,
            taskDefinition=action.task_definition,
            count=1,
            launchType="FARGATE",
            networkConfiguration=service["networkConfiguration"],
            overrides={"containerOverrides": [{"name": CONTAINER, "command": list(action.one_off.command)}]},
            startedBy=tag,
            clientToken=token,
            enableECSManagedTags=True,
            tags=lower_tags(tags),
        )
        return started(answer, f"run {action.one_off.name}")

    @_do.register
    def _stop_one_off(self, action: actions.StopOneOff) -> None:
        reason = "The release does not go on"
        try:
            self._clients("ecs").stop_task(cluster=self._cluster, task=action.arn, reason=reason)
        except Exception as error:
            # ECS has no code of its own for it.
            if "task was not found" not in str(error):
                raise

    @_do.register
    def _arm_dead_man(self, action: actions.ArmDeadMan) -> None:
        self.schedules.arm_dead_man(action.stable, action.at)

    @_do.register
    def _disarm_dead_man(self, action: actions.DisarmDeadMan) -> None:
        self.schedules.disarm_dead_man()

    @_do.register
    def _schedule_retirement(self, action: actions.ScheduleRetirement) -> None:
        self.schedules.schedule_retirement(action.colour, action.at, action.scaling)

    @_do.register
    def _cancel_retirement(self, action: actions.CancelRetirement) -> None:
        self.schedules.cancel_retirement()

    @property
    def schedules(self) -> Schedules:
        if self._schedules is None:
            self._schedules = Schedules(self._clients, self._look.places)
        return self._schedules

    @_do.register
    def _keep_image(self, action: actions.KeepImage) -> None:
        ecr, (repository, _at, digest) = self._clients("ecr"), action.image.partition("@")
        place = where(repository)
        found = ecr.batch_get_image(**place, imageIds=[{"imageDigest": digest}])["images"]
        if not found:
            raise CalstackError(f"{action.image} is not in its repository any more: it cannot be kept. Push it again.")
        media = found[0].get("imageManifestMediaType")
        unless_absent(
            lambda: ecr.put_image(
                **place,
                imageManifest=found[0]["imageManifest"],
                imageTag=RELEASED.format(action.release),
                imageDigest=digest,
                **({"imageManifestMediaType": media} if media else {}),
            ),
            "ImageAlreadyExistsException",
        )
