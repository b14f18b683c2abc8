"""What the ECS contracts start from."""

from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tests.contract.emulator import DRAIN


def cluster(client: Any, name: str) -> str:
    arn: str = client("ecs").create_cluster(clusterName=name)["cluster"]["clusterArn"]
    return arn


def definition(client: Any, family: str, **extra: Any) -> str:
    arn: str = client("ecs").register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": "example:one", **extra}],
    )["taskDefinition"]["taskDefinitionArn"]
    return arn


def network(client: Any) -> dict[str, Any]:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.2.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    return {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}


def service(client: Any, cluster_name: str, name: str, family: str, desired: int = 2, **extra: Any) -> Any:
    return client("ecs").create_service(
        cluster=cluster_name,
        serviceName=name,
        taskDefinition=definition(client, family),
        desiredCount=desired,
        launchType="FARGATE",
        networkConfiguration=network(client),
        **extra,
    )["service"]


def described(client: Any, cluster_name: str, name: str) -> Any:
    return client("ecs").describe_services(cluster=cluster_name, services=[name])["services"][0]


def name_hosts(client: Any, network: dict[str, Any]) -> None:
    """Let the network's VPC give DNS host names."""
    ec2 = client("ec2")
    vpc = ec2.describe_subnets(SubnetIds=network["awsvpcConfiguration"]["subnets"])["Subnets"][0]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})


def drain(client: Any) -> None:
    """Let deleted services be INACTIVE, as they are when their last task has stopped."""
    address = urlsplit(client("ecs").meta.endpoint_url).netloc
    connection = HTTPConnection(address, timeout=10)
    connection.request("GET", DRAIN)
    assert connection.getresponse().status == 204
    connection.close()
