"""The smallest stack that serves a page: network, balancer with two target groups, cluster, role, service."""

import json
from dataclasses import dataclass
from typing import Any

PORT = 5000


@dataclass(frozen=True)
class Stack:
    cluster: str
    service: str
    blue: str
    """ARN of the target group of the service."""
    green: str


def policy(*statements: tuple[list[str], str]) -> str:
    found = [{"Effect": "Allow", "Action": actions, "Resource": resource} for actions, resource in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": found})


def network(client: Any) -> tuple[str, list[str], str]:
    """A VPC with two public subnets and a security group."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    return vpc, subnets, group


def target_group(client: Any, vpc: str, name: str) -> str:
    elb = client("elbv2")
    arn: str = elb.create_target_group(
        Name=name,
        Protocol="HTTP",
        Port=PORT,
        VpcId=vpc,
        TargetType="ip",
        HealthCheckPath="/",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": "5"}
    elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[attribute])
    return arn


def balancer(client: Any, vpc: str, subnets: list[str]) -> tuple[str, str]:
    """Blue and green behind HTTPS 443, blue with all the weight; the ARNs of the two groups."""
    elb = client("elbv2")
    blue, green = target_group(client, vpc, "blue"), target_group(client, vpc, "green")
    arn = elb.create_load_balancer(Name="edge", Subnets=subnets, Scheme="internet-facing")["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    certificate = client("acm").list_certificates()["CertificateSummaryList"][0]["CertificateArn"]
    weights = [{"TargetGroupArn": blue, "Weight": 100}, {"TargetGroupArn": green, "Weight": 0}]
    elb.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}],
    )
    return blue, green


def execution_role(client: Any, secret_arn: str) -> str:
    iam = client("iam")
    arn: str = iam.create_role(RoleName="execution", AssumeRolePolicyDocument=policy((["sts:AssumeRole"], "*")))[
        "Role"
    ]["Arn"]
    iam.put_role_policy(
        RoleName="execution",
        PolicyName="start",
        PolicyDocument=policy(
            (["secretsmanager:GetSecretValue"], secret_arn),
            (["ecr:GetAuthorizationToken"], "*"),
            (["ecr:BatchGetImage"], "arn:aws:ecr:*:*:repository/example"),
            (["logs:CreateLogStream", "logs:PutLogEvents"], "*"),
        ),
    )
    return arn


def task_definition(client: Any, role: str, secret_arn: str, image: str, **extra: Any) -> str:
    account = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    names = ("MONGO_URI", "FLASK_SECRET_KEY", "GOOGLE_CLIENT_SECRET_JSON")
    container = {
        "name": "app",
        "image": f"{account}/{image}",
        "portMappings": [{"containerPort": PORT}],
        "environment": [{"name": "COLOUR", "value": "blue"}],
        "secrets": [{"name": name, "valueFrom": f"{secret_arn}:{name}::"} for name in names],
        "stopTimeout": 10,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "/calstack/app",
                "awslogs-region": "eu-west-1",
                "awslogs-stream-prefix": "app",
            },
        },
        **extra,
    }
    arn: str = client("ecs").register_task_definition(
        family="app",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=role,
        containerDefinitions=[container],
    )["taskDefinition"]["taskDefinitionArn"]
    return arn


def build(client: Any, mongo_uri: str, image: str, desired: int = 2) -> Stack:
    vpc, subnets, group = network(client)
    blue, green = balancer(client, vpc, subnets)
    values = {"MONGO_URI": mongo_uri, "FLASK_SECRET_KEY": "k" * 40, "GOOGLE_CLIENT_SECRET_JSON": '{"web": {}}'}
    secret = client("secretsmanager").create_secret(Name="calstack/test/app", SecretString=json.dumps(values))["ARN"]
    client("logs").create_log_group(logGroupName="/calstack/app")
    definition = task_definition(client, execution_role(client, secret), secret, image)
    ecs = client("ecs")
    ecs.create_cluster(clusterName="calstack")
    ecs.create_service(
        cluster="calstack",
        serviceName="blue",
        taskDefinition=definition,
        desiredCount=desired,
        launchType="FARGATE",
        healthCheckGracePeriodSeconds=20,
        loadBalancers=[{"targetGroupArn": blue, "containerName": "app", "containerPort": PORT}],
        networkConfiguration={"awsvpcConfiguration": {"subnets": subnets, "securityGroups": [group]}},
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
    )
    return Stack("calstack", "blue", blue, green)
