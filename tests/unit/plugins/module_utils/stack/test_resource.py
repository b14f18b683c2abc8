"""An ARN says what a resource is."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._stack.resource import parse

ACCOUNT = "eu-west-1:123456789012"


@pytest.mark.parametrize(
    ("arn", "kind", "name"),
    [
        (f"arn:aws:ec2:{ACCOUNT}:vpc/vpc-1", "VPC", "vpc-1"),
        (f"arn:aws:ec2:{ACCOUNT}:security-group/sg-1", "security group", "sg-1"),
        (f"arn:aws:ec2:{ACCOUNT}:natgateway/nat-1", "NAT gateway", "nat-1"),
        (f"arn:aws:ec2:{ACCOUNT}:vpc-flow-log/fl-1", "flow log", "fl-1"),
        (f"arn:aws:elasticloadbalancing:{ACCOUNT}:loadbalancer/app/x/5", "load balancer", "app/x/5"),
        (f"arn:aws:elasticloadbalancing:{ACCOUNT}:listener/app/x/5/6", "listener", "app/x/5/6"),
        (f"arn:aws:elasticloadbalancing:{ACCOUNT}:listener-rule/app/x/5/6/7", "rule", "app/x/5/6/7"),
        (f"arn:aws:elasticloadbalancing:{ACCOUNT}:targetgroup/x/5", "target group", "x/5"),
        (f"arn:aws:ecs:{ACCOUNT}:service/c/s", "service", "c/s"),
        (f"arn:aws:ecs:{ACCOUNT}:task-definition/f:3", "task definition", "f:3"),
        (f"arn:aws:ecr:{ACCOUNT}:repository/team/app", "repository", "team/app"),
        (f"arn:aws:secretsmanager:{ACCOUNT}:secret:a/b-AbCdEf", "secret", "a/b-AbCdEf"),
        (f"arn:aws:logs:{ACCOUNT}:log-group:/a/b", "log group", "/a/b"),
        (f"arn:aws:dynamodb:{ACCOUNT}:table/t", "table", "t"),
        ("arn:aws:s3:::calstack-logs", "s3", "calstack-logs"),
    ],
)
def test_kind_and_name(arn, kind, name):
    found = parse(arn, {"calstack:component": "some"})
    assert (found.kind, found.name, found.arn, found.component) == (kind, name, arn, "some")


def test_its_own_name_is_its_tags():
    assert parse("arn:aws:ec2:r:1:vpc/vpc-1", {"Name": "calstack-dev"}).name == "calstack-dev"
