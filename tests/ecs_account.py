"""An emulated account that has what the ecs component needs, and ECS's part played by `catch_up`."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from hashlib import sha256
from typing import Any

import moto.applicationautoscaling.models
import moto.applicationautoscaling.responses
import moto.ecs.models
import moto.ecs.responses
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import known, resolve
from ansible_collections.calstack.aws.plugins.module_utils._ecs.cluster import Cluster
from ansible_collections.calstack.aws.plugins.module_utils._ecs.component import ecs
from ansible_collections.calstack.aws.plugins.module_utils._ecs.service import Service
from ansible_collections.calstack.aws.plugins.modules.ecs import OPTIONS
from emulator import Account, account

from lab.aws import applicationautoscaling as scaling_mends
from lab.aws import ecs as ecs_mends
from lab.ecs.records import set_rollout
from lab.ecs.scheduler import Rollout

DEFAULTS = {name: option["default"] for name, option in OPTIONS.items()}
REPOSITORY = "calstack"

BLUE, GREEN = "calstack-dev-blue", "calstack-dev-green"
CLUSTER = "calstack-dev"
DIMENSION = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
EVERYTHING = [
    "create log group /calstack-dev/app",
    "create role calstack-dev-eu-west-1-ecs-execution",
    "create role calstack-dev-eu-west-1-ecs-task",
    "create cluster calstack-dev",
    *(f"create task definition {name}" for name in (BLUE, GREEN)),
    *(f"create service {name}" for name in (BLUE, GREEN)),
    *(f"create scalable target {name}" for name in (BLUE, GREEN)),
    *(f"create scaling policy {name}-{measure}" for name in (BLUE, GREEN) for measure in ("cpu", "memory")),
]


def scope(environment: str = "dev") -> Scope:
    return Scope(environment, "ecs", f"calstack-{environment}")


@contextmanager
def mended() -> Iterator[None]:
    """moto with the lab's mends of ECS and scaling, taken back afterwards: other tests count on moto as it comes."""
    modules = [moto.ecs.models, moto.ecs.responses, moto.applicationautoscaling.models]
    modules.append(moto.applicationautoscaling.responses)
    classes = [item for module in modules for item in vars(module).values() if isinstance(item, type)]
    before = [(item, dict(vars(item))) for item in classes if item.__module__.startswith("moto.")]
    ecs_mends.apply()
    scaling_mends.apply()
    try:
        yield
    finally:
        for item, attributes in before:
            for name in set(vars(item)) - set(attributes):
                delattr(item, name)
            for name, value in attributes.items():
                if vars(item).get(name) is not value:
                    setattr(item, name, value)


class Mortal(Account):
    """Dies at the first writing call after `dies_after` of them."""

    dies_after: int | None = None

    def _note(self, model: Any, **given: Any) -> None:
        super()._note(model, **given)
        if self.dies_after is not None and len(self.writes) > self.dies_after:
            raise KeyboardInterrupt


@cache
def clients() -> Mortal:
    """Made once: clients take longer than all a test does with them. What they talk to is new in each test."""
    return Mortal()


@contextmanager
def ready() -> Iterator[tuple[Mortal, dict[str, Any]]]:
    """An account with network, target groups behind a balancer, an empty repository; and the module's parameters."""
    with mended(), account():
        aws = clients()
        aws.dies_after = None
        yield aws, surroundings(aws)
        aws.calls.clear()


def surroundings(aws: Account) -> dict[str, Any]:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"]
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    subnet_ids = [subnet["SubnetId"] for subnet in subnets]
    repository = aws("ecr").create_repository(repositoryName=REPOSITORY)["repository"]
    return {
        "subnet_ids": subnet_ids,
        "security_group_ids": [group],
        "target_group_arns": target_groups(aws, vpc, subnet_ids),
        "repository_uri": repository["repositoryUri"],
        "repository_arn": repository["repositoryArn"],
        "environment": {"DOMAIN": "dev.calstack.example.com"},
        "secrets": {"KEY": secret(aws, "calstack/dev/app")},
    }


def secret(aws: Account, name: str) -> str:
    """The ARN of a new secret with a key."""
    arn: str = aws("secretsmanager").create_secret(Name=name, SecretString='{"KEY": "one"}')["ARN"]
    return arn


def new_version(aws: Account, name: str = "calstack/dev/app") -> str:
    """The id of a new version, which is current."""
    answer = aws("secretsmanager").put_secret_value(SecretId=name, SecretString='{"KEY": "another"}')
    version: str = answer["VersionId"]
    return version


def target_groups(aws: Account, vpc: str, subnet_ids: list[str], name: str = "x") -> dict[str, str]:
    elbv2 = aws("elbv2")
    balancer = elbv2.create_load_balancer(Name=name, Subnets=subnet_ids)["LoadBalancers"][0]["LoadBalancerArn"]
    arns = {}
    for port, colour in enumerate(("blue", "green"), start=8001):
        made = elbv2.create_target_group(
            Name=f"{name}-{colour}", Protocol="HTTP", Port=5000, VpcId=vpc, TargetType="ip"
        )
        arns[colour] = made["TargetGroups"][0]["TargetGroupArn"]
        forward = [{"Type": "forward", "TargetGroupArn": arns[colour]}]
        elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=forward)
    return arns


def push(aws: Account, tag: str) -> str:
    """Put an image into the repository; its digest."""
    digest = f"sha256:{sha256(tag.encode()).hexdigest()}"
    manifest = {"schemaVersion": 2, "mediaType": "x", "config": {"digest": digest}, "layers": []}
    aws("ecr").put_image(
        repositoryName=REPOSITORY, imageManifest=json.dumps(manifest), imageTag=tag, imageDigest=digest
    )
    return digest


def services() -> list[Any]:
    return list(moto.ecs.models.ecs_backends["123456789012"]["eu-west-1"].services.values())


def catch_up(seconds: float = 0) -> None:
    """What ECS does in the meantime: tasks run as desired, and a deleted service is gone."""
    del seconds
    for service in services():
        service.running_count = service.desired_count
        service.deployments = service.deployments[:1]
        service.deployments[0].update(runningCount=service.desired_count, desiredCount=service.desired_count)
        set_rollout(service, Rollout.COMPLETED, "completed")
        if service.status == "DRAINING":
            service.status = "INACTIVE"
    for tasks in moto.ecs.models.ecs_backends["123456789012"]["eu-west-1"].tasks.values():
        for task in tasks.values():
            if task.desired_status == "STOPPED":
                task.status = "STOPPED"


def give_up(seconds: float = 0) -> None:
    """What ECS does when no task can start."""
    del seconds
    for service in services():
        if service.desired_count:
            set_rollout(service, Rollout.FAILED, "tasks failed to start")
            service.events = [{"id": "1", "message": "(service x) was unable to place a task."}]


def kinds(component: Any, sleep: Any, wait_seconds: float) -> list[Any]:
    """The component's, on a clock that only sleeping moves on, with ECS's part played in the meantime."""
    now = [0.0]

    def pass_time(seconds: float) -> None:
        now[0] += seconds
        sleep(seconds)

    timed = {"clock": lambda: now[0], "sleep": pass_time}
    replaced = {Cluster: partial(Cluster, **timed), Service: partial(Service, **timed, wait_seconds=wait_seconds)}
    return [replaced.get(getattr(kind, "func", kind), kind) for kind in component.kinds]


def site(aws, given, environment="dev", *, check=False, sleep=catch_up):
    """What the module does with state present: the result, and what is published."""
    params = DEFAULTS | given
    component = ecs(params, check=check)
    params |= component.survey(aws, params, scope(environment))
    made = [kind(aws, scope(environment)) for kind in kinds(component, sleep, params["wait_seconds"])]
    clock = itertools.count()
    result = converge(
        made, component.wanted(params, scope(environment)), check=check, clock=lambda: next(clock), sleep=sleep
    )
    return result, resolve(component.outputs(params, scope(environment)), known(result.found))


def destroy(aws, environment="dev", *, check=False, **given):
    """What the module does with state absent."""
    component = ecs(DEFAULTS | given, check=check)
    return converge([kind(aws, scope(environment)) for kind in kinds(component, catch_up, 60)], (), check=check)


def steps(result):
    """`create service calstack-dev-blue`, …"""
    return [f"{change.action} {change.kind} {change.name}" for change in result.changes]


def describe(aws, name):
    return aws("ecs").describe_services(cluster=CLUSTER, services=[name], include=["TAGS"])["services"][0]


def definition(aws, name):
    """What the service runs."""
    arn = describe(aws, name)["taskDefinition"]
    return aws("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]


def image(aws, name):
    return definition(aws, name)["containerDefinitions"][0]["image"]


def target(aws, name):
    (found,) = aws("application-autoscaling").describe_scalable_targets(
        **DIMENSION, ResourceIds=[f"service/{CLUSTER}/{name}"]
    )["ScalableTargets"]
    return found


def released(aws):
    """What a release leaves in the middle: green serves its own image, and scaling is suspended."""
    arn = register(aws, GREEN, image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack@sha256:released")
    aws("ecs").update_service(cluster=CLUSTER, service=GREEN, taskDefinition=arn, desiredCount=3)
    aws("ecs").update_service(cluster=CLUSTER, service=BLUE, desiredCount=5)
    for name in (BLUE, GREEN):
        aws("application-autoscaling").register_scalable_target(
            **DIMENSION,
            ResourceId=f"service/{CLUSTER}/{name}",
            MinCapacity=3,
            SuspendedState={"DynamicScalingInSuspended": True},
        )
    catch_up()


def register(aws, family, **container):
    """A revision like the last but for the container's `container`; its ARN."""
    last = aws("ecs").describe_task_definition(taskDefinition=family, include=["TAGS"])
    given = ("family", "cpu", "memory", "networkMode", "requiresCompatibilities", "runtimePlatform")
    given += ("executionRoleArn", "taskRoleArn", "containerDefinitions")
    wanted = {key: last["taskDefinition"][key] for key in given}
    wanted["containerDefinitions"][0] |= container
    return aws("ecs").register_task_definition(**wanted, tags=last["tags"])["taskDefinition"]["taskDefinitionArn"]


def no_change(aws, **given):
    aws.calls.clear()
    result, published = site(aws, aws.given | given)
    assert steps(result) == []
    assert not aws.writes
    return published
