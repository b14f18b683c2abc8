# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Reading the world: both colours, the rules and the one-off tasks, in as few calls as AWS allows, side by side."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._alb.api import from_list
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients
from ansible_collections.calstack.aws.plugins.module_utils._ecs import scaling, service
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import (
    cluster_name,
    is_placeholder,
    resource_id,
    service_name,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.revision import described, image_of
from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import STEADY, evidence, progress
from ansible_collections.calstack.aws.plugins.module_utils._release import forwards, one_offs
from ansible_collections.calstack.aws.plugins.module_utils._release.model import COLOURS, Release, Scaling
from ansible_collections.calstack.aws.plugins.module_utils._release.places import Places, find, missing
from ansible_collections.calstack.aws.plugins.module_utils._release.world import Colour, OneOffState, World

READERS = 8
"""As many as a world has reads that need not wait for another; botocore keeps ten connections a service."""


class Look:
    """Reads a stack's world again and again; what cannot change meanwhile is read once.

    Nothing is read before it is asked for. Every method raises CalstackError.
    """

    def __init__(self, clients: Clients, stack: str, clock: Callable[[], float] = time.time) -> None:
        self._clients, self._stack, self._clock = clients, stack, clock
        self._cluster = cluster_name(stack)
        self._places: Places | None = None
        self._sticky: dict[str, bool] = {}
        self._revisions: dict[str, dict[str, Any]] = {}

    @property
    def places(self) -> Places:
        if self._places is None:
            with doing(f"looking for the rules and target groups of {self._stack}"):
                self._places = find(self._clients, self._stack)
        return self._places

    def revision(self, arn: str) -> dict[str, Any]:
        """A task definition as DescribeTaskDefinition answers it; revisions never change."""
        if arn not in self._revisions:
            with doing(f"reading the task definition {arn.rpartition('/')[2]}"):
                self._revisions[arn] = described(self._clients("ecs"), arn)["taskDefinition"]
        return self._revisions[arn]

    def services(self) -> dict[str, dict[str, Any]]:
        """Both services as AWS describes them, by colour."""
        with doing(f"reading the services of {self._stack}"):
            found = service.describe(self._clients, self._stack)
        for colour in COLOURS:
            if colour not in found:
                raise missing(f"the service {service_name(self._stack, colour)}", "ecs")
        return found

    def scalable_targets(self) -> dict[str, dict[str, Any]]:
        """Both scalable targets as AWS describes them, by colour."""
        with doing(f"reading the scalable targets of {self._stack}"):
            found = scaling.targets(self._clients, self._stack)
        for colour in COLOURS:
            if colour not in found:
                raise missing(f"the scalable target {resource_id(self._stack, colour)}", "ecs")
        return found

    def rules(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The production and the test rule as AWS describes them."""
        arns = (self.places.production, self.places.test)
        with doing(f"reading the rules of {self._stack}"):
            answer = self._clients("elbv2").describe_rules(RuleArns=list(arns))["Rules"]
        by_arn = {item["RuleArn"]: item for item in answer}
        return by_arn[arns[0]], by_arn[arns[1]]

    def world(self, release: Release | None = None) -> World:
        """Everything as it is now, with the one-off tasks of `release` that are not recorded as done.

        Raises InputError while the environment is not built or waits for its first image.
        """
        groups, at = self.places.groups, self._clock()
        with _side_by_side() as ask:
            running, targets, rules = ask(self.services), ask(self.scalable_targets), ask(self.rules)
            health = {colour: ask(self._health, colour) for colour in COLOURS}
            sticky = {colour: ask(self._is_sticky, colour) for colour in COLOURS}
            started = ask(self._one_offs, release)
            services = running.result()
            images = {colour: ask(self._image, item) for colour, item in services.items()}
            evidences = {colour: ask(self._evidence, colour, item) for colour, item in services.items()}
        self._refuse_waiting([item.result() for item in images.values()])
        read = {
            colour: _colour(
                colour,
                services[colour],
                image=images[colour].result(),
                evidence=evidences[colour].result(),
                health=health[colour].result(),
                target=targets.result()[colour],
                group=groups[colour],
                sticky=sticky[colour].result(),
            )
            for colour in COLOURS
        }
        production, test = (forwards.read(rule["Actions"]) for rule in rules.result())
        return World(
            at=at,
            colours=read,
            weights=forwards.by_colour(production, groups),
            stickiness=production.stickiness,
            others=forwards.is_foreign(production, groups),
            test_colour=forwards.only_colour(test, groups),
            one_offs=started.result(),
        )

    def _image(self, item: Mapping[str, Any]) -> str:
        return image_of(self.revision(item["taskDefinition"]))

    def _refuse_waiting(self, images: Sequence[str]) -> None:
        if all(is_placeholder(image) for image in images):
            raise InputError(
                f"{self._stack} waits for its first image: push one and run site.yml; it starts the first version. "
                f"Releases are for every later one."
            )

    def _health(self, colour: str) -> list[dict[str, Any]]:
        with doing(f"reading the health of {service_name(self._stack, colour)}"):
            answer = self._clients("elbv2").describe_target_health(TargetGroupArn=self.places.groups[colour])
        return [item["TargetHealth"] for item in answer["TargetHealthDescriptions"]]

    def _is_sticky(self, colour: str) -> bool:
        if colour not in self._sticky:
            with doing(f"reading the attributes of the target group {service_name(self._stack, colour)}"):
                answer = self._clients("elbv2").describe_target_group_attributes(
                    TargetGroupArn=self.places.groups[colour]
                )
            self._sticky[colour] = from_list(answer["Attributes"]).get("stickiness.enabled") == "true"
        return self._sticky[colour]

    def _evidence(self, colour: str, item: Mapping[str, Any]) -> str:
        """Asked for only while something is missing: a steady world costs no calls for it."""
        if progress(item, item["taskDefinition"]) == STEADY:
            return ""
        ecs, name = self._clients("ecs"), service_name(self._stack, colour)
        with doing(f"reading why tasks of {name} stopped"):
            arns = ecs.list_tasks(cluster=self._cluster, serviceName=name, desiredStatus="STOPPED")["taskArns"]
            # A page of ListTasks is as many as DescribeTasks takes.
            stopped = ecs.describe_tasks(cluster=self._cluster, tasks=arns)["tasks"] if arns else []
        return evidence(item, stopped)

    def _one_offs(self, release: Release | None) -> dict[str, OneOffState]:
        if release is None or not release.one_offs:
            return {}
        with doing(f"reading the one-off tasks of {release.id}"):
            return one_offs.read(self._clients("ecs"), self._cluster, release)


@contextmanager
def _side_by_side() -> Iterator[Callable[..., Future[Any]]]:
    with ThreadPoolExecutor(READERS) as pool:
        yield pool.submit


def scaling_of(target: Mapping[str, Any]) -> Scaling:
    """What a release changes of a described scalable target."""
    suspended = target.get("SuspendedState", {})
    return Scaling(
        minimum=target["MinCapacity"],
        scale_in=bool(suspended.get("DynamicScalingInSuspended")),
        scale_out=bool(suspended.get("DynamicScalingOutSuspended")),
        scheduled=bool(suspended.get("ScheduledScalingSuspended")),
    )


def _colour(
    name: str,
    item: Mapping[str, Any],
    *,
    image: str,
    evidence: str,
    health: Sequence[Mapping[str, Any]],
    target: Mapping[str, Any],
    group: str,
    sticky: bool,
) -> Colour:
    targets = dict(Counter(one["State"] for one in health))
    return Colour(
        name=name,
        task_definition=item["taskDefinition"],
        image=image,
        desired=item["desiredCount"],
        running=item["runningCount"],
        pending=item["pendingCount"],
        rollout=progress(item, item["taskDefinition"]),
        evidence=evidence + _unhealthy(health),
        healthy=targets.get("healthy", 0),
        targets=targets,
        scaling=scaling_of(target),
        maximum=target["MaxCapacity"],
        group=group,
        sticky=sticky,
    )


def _unhealthy(health: Sequence[Mapping[str, Any]]) -> str:
    """Why targets are unhealthy, in the balancer's words; empty where none is."""
    reasons = dict.fromkeys(one.get("Description", "") for one in health if one["State"] == "unhealthy")
    told = "; ".join(reason.rstrip(".") for reason in reasons if reason)
    return f" Targets are unhealthy: {told}." if told else ""
