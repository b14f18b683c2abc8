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

GLOBAL = "us-east-1"
"""The region in which the tagging API shows what has none."""


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


class Zones:
    """Route 53's hosted zones and health checks, likewise."""

    def __init__(self, account: str) -> None:
        from moto.route53.models import route53_backends

        self._backend = route53_backends[account]["aws"]

    def owns_arn(self, arn: str) -> bool:
        return ":route53:" in arn

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        for kind, ids in (("hostedzone", self._backend.zones), ("healthcheck", self._backend.health_checks)):
            for identity in ids:
                arn = f"arn:aws:route53:::{kind}/{identity}"
                tags = dict(self._backend.resource_tags.get(identity, {}))
                yield TaggedResource(arn=arn, tags=tags, resource_type=f"route53:{kind}")


class WebAcls:
    """WAF's web ACLs with the scope CLOUDFRONT, likewise."""

    def __init__(self, account: str) -> None:
        from moto.wafv2.models import GLOBAL_REGION, wafv2_backends

        self._backend = wafv2_backends[account][GLOBAL_REGION]

    def owns_arn(self, arn: str) -> bool:
        return ":wafv2:" in arn

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        for acl in self._backend.wacls.values():
            tags = self._backend.tagging_service.get_tag_dict_for_resource(acl.arn)
            yield TaggedResource(arn=acl.arn, tags=tags, resource_type="wafv2:webacl")


def is_of_cloudfront(backend: object) -> bool:
    return getattr(backend, "SERVICE_NAMESPACE", "") == "cloudfront"


def services_that_take_no_part() -> None:
    """GetResources shows ECR repositories, scalable targets and schedule groups; in moto they take no part.

    What has no region, CloudFront's, Route 53's and its web ACLs, shows in us-east-1 only; moto has distributions in
    every region.
    """

    @wrap(models, "iter_taggable_backends")
    def iter_taggable_backends(
        original: Callable[..., Iterator[object]], account: str, region: str
    ) -> Iterator[object]:
        known = original(account, region)
        yield from (backend for backend in known if region == GLOBAL or not is_of_cloudfront(backend))
        yield Repositories(account, region)
        yield ScalableTargets(account, region)
        if "moto.scheduler.models" in sys.modules:  # else there are none, and loading it takes time
            yield ScheduleGroups(account, region)
        if region == GLOBAL and "moto.route53.models" in sys.modules:
            yield Zones(account)
        if region == GLOBAL and "moto.wafv2.models" in sys.modules:
            yield WebAcls(account)
