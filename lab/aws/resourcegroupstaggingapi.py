"""Resource Groups Tagging API: GetResources over the types that moto leaves out or names differently.

EC2, ECS and ELBv2 have their own share of this in their own mends.
"""

import sys
from collections.abc import Callable, Iterator

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, applicationautoscaling_backends
from moto.core.resource_tagging import TaggedResource
from moto.ecr.models import ecr_backends
from moto.logs.models import LogsBackend
from moto.resourcegroupstaggingapi import models

from lab.aws.applicationautoscaling import tags_of
from lab.aws.patching import wrap


def apply() -> None:
    log_groups()
    services_that_take_no_part()


def log_groups() -> None:
    """The type of log groups is `logs:log-group`; moto says `logs:loggroup`."""

    @wrap(LogsBackend, "iter_tagged_resources")
    def iter_tagged_resources(
        original: Callable[..., Iterator[TaggedResource]], backend: LogsBackend
    ) -> Iterator[TaggedResource]:
        for resource in original(backend):
            resource.resource_type = resource.resource_type.replace("logs:loggroup", "logs:log-group")
            yield resource


class Repositories:
    """ECR's repositories, as the tagging API asks a backend for them."""

    def __init__(self, account: str, region: str) -> None:
        self._backend = ecr_backends[account][region]

    def owns_arn(self, arn: str) -> bool:
        return ":ecr:" in arn

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        for repository in self._backend.repositories.values():
            tags = self._backend.tagger.get_tag_dict_for_resource(repository.arn)
            yield TaggedResource(arn=repository.arn, tags=tags, resource_type="ecr:repository")


class ScalableTargets:
    """Application Auto Scaling's targets, likewise."""

    def __init__(self, account: str, region: str) -> None:
        self._backend: ApplicationAutoscalingBackend = applicationautoscaling_backends[account][region]

    def owns_arn(self, arn: str) -> bool:
        return ":application-autoscaling:" in arn

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        for targets in self._backend.targets.values():
            for target in targets.values():
                yield TaggedResource(
                    arn=target.arn,
                    tags=dict(tags_of(self._backend).get(target.arn, {})),
                    resource_type="application-autoscaling:scalable-target",
                )


class ScheduleGroups:
    """EventBridge Scheduler's groups, likewise; schedules have no tags."""

    def __init__(self, account: str, region: str) -> None:
        from moto.scheduler.models import scheduler_backends

        self._backend = scheduler_backends[account][region]

    def owns_arn(self, arn: str) -> bool:
        return ":scheduler:" in arn

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        for group in self._backend.schedule_groups.values():
            tags = self._backend.tagger.get_tag_dict_for_resource(group.arn)
            yield TaggedResource(arn=group.arn, tags=tags, resource_type="scheduler:schedule-group")


def services_that_take_no_part() -> None:
    """GetResources shows ECR repositories, scalable targets and schedule groups; in moto they take no part."""

    @wrap(models, "iter_taggable_backends")
    def iter_taggable_backends(
        original: Callable[..., Iterator[object]], account: str, region: str
    ) -> Iterator[object]:
        yield from original(account, region)
        yield Repositories(account, region)
        yield ScalableTargets(account, region)
        if "moto.scheduler.models" in sys.modules:  # else there are none, and loading it takes time
            yield ScheduleGroups(account, region)
