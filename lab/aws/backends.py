"""The emulator's memory, typed: one accessor per service, and the one lock.

moto is not safe under concurrency. Hold `LOCK` around every touch of a backend; the AWS server holds it around
every request. It is re-entrant. A service's code is imported on first use, which keeps the lab small.
"""

import threading
from typing import TYPE_CHECKING

from lab.settings import Settings

if TYPE_CHECKING:
    from moto.acm.models import AWSCertificateManagerBackend
    from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
    from moto.cloudwatch.models import CloudWatchBackend
    from moto.ec2.models import EC2Backend
    from moto.ecr.models import ECRBackend
    from moto.ecs.models import EC2ContainerServiceBackend
    from moto.elbv2.models import ELBv2Backend
    from moto.iam.models import IAMBackend
    from moto.logs.models import LogsBackend
    from moto.scheduler.models import EventBridgeSchedulerBackend
    from moto.secretsmanager.models import SecretsManagerBackend

LOCK = threading.RLock()


def acm(settings: Settings) -> "AWSCertificateManagerBackend":
    from moto.acm.models import acm_backends

    return acm_backends[settings.account][settings.region]


def applicationautoscaling(settings: Settings) -> "ApplicationAutoscalingBackend":
    from moto.applicationautoscaling.models import applicationautoscaling_backends

    return applicationautoscaling_backends[settings.account][settings.region]


def cloudwatch(settings: Settings) -> "CloudWatchBackend":
    from moto.cloudwatch.models import cloudwatch_backends

    return cloudwatch_backends[settings.account][settings.region]


def ec2(settings: Settings) -> "EC2Backend":
    from moto.ec2.models import ec2_backends

    return ec2_backends[settings.account][settings.region]


def ecr(settings: Settings) -> "ECRBackend":
    from moto.ecr.models import ecr_backends

    return ecr_backends[settings.account][settings.region]


def ecs(settings: Settings) -> "EC2ContainerServiceBackend":
    from moto.ecs.models import ecs_backends

    return ecs_backends[settings.account][settings.region]


def elbv2(settings: Settings) -> "ELBv2Backend":
    from moto.elbv2.models import elbv2_backends

    return elbv2_backends[settings.account][settings.region]


def iam(settings: Settings) -> "IAMBackend":
    from moto.iam.models import iam_backends

    return iam_backends[settings.account]["aws"]


def logs(settings: Settings) -> "LogsBackend":
    from moto.logs.models import logs_backends

    return logs_backends[settings.account][settings.region]


def scheduler(settings: Settings) -> "EventBridgeSchedulerBackend":
    from moto.scheduler.models import scheduler_backends

    return scheduler_backends[settings.account][settings.region]


def secretsmanager(settings: Settings) -> "SecretsManagerBackend":
    from moto.secretsmanager.models import secretsmanager_backends

    return secretsmanager_backends[settings.account][settings.region]


def vpc_endpoints(settings: Settings) -> dict[str, str]:
    """The names of the services that the account's VPC endpoints are for, by the endpoints' ids. It takes the lock."""
    with LOCK:
        endpoints = ec2(settings).vpc_end_points.values()
        return {endpoint.id: endpoint.service_name for endpoint in endpoints if endpoint.state != "deleted"}
