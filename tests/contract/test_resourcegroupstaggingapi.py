"""GetResources must show every resource of a stack: that is how an environment is found, and destroyed."""

from typing import Any

from tests.contract import ecs_stack as ecs

TAGS = [{"Key": "calstack:environment", "Value": "tagged"}]
LOWER = [{"key": "calstack:environment", "value": "tagged"}]


def specification(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": TAGS}]


def make_network(client: Any) -> tuple[str, list[str]]:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.4.0.0/16", TagSpecifications=specification("vpc"))["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"10.4.{number}.0/24",
            AvailabilityZone=f"eu-west-1{zone}",
            TagSpecifications=specification("subnet"),
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    ec2.create_internet_gateway(TagSpecifications=specification("internet-gateway"))
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=specification("elastic-ip"))["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address, TagSpecifications=specification("natgateway"))
    ec2.create_route_table(VpcId=vpc, TagSpecifications=specification("route-table"))
    group = ec2.create_security_group(
        GroupName="tagged", Description="tagged", VpcId=vpc, TagSpecifications=specification("security-group")
    )["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
        TagSpecifications=specification("security-group-rule"),
    )
    ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.eu-west-1.s3", TagSpecifications=specification("vpc-endpoint")
    )
    client("logs").create_log_group(logGroupName="tagged", tags={"calstack:environment": "tagged"})
    ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName="tagged-flow",
        DeliverLogsPermissionArn=client("iam").create_role(RoleName="flow", AssumeRolePolicyDocument="{}")["Role"][
            "Arn"
        ],
        TagSpecifications=specification("vpc-flow-log"),
    )
    return vpc, subnets


def make_balancer(client: Any, vpc: str, subnets: list[str]) -> None:
    elb = client("elbv2")
    group = elb.create_target_group(Name="tagged", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", Tags=TAGS)
    forward = [{"Type": "forward", "TargetGroupArn": group["TargetGroups"][0]["TargetGroupArn"]}]
    balancer = elb.create_load_balancer(Name="tagged", Subnets=subnets, Tags=TAGS)["LoadBalancers"][0]
    listener = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=forward, Tags=TAGS
    )["Listeners"][0]
    condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"]}}
    elb.create_rule(ListenerArn=listener["ListenerArn"], Priority=1, Conditions=[condition], Actions=forward, Tags=TAGS)


def make_the_rest(client: Any) -> None:
    client("ecs").create_cluster(clusterName="findable", tags=LOWER)
    ecs.service(client, "findable", "tagged", "findable", 0, tags=LOWER)
    client("ecs").tag_resource(resourceArn=ecs.definition(client, "findable"), tags=LOWER)
    client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ScalableDimension="ecs:service:DesiredCount",
        ResourceId="service/findable/tagged",
        MinCapacity=0,
        MaxCapacity=1,
        Tags={"calstack:environment": "tagged"},
    )
    client("secretsmanager").create_secret(Name="tagged", SecretString="-", Tags=TAGS)
    client("ecr").create_repository(repositoryName="tagged", tags=TAGS)
    client("dynamodb").create_table(
        TableName="tagged",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=TAGS,
    )
    client("scheduler").create_schedule_group(Name="tagged", Tags=TAGS)
    client("sns").create_topic(Name="tagged-topic", Tags=TAGS)
    client("cloudwatch").put_metric_alarm(
        AlarmName="found-by-tag",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="m",
        Namespace="n",
        Period=60,
        Threshold=1,
        Statistic="Sum",
        Tags=TAGS,
    )


def kinds(client: Any) -> dict[str, int]:
    """How many resources of each kind, as "service:type" from their ARNs."""
    vpc, subnets = make_network(client)
    make_balancer(client, vpc, subnets)
    make_the_rest(client)
    filters = [{"Key": "calstack:environment", "Values": ["tagged"]}]
    pages = client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(TagFilters=filters)
    found: dict[str, int] = {}
    for page in pages:
        for item in page["ResourceTagMappingList"]:
            service, _, _, rest = item["ResourceARN"].split(":", 5)[2:6]
            kind = f"{service}:{rest.replace(':', '/').split('/')[0]}"
            found[kind] = found.get(kind, 0) + 1
    return found


ALL = {
    "application-autoscaling:scalable-target": 1,
    "cloudwatch:alarm": 1,
    "dynamodb:table": 1,
    "ec2:elastic-ip": 1,
    "ec2:internet-gateway": 1,
    "ec2:natgateway": 1,
    "ec2:route-table": 1,
    "ec2:security-group": 1,
    "ec2:security-group-rule": 1,
    "ec2:subnet": 2,
    "ec2:vpc": 1,
    "ec2:vpc-endpoint": 1,
    "ec2:vpc-flow-log": 1,
    "ecr:repository": 1,
    "ecs:cluster": 1,
    "ecs:service": 1,
    "ecs:task-definition": 1,
    "elasticloadbalancing:listener": 1,
    "elasticloadbalancing:listener-rule": 1,
    "elasticloadbalancing:loadbalancer": 1,
    "elasticloadbalancing:targetgroup": 1,
    "logs:log-group": 1,
    "scheduler:schedule-group": 1,
    "secretsmanager:secret": 1,
    "sns:tagged-topic": 1,
}
LEFT_OUT = {
    "application-autoscaling:scalable-target",
    "ec2:elastic-ip",
    "ec2:security-group-rule",
    "ec2:vpc-endpoint",
    "ec2:vpc-flow-log",
    "ecr:repository",
    "elasticloadbalancing:listener",
    "elasticloadbalancing:listener-rule",
    "scheduler:schedule-group",
}


def test_every_kind_of_a_stack_is_found_by_tag(plain: Any, mended: Any) -> None:
    assert not LEFT_OUT & kinds(plain).keys(), "moto shows more now: remove the mend"
    assert kinds(mended) == ALL


def test_types_filter_by_their_names(mended: Any) -> None:
    mended("logs").create_log_group(logGroupName="typed", tags={"calstack:typed": "yes"})
    answer = mended("resourcegroupstaggingapi").get_resources(
        ResourceTypeFilters=["logs:log-group"], TagFilters=[{"Key": "calstack:typed"}]
    )
    assert len(answer["ResourceTagMappingList"]) == 1
