"""What the ECS contracts start from."""

from typing import Any


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
