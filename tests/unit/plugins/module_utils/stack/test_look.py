"""Looking at an emulated account."""

import json

import boto3
import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.aws import AwsClients
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._stack import look as looking
from ansible_collections.calstack.aws.plugins.module_utils._stack.living import doubtful, living
from ansible_collections.calstack.aws.plugins.module_utils._stack.look import RETRIES, ImpatientMaker, look
from ansible_collections.calstack.aws.plugins.module_utils._stack.resource import Resource, parse
from emulator import account

STACK = "calstack-dev"


@pytest.fixture
def aws():
    with account() as made:
        yield made


def tags(component, name="", environment="dev", app="calstack"):
    every = Scope(environment, component, f"{app}-{environment}").tags(f"{app}-{environment}{name}")
    return [{"Key": key, "Value": value} for key, value in every.items()]


def ec2_tags(sort, name="", environment="dev", app="calstack"):
    return [{"ResourceType": sort, "Tags": tags("vpc", name, environment, app)}]


def network(aws, environment="dev", app="calstack"):
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=ec2_tags("vpc", "", environment, app))["Vpc"][
        "VpcId"
    ]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"10.0.{number}.0/24",
            AvailabilityZone=f"eu-west-1{zone}",
            TagSpecifications=ec2_tags("subnet", f"-public-eu-west-1{zone}", environment, app),
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    return vpc, subnets


def test_an_empty_account_says_who_and_where(aws):
    found = look(aws, "dev", STACK)
    assert found["account_id"] == "123456789012"
    assert found["caller_arn"].startswith("arn:aws:sts::123456789012:")
    assert found["zones"] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    assert found["resources"] == []
    assert len(found) == 4
    assert sorted(aws.calls) == ["DescribeAvailabilityZones", "GetCallerIdentity", "GetResources"]


def test_an_environment_is_found_and_another_is_not(aws):
    vpc, subnets = network(aws)
    network(aws, "prod")
    balancer = aws("elbv2").create_load_balancer(Name="calstack-dev-alb", Subnets=subnets, Tags=tags("alb", "-alb"))
    aws.calls.clear()
    found = look(aws, "dev", STACK)
    assert found["vpc_id"] == vpc
    assert found["vpc_public_subnet_ids"] == subnets
    assert found["alb_dns_name"] == balancer["LoadBalancers"][0]["DNSName"]
    assert [item["name"] for item in found["resources"]] == [
        "calstack-dev-alb",
        "calstack-dev",
        "calstack-dev-public-eu-west-1a",
        "calstack-dev-public-eu-west-1b",
    ]
    assert not aws.writes


def test_another_application_of_the_same_environment_name_is_not_found(aws):
    other, _subnets = network(aws, app="other")
    made = aws("ec2").allocate_address(Domain="vpc", TagSpecifications=ec2_tags("elastic-ip", "-nat", app="other"))
    vpc, subnets = network(aws)
    aws("ec2").create_nat_gateway(SubnetId=subnets[0], TagSpecifications=ec2_tags("natgateway", "-nat-eu-west-1a"))
    found = look(aws, "dev", STACK)
    assert found["vpc_id"] == vpc
    assert found["vpc_public_subnet_ids"] == subnets
    assert not any(other in item["arn"] for item in found["resources"])
    assert made["PublicIp"] not in found.get("vpc_nat_addresses", [])


def test_the_tasks_addresses_are_those_of_the_nat_gateways(aws):
    _vpc, subnets = network(aws)
    ec2 = aws("ec2")
    made = ec2.allocate_address(Domain="vpc", TagSpecifications=ec2_tags("elastic-ip", "-nat-eu-west-1a"))
    ec2.allocate_address(Domain="vpc")
    ec2.create_nat_gateway(
        SubnetId=subnets[0],
        AllocationId=made["AllocationId"],
        TagSpecifications=ec2_tags("natgateway", "-nat-eu-west-1a"),
    )
    assert look(aws, "dev", STACK)["vpc_nat_addresses"] == [made["PublicIp"]]


def test_all_pages_are_read(aws):
    manager = aws("secretsmanager")
    for number in range(130):
        manager.create_secret(Name=f"calstack/dev/{number}", SecretString=json.dumps({}), Tags=tags("secrets"))
    assert len(look(aws, "dev", STACK)["resources"]) == 130
    assert aws.calls.count("GetResources") > 1


def test_a_balancer_that_is_gone_but_still_listed_is_not_there(aws, monkeypatch):
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/calstack-dev-alb/50dc6c495c0c9188"
    gone = parse(arn, {"calstack:component": "alb"})
    monkeypatch.setattr(looking, "_tagged", lambda *_: [gone])
    assert "alb_arn" not in look(aws, "dev", STACK)


def test_of_two_by_one_name_the_one_that_is_there_counts(aws):
    vpc, _subnets = network(aws)
    there = Resource("vpc", "VPC", STACK, f"arn:aws:ec2:eu-west-1:123456789012:vpc/{vpc}")
    gone = Resource("vpc", "VPC", STACK, "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-gone")
    group = aws("elbv2").create_target_group(Name="calstack-dev-blue", Protocol="HTTP", Port=80, VpcId=vpc)
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    blue = Resource("alb", "target group", f"{STACK}-blue", arn)
    old = Resource("alb", "target group", f"{STACK}-blue", arn[:-3] + "000")
    assert living(aws, [there, gone, blue, old]) == [there, blue]


def test_a_secret_on_its_way_out_is_not_there(aws):
    manager = aws("secretsmanager")
    arns = [manager.create_secret(Name=name, SecretString="{}")["ARN"] for name in ("a", "b")]
    manager.delete_secret(SecretId="a")
    both = [Resource("secrets", "secret", "calstack/dev/app", arn) for arn in arns]
    assert living(aws, both) == both[1:]


def test_where_all_names_differ_nothing_is_asked(aws):
    revisions = [Resource("ecs", "task definition", "x", f"arn:aws:ecs:r:1:task-definition/x:{n}") for n in (1, 2)]
    names = [Resource("vpc", "subnet", name, f"arn:aws:ec2:r:1:subnet/{name}") for name in ("a", "b")]
    assert not doubtful([*revisions, *names])
    assert living(aws, [*revisions, *names]) == [*revisions, *names]
    assert not aws.calls


class Maker:
    """Makes clients of an endpoint where nobody listens."""

    def client(self, service, **extra):
        from botocore.config import Config

        return boto3.client(service, endpoint_url="http://127.0.0.1:1", config=Config(**extra["config"]))


def test_an_endpoint_that_does_not_answer_is_one_message_soon():
    with pytest.raises(CalstackError, match=r"asking AWS who we are: .*http://127.0.0.1:1.*AWS_ENDPOINT_URL"):
        look(AwsClients(ImpatientMaker(Maker()), RETRIES), "dev", STACK)


def test_clients_give_up_after_seconds_and_few_attempts():
    config = AwsClients(ImpatientMaker(Maker()), RETRIES)("sts").meta.config
    assert config.connect_timeout <= 2
    assert config.retries["total_max_attempts"] == 2


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("ExpiredToken", "Log in again"),
        ("InvalidClientTokenId", "Check AWS_PROFILE"),
        ("SignatureDoesNotMatch", "Check AWS_PROFILE"),
    ],
)
def test_credentials_that_aws_refuses_are_said_with_advice(aws, code, advice):
    sts = aws("sts")

    def refuse():
        raise sts.exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, "GetCallerIdentity")

    sts.get_caller_identity = refuse
    with pytest.raises(CalstackError, match=advice):
        look(aws, "dev", STACK)
