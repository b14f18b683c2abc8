# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What runs of an environment, found by its tags and names. Only calls that read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._core.aws import doing
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import ENVIRONMENT_TAG, STACK_TAG, Clients
from ansible_collections.calstack.aws.plugins.module_utils._cost.beside import BASE_IMAGE_GB
from ansible_collections.calstack.aws.plugins.module_utils._cost.model import (
    Environment,
    Network,
    Service,
    Store,
    Watch,
)
from ansible_collections.calstack.aws.plugins.module_utils._cost.spread import flat
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._ecs.tags import tag_mapping
from ansible_collections.calstack.aws.plugins.module_utils._stack.look import look
from ansible_collections.calstack.aws.plugins.module_utils._stack.resource import SECRET

NOTES = (
    "From what runs: network, balancer, tasks, images, logs, alarms, secrets. "
    "From the inventory: traffic, the edge and the database.",
)


def running(clients: Clients, base: Environment, stack: str) -> Environment:
    """`base` with what is really there in its place. Raises CalstackError."""
    published = look(clients, base.name, stack)
    tags = {ENVIRONMENT_TAG: base.name, STACK_TAG: stack}
    with doing(f"reading what of {stack} costs money"):
        return replace(
            base,
            network=network(clients("ec2"), base.network, published, tags),
            service=service(clients, base.service, published),
            balancer=replace(base.balancer, exists="alb_arn" in published),
            watch=watch(clients("cloudwatch"), base.watch, stack),
            store=store(clients, base.store, published),
        )


def network(ec2: Any, base: Network, published: Mapping[str, Any], tags: Mapping[str, str]) -> Network:
    zones = len(published.get("vpc_private_subnet_ids", ())) or base.zones
    gateways = _tagged(ec2, "describe_nat_gateways", "NatGateways", "Filter", tags)
    endpoints = _tagged(ec2, "describe_vpc_endpoints", "VpcEndpoints", "Filters", tags)
    return replace(
        base,
        zones=zones,
        nat=_nat(sum(item["State"] in ("pending", "available") for item in gateways), zones),
        interface_endpoints=sum(item["VpcEndpointType"] == "Interface" for item in endpoints),
        flow_logs=bool(_tagged(ec2, "describe_flow_logs", "FlowLogs", "Filter", tags)),
    )


def _tagged(ec2: Any, call: str, key: str, parameter: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    filters = [{"Name": f"tag:{name}", "Values": [value]} for name, value in tags.items()]
    found = [item for page in _pages(ec2, call, **{parameter: filters}) for item in page[key]]
    # An emulator may not filter all of these by tag.
    return [item for item in found if tags.items() <= tag_mapping(item.get("Tags")).items()]


def _nat(gateways: int, zones: int) -> str:
    return "none" if not gateways else "per_zone" if gateways >= zones else "single"


def service(clients: Clients, base: Service, published: Mapping[str, Any]) -> Service:
    """The tasks of both colours now, of the size that most of them have."""
    ecs, cluster = clients("ecs"), published.get("ecs_cluster_arn")
    arns = list(published.get("ecs_service_arns", {}).values())
    found = _services(ecs, cluster, arns) if cluster and arns else []
    tasks = sum(item["runningCount"] + item["pendingCount"] for item in found)
    kept = _stored_gb(clients("logs"), published.get("ecs_log_group_name"))
    base = replace(base, tasks=flat(tasks), tasks_min=min(base.tasks_min, tasks), log_kept_gb=kept)
    if cluster:
        base = replace(base, insights=_insights(ecs, cluster, base.insights))
    return _sized(ecs, base, max(found, key=lambda item: item["runningCount"])) if found else base


def _services(ecs: Any, cluster: str, arns: Sequence[str]) -> list[dict[str, Any]]:
    answer = unless_absent(
        lambda: ecs.describe_services(cluster=cluster, services=list(arns)), "ClusterNotFoundException"
    )
    return [item for item in answer["services"] if item["status"] == "ACTIVE"] if answer else []


def _sized(ecs: Any, base: Service, largest: Mapping[str, Any]) -> Service:
    definition = ecs.describe_task_definition(taskDefinition=largest["taskDefinition"])["taskDefinition"]
    return replace(
        base,
        cpu=int(definition.get("cpu") or base.cpu),
        memory=int(definition.get("memory") or base.memory),
        architecture=definition.get("runtimePlatform", {}).get("cpuArchitecture") or base.architecture,
    )


def _insights(ecs: Any, cluster: str, base: str) -> str:
    found = ecs.describe_clusters(clusters=[cluster], include=["SETTINGS"])["clusters"]
    settings = {item["name"]: item["value"] for one in found for item in one.get("settings", ())}
    return str(settings.get("containerInsights", base))


def _stored_gb(logs: Any, group: str | None) -> float:
    if not group:
        return 0.0
    found = [
        item for page in _pages(logs, "describe_log_groups", logGroupNamePrefix=group) for item in page["logGroups"]
    ]
    return float(sum(item.get("storedBytes", 0) for item in found if item["logGroupName"] == group)) * 1e-9


def watch(cloudwatch: Any, base: Watch, stack: str) -> Watch:
    """Autoscaling's alarms carry its service's name, all others start with the stack's."""
    pages = _pages(cloudwatch, "describe_alarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    found = list(pages)
    metric = {item["AlarmName"]: item for page in found for item in page.get("MetricAlarms", ())}
    composite = [item["AlarmName"] for page in found for item in page.get("CompositeAlarms", ())]
    boards = [
        item
        for page in _pages(cloudwatch, "list_dashboards", DashboardNamePrefix=stack)
        for item in page["DashboardEntries"]
    ]
    return replace(
        base,
        alarm_metrics=sum(_metrics(alarm) for name, alarm in metric.items() if name.startswith(f"{stack}-")),
        scaling_alarms=sum(f"service/{stack}/" in name for name in metric),
        composite_alarms=sum(name.startswith(f"{stack}-") for name in composite),
        dashboards=len(boards),
    )


def _metrics(alarm: Mapping[str, Any]) -> int:
    """How many metrics it looks at: one of its own, or all that its expressions are made of."""
    return sum("MetricStat" in query for query in alarm.get("Metrics", ())) or 1


def store(clients: Clients, base: Store, published: Mapping[str, Any]) -> Store:
    secrets = sum(item["kind"] == SECRET for item in published["resources"])
    repository = published.get("ecr_repository_arn", "").rpartition("repository/")[2]
    sizes = _image_sizes(clients("ecr"), repository) if repository else []
    each = max(sum(sizes) * 1e-9 - BASE_IMAGE_GB, 0.0) / len(sizes) if sizes else 0.0
    return replace(base, secrets=secrets, images=len(sizes), image_gb=each)


def _image_sizes(ecr: Any, repository: str) -> list[int]:
    pages = unless_absent(
        lambda: list(_pages(ecr, "describe_images", repositoryName=repository)), "RepositoryNotFoundException"
    )
    return [item.get("imageSizeInBytes", 0) for page in pages or () for item in page["imageDetails"]]


def _pages(client: Any, call: str, **arguments: Any) -> Any:
    return client.get_paginator(call).paginate(**arguments)
