"""The environment as AWS shows it, read by boto3 and not by what is tested; only the record is read by its store."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release, other
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event
from ansible_collections.calstack.aws.plugins.module_utils._release.store import Store

from tests.integration.laboratory import Laboratory

STACK = "calstack-local"
COLOURS = ("blue", "green")
TABLE = f"{STACK}-releases"
DIMENSION = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}


@dataclass(frozen=True)
class Limits:
    """A scalable target."""

    minimum: int
    maximum: int
    suspended: Mapping[str, bool]


@dataclass(frozen=True)
class Rule:
    """`weights` by colour; `stickiness` in seconds, 0 when off."""

    weights: Mapping[str, int]
    stickiness: int = 0


@dataclass
class Scene:
    laboratory: Laboratory
    clients: dict[str, Any] = field(default_factory=dict)

    def aws(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = self.laboratory.client(service)
        return self.clients[service]

    @cached_property
    def groups(self) -> dict[str, str]:
        found = self.aws("elbv2").describe_target_groups(Names=[f"{STACK}-{colour}" for colour in COLOURS])
        return {item["TargetGroupName"].rpartition("-")[2]: item["TargetGroupArn"] for item in found["TargetGroups"]}

    @cached_property
    def rules(self) -> dict[str, str]:
        """The ARNs of the rules `production` and `test`."""
        elb = self.aws("elbv2")
        balancer = elb.describe_load_balancers(Names=[f"{STACK}-alb"])["LoadBalancers"][0]["LoadBalancerArn"]
        listeners = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
        https = next(item["ListenerArn"] for item in listeners if item["Port"] == 443)
        arns = [item["RuleArn"] for item in elb.describe_rules(ListenerArn=https)["Rules"] if not item["IsDefault"]]
        tags = elb.describe_tags(ResourceArns=arns)["TagDescriptions"]
        names = {item["ResourceArn"]: {tag["Key"]: tag["Value"] for tag in item["Tags"]}["Name"] for item in tags}
        return {name.rpartition("-")[2]: arn for arn, name in names.items()}

    def rule(self, name: str = "production") -> Rule:
        answer = self.aws("elbv2").describe_rules(RuleArns=[self.rules[name]])["Rules"][0]
        config = answer["Actions"][-1]["ForwardConfig"]
        by_arn = {arn: colour for colour, arn in self.groups.items()}
        sticky = config.get("TargetGroupStickinessConfig", {})
        return Rule(
            {by_arn[item["TargetGroupArn"]]: int(item.get("Weight", 1)) for item in config["TargetGroups"]},
            int(sticky.get("DurationSeconds", 0)) if sticky.get("Enabled") else 0,
        )

    def set_rule(self, weights: Mapping[str, int], name: str = "production") -> None:
        """As somebody does by hand."""
        groups = [{"TargetGroupArn": self.groups[colour], "Weight": weight} for colour, weight in weights.items()]
        action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
        self.aws("elbv2").modify_rule(RuleArn=self.rules[name], Actions=[action])

    @property
    def stable(self) -> str:
        weights = self.rule().weights
        return max(weights, key=lambda colour: weights[colour])

    @property
    def idle(self) -> str:
        return other(self.stable)

    def service(self, colour: str) -> dict[str, Any]:
        found = self.aws("ecs").describe_services(cluster=STACK, services=[f"{STACK}-{colour}"])["services"]
        return dict(found[0])

    def image(self, colour: str) -> str:
        arn = self.service(colour)["taskDefinition"]
        definition = self.aws("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
        return str(definition["containerDefinitions"][0]["image"])

    def update(self, colour: str, desired: int, **more: Any) -> None:
        self.aws("ecs").update_service(cluster=STACK, service=f"{STACK}-{colour}", desiredCount=desired, **more)

    def tasks(self) -> list[dict[str, Any]]:
        """All of the cluster's that should run, one-off tasks too."""
        ecs = self.aws("ecs")
        arns = ecs.list_tasks(cluster=STACK, desiredStatus="RUNNING")["taskArns"]
        return list(ecs.describe_tasks(cluster=STACK, tasks=arns)["tasks"]) if arns else []

    def tasks_of(self, colour: str) -> list[dict[str, Any]]:
        return [task for task in self.tasks() if task.get("group") == f"service:{STACK}-{colour}"]

    def healthy(self, colour: str) -> int:
        found = self.aws("elbv2").describe_target_health(TargetGroupArn=self.groups[colour])
        return sum(item["TargetHealth"]["State"] == "healthy" for item in found["TargetHealthDescriptions"])

    def limits(self, colour: str) -> Limits:
        ident = f"service/{STACK}/{STACK}-{colour}"
        answer = self.aws("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[ident]
        )
        found = answer["ScalableTargets"][0]
        return Limits(found["MinCapacity"], found["MaxCapacity"], dict(found["SuspendedState"]))

    def set_limits(self, colour: str, limits: Limits) -> None:
        self.aws("application-autoscaling").register_scalable_target(
            **DIMENSION,
            ResourceId=f"service/{STACK}/{STACK}-{colour}",
            MinCapacity=limits.minimum,
            MaxCapacity=limits.maximum,
            SuspendedState=dict(limits.suspended),
        )

    def schedules(self) -> list[str]:
        return sorted(item["Name"] for item in self.aws("scheduler").list_schedules(GroupName=STACK)["Schedules"])

    @property
    def store(self) -> Store:
        return Store(self.aws("dynamodb"), TABLE)

    def lock(self) -> str:
        """Who holds it; empty: nobody."""
        key = {"pk": {"S": "lock"}, "sk": {"S": "lock"}}
        item = self.aws("dynamodb").get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item", {})
        return item["holder"]["S"] if "token" in item else ""

    def record(self) -> Release:
        found = self.store.latest()
        assert found, "there is no release on record"
        return found

    def timeline(self) -> list[Event]:
        return self.store.timeline(self.record().id)

    def everything_recorded(self) -> str:
        items = self.aws("dynamodb").scan(TableName=TABLE, ConsistentRead=True)["Items"]
        return json.dumps(items)
