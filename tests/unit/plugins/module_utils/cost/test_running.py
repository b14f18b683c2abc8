"""What runs is found by its tags and names, and nothing is written."""

import json

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._cost.describe import describe
from ansible_collections.calstack.aws.plugins.module_utils._cost.model import Environment, Store
from ansible_collections.calstack.aws.plugins.module_utils._cost.running import running, store
from ansible_collections.calstack.aws.plugins.module_utils._cost.spread import flat
from emulator import account

STACK = "calstack-dev"


def tags(component, name):
    given = {
        "calstack:environment": "dev", "calstack:stack": STACK, "calstack:component": component,
        "Name": f"{STACK}-{name}",
    }  # fmt: skip
    return [{"Key": key, "Value": value} for key, value in given.items()]


def lower(component, name):
    return [{"key": tag["Key"], "value": tag["Value"]} for tag in tags(component, name)]


def tagged(kind, component, name):
    return [{"ResourceType": kind, "Tags": tags(component, name)}]


@pytest.fixture
def aws():
    with account() as made:
        yield made


@pytest.fixture
def network(aws):
    """Two zones with one NAT gateway, an interface endpoint and a stranger's NAT gateway."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tagged("vpc", "vpc", "vpc"))["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"10.9.{number}.0/24",
            AvailabilityZone=f"eu-west-1{zone}",
            TagSpecifications=tagged("subnet", "vpc", f"private-eu-west-1{zone}"),
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    ec2.create_nat_gateway(SubnetId=subnets[0], TagSpecifications=tagged("natgateway", "vpc", "nat"))
    ec2.create_nat_gateway(SubnetId=subnets[1])
    ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.eu-west-1.ecr.api",
        VpcEndpointType="Interface",
        SubnetIds=subnets,
        TagSpecifications=tagged("vpc-endpoint", "vpc", "ecr.api"),
    )
    ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.eu-west-1.s3",
        VpcEndpointType="Gateway",
        TagSpecifications=tagged("vpc-endpoint", "vpc", "s3"),
    )
    return aws


def look(aws, base=None):
    return running(aws, base or Environment("dev", "eu-west-1"), STACK)


def test_where_nothing_runs_nothing_is_counted(aws):
    found = look(aws)
    assert found.network.nat_gateways == 0
    assert found.service.tasks == flat(0)
    assert not found.balancer.exists
    assert (found.store.secrets, found.store.images, found.watch.alarm_metrics, found.watch.dashboards) == (0, 0, 0, 0)
    assert not aws.writes


def test_a_network_is_counted_without_strangers(network):
    found = look(network).network
    assert (found.zones, found.nat, found.interface_endpoints, found.flow_logs) == (2, "single", 1, False)


def test_a_gateway_in_each_zone_is_per_zone_and_one_deleted_does_not_count(network):
    ec2 = network("ec2")
    subnets = ec2.describe_subnets(Filters=[{"Name": "tag:calstack:stack", "Values": [STACK]}])["Subnets"]
    second = ec2.create_nat_gateway(
        SubnetId=subnets[1]["SubnetId"], TagSpecifications=tagged("natgateway", "vpc", "nat-b")
    )["NatGateway"]["NatGatewayId"]
    assert look(network).network.nat == "per_zone"
    ec2.delete_nat_gateway(NatGatewayId=second)
    assert look(network).network.nat == "single"


def test_flow_logs_are_seen(network):
    ec2 = network("ec2")
    network("logs").create_log_group(logGroupName=f"/{STACK}/flow-logs")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "tag:calstack:stack", "Values": [STACK]}])["Vpcs"][0]["VpcId"]
    ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName=f"/{STACK}/flow-logs",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/logs",
        TagSpecifications=tagged("vpc-flow-log", "vpc", "flow-logs"),
    )
    assert look(network).network.flow_logs


def test_tasks_are_those_of_both_colours_in_the_size_they_have(aws):
    ecs = aws("ecs")
    cluster = ecs.create_cluster(
        clusterName=STACK, tags=lower("ecs", "cluster"), settings=[{"name": "containerInsights", "value": "disabled"}]
    )["cluster"]["clusterArn"]
    for colour, count in (("blue", 3), ("green", 0)):
        family = f"{STACK}-{colour}"
        ecs.register_task_definition(
            family=family,
            cpu="512",
            memory="1024",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
            containerDefinitions=[{"name": "app", "image": "app:1"}],
            tags=lower("ecs", colour),
        )
        ecs.create_service(
            cluster=cluster, serviceName=family, taskDefinition=family, desiredCount=count, tags=lower("ecs", colour)
        )
    services = ecs.describe_services(cluster=cluster, services=[f"{STACK}-blue", f"{STACK}-green"])["services"]
    counted = sum(service["runningCount"] + service["pendingCount"] for service in services)
    found = look(aws).service
    assert found.tasks == flat(counted)
    assert (found.cpu, found.memory, found.architecture, found.insights) == (512, 1024, "ARM64", "disabled")


def test_alarms_are_told_apart_by_whose_they_are_and_counted_by_metric(aws):
    cloudwatch = aws("cloudwatch")
    names = [f"{STACK}-5xx", f"{STACK}-latency", f"TargetTracking-service/{STACK}/{STACK}-blue-High", "other-5xx"]
    for name in names:
        cloudwatch.put_metric_alarm(
            AlarmName=name, MetricName="m", Namespace="n", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
    queries = [
        {"Id": name, "MetricStat": {"Metric": {"MetricName": name, "Namespace": "n"}, "Period": 60, "Stat": "Sum"}}
        for name in ("errors", "requests")
    ]
    cloudwatch.put_metric_alarm(
        AlarmName=f"{STACK}-rate", EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        Metrics=[*queries, {"Id": "rate", "Expression": "errors / requests"}],
    )  # fmt: skip
    cloudwatch.put_dashboard(DashboardName=STACK, DashboardBody='{"widgets": []}')
    cloudwatch.put_dashboard(DashboardName="other", DashboardBody='{"widgets": []}')
    found = look(aws).watch
    assert (found.alarm_metrics, found.scaling_alarms, found.composite_alarms, found.dashboards) == (2 + 2, 1, 0, 1)


def test_the_environments_secrets_are_counted(aws):
    aws("secretsmanager").create_secret(Name="calstack/dev/app", SecretString="x", Tags=tags("secrets", "app"))
    aws("secretsmanager").create_secret(Name="calstack/prod/app", SecretString="x")
    assert look(aws).store.secrets == 1


def test_images_are_counted_with_their_size(aws):
    ecr = aws("ecr")
    # Plain moto lists no repository in the look-up by tags, so what that publishes is given.
    arn = ecr.create_repository(repositoryName="team/app")["repository"]["repositoryArn"]
    published = {"resources": [], "ecr_repository_arn": arn}
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"mediaType": "a", "size": 1, "digest": "sha256:" + "0" * 64},
        "layers": [{"mediaType": "b", "size": 500_000_000, "digest": "sha256:" + "1" * 64}],
    }
    ecr.put_image(repositoryName="team/app", imageManifest=json.dumps(manifest), imageTag="1")
    sizes = [item["imageSizeInBytes"] for item in ecr.describe_images(repositoryName="team/app")["imageDetails"]]
    found = store(aws, Store(), published)
    assert found.images == 1
    assert found.image_gb == pytest.approx(max(sum(sizes) * 1e-9 - 0.2, 0))


def test_what_cannot_be_looked_at_is_the_inventorys(network):
    base = describe("dev", "eu-west-1", {"database": {"size": "FLEX"}, "traffic": {"requests": 5}})
    found = look(network, base)
    assert (found.database, found.traffic, found.edge) == (base.database, base.traffic, base.edge)


def test_a_refusal_is_said_and_never_read_as_nothing(network, monkeypatch):
    import botocore.exceptions

    refusal = botocore.exceptions.ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeAlarms")

    class Refusing:
        def get_paginator(self, _name):
            raise refusal

    with pytest.raises(CalstackError, match=r"reading what of calstack-dev costs money.*AccessDenied"):
        running(
            lambda service: Refusing() if service == "cloudwatch" else network(service), Environment("dev", "x"), STACK
        )
