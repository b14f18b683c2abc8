"""What components publish, from ARNs and tags alone."""

from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._stack.published import Details, published
from ansible_collections.calstack.aws.plugins.module_utils._stack.resource import parse
from hypothesis import given
from hypothesis import strategies as st

STACK = "calstack-dev"
BASE = "eu-west-1:123456789012"
DETAILS = Details("calstack-dev-alb-1.eu-west-1.elb.amazonaws.com", "Z32O12XQLNTSW2", ("198.51.100.7",))


def one(component, service, rest, name):
    return parse(f"arn:aws:{service}:{BASE}:{rest}", {"calstack:component": component, "Name": name})


def elb(rest, name):
    return one("alb", "elasticloadbalancing", rest, f"{STACK}-{name}")


def ec2(rest, name):
    return one("vpc", "ec2", rest, f"{STACK}{name}")


LB = "app/calstack-dev-alb/50dc"
EVERYTHING = [
    ec2("vpc/vpc-1", ""),
    ec2("subnet/subnet-b", "-public-eu-west-1b"),
    ec2("subnet/subnet-a", "-public-eu-west-1a"),
    ec2("subnet/subnet-d", "-private-eu-west-1b"),
    ec2("subnet/subnet-c", "-private-eu-west-1a"),
    ec2("security-group/sg-1", "-balancer"),
    ec2("security-group/sg-2", "-tasks"),
    ec2("security-group/sg-3", "-endpoints"),
    ec2("natgateway/nat-1", "-nat-eu-west-1a"),
    ec2("route-table/rtb-1", "-public"),
    one("ecr", "ecr", "repository/team/calstack", "team/calstack"),
    one("secrets", "secretsmanager", "secret:calstack/dev/app-AbCdEf", "calstack/dev/app"),
    one("atlas", "secretsmanager", "secret:calstack/dev/database-AbCdEf", "calstack/dev/database"),
    elb(f"loadbalancer/{LB}", "alb"),
    elb(f"listener/{LB}/1", "http"),
    elb(f"listener/{LB}/2", "https"),
    elb(f"listener-rule/{LB}/2/3", "production"),
    elb(f"listener-rule/{LB}/2/4", "test"),
    elb("targetgroup/calstack-dev-blue/5", "blue"),
    elb("targetgroup/calstack-dev-green/6", "green"),
    one("ecs", "ecs", "cluster/calstack-dev", STACK),
    one("ecs", "logs", "log-group:/calstack-dev/app", "/calstack-dev/app"),
    one("ecs", "ecs", "service/calstack-dev/calstack-dev-blue", f"{STACK}-blue"),
    one("ecs", "ecs", "service/calstack-dev/calstack-dev-green", f"{STACK}-green"),
    one("ecs", "ecs", "task-definition/calstack-dev-blue:9", f"{STACK}-blue"),
    one("ecs", "ecs", "task-definition/calstack-dev-blue:10", f"{STACK}-blue"),
    one("ecs", "ecs", "task-definition/calstack-dev-green:2", f"{STACK}-green"),
    one("dns", "acm", "certificate/0f41", f"{STACK}-origin"),
    one("dns", "secretsmanager", "secret:calstack/dev/origin-AbCdEf", "calstack/dev/origin"),
    one("release", "dynamodb", "table/calstack-dev-releases", f"{STACK}-releases"),
    one("release", "sns", "calstack-dev-releases", f"{STACK}-releases"),
    one("release", "scheduler", "schedule-group/calstack-dev", STACK),
]
LOAD = f"arn:aws:elasticloadbalancing:{BASE}"
PUBLISHED = {
    "vpc_id": "vpc-1",
    "vpc_public_subnet_ids": ["subnet-a", "subnet-b"],
    "vpc_private_subnet_ids": ["subnet-c", "subnet-d"],
    "vpc_balancer_security_group_id": "sg-1",
    "vpc_task_security_group_id": "sg-2",
    "vpc_nat_addresses": ["198.51.100.7"],
    "ecr_repository_arn": f"arn:aws:ecr:{BASE}:repository/team/calstack",
    "ecr_repository_uri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/calstack",
    "secrets_arns": {
        "app": f"arn:aws:secretsmanager:{BASE}:secret:calstack/dev/app-AbCdEf",
        "database": f"arn:aws:secretsmanager:{BASE}:secret:calstack/dev/database-AbCdEf",
    },
    "alb_arn": f"{LOAD}:loadbalancer/{LB}",
    "alb_dns_name": DETAILS.dns_name,
    "alb_zone_id": DETAILS.zone_id,
    "alb_https_listener_arn": f"{LOAD}:listener/{LB}/2",
    "alb_rule_arns": {"production": f"{LOAD}:listener-rule/{LB}/2/3", "test": f"{LOAD}:listener-rule/{LB}/2/4"},
    "alb_target_group_arns": {
        "blue": f"{LOAD}:targetgroup/calstack-dev-blue/5",
        "green": f"{LOAD}:targetgroup/calstack-dev-green/6",
    },
    "ecs_cluster_arn": f"arn:aws:ecs:{BASE}:cluster/calstack-dev",
    "ecs_cluster_name": "calstack-dev",
    "ecs_log_group_name": "/calstack-dev/app",
    "ecs_service_arns": {
        "blue": f"arn:aws:ecs:{BASE}:service/calstack-dev/calstack-dev-blue",
        "green": f"arn:aws:ecs:{BASE}:service/calstack-dev/calstack-dev-green",
    },
    "ecs_task_definition_arns": {
        "blue": f"arn:aws:ecs:{BASE}:task-definition/calstack-dev-blue:10",
        "green": f"arn:aws:ecs:{BASE}:task-definition/calstack-dev-green:2",
    },
    "dns_origin_certificate_arn": f"arn:aws:acm:{BASE}:certificate/0f41",
    "dns_origin_secret_arn": f"arn:aws:secretsmanager:{BASE}:secret:calstack/dev/origin-AbCdEf",
    "release_table_name": "calstack-dev-releases",
    "release_topic_arn": f"arn:aws:sns:{BASE}:calstack-dev-releases",
    "release_schedule_role_arn": "arn:aws:iam::123456789012:role/calstack-dev-eu-west-1-release-schedule",
    "release_schedule_group_name": "calstack-dev",
}


@given(st.permutations(EVERYTHING))
def test_in_whatever_order_they_come(resources):
    assert published(resources, STACK, DETAILS) == PUBLISHED


@given(st.lists(st.sampled_from(EVERYTHING), unique=True))
def test_of_a_part_it_is_that_part(resources):
    found = published(resources, STACK, DETAILS)
    assert found.keys() <= PUBLISHED.keys()
    for key, value in found.items():
        if isinstance(value, dict) and key != "ecs_task_definition_arns":
            assert value.items() <= PUBLISHED[key].items()
        elif isinstance(value, str):
            assert value == PUBLISHED[key]


def test_nothing_of_nothing():
    assert published([], STACK, Details()) == {}


@pytest.mark.parametrize("twin", [item for item in EVERYTHING if item.kind in ("VPC", "repository", "load balancer")])
def test_of_two_that_could_be_meant_none_is(twin):
    other = replace(twin, arn=twin.arn + "x")
    gone = PUBLISHED.keys() - published([*EVERYTHING, other], STACK, DETAILS).keys()
    assert gone >= {{"VPC": "vpc_id", "repository": "ecr_repository_uri", "load balancer": "alb_arn"}[twin.kind]}


def test_without_the_balancer_its_parts_are_remains():
    found = published(EVERYTHING, STACK, replace(DETAILS, dns_name=""))
    assert not any(key.startswith("alb_") for key in found)


def test_a_log_groups_arn_may_end_in_a_star():
    item = one("ecs", "logs", "log-group:/calstack-dev/app:*", "")
    assert published([item], STACK, Details()) == {"ecs_log_group_name": "/calstack-dev/app"}


def test_china_has_its_own_domain():
    item = parse("arn:aws-cn:ecr:cn-north-1:1:repository/x", {"calstack:component": "ecr"})
    assert published([item], STACK, Details())["ecr_repository_uri"] == "1.dkr.ecr.cn-north-1.amazonaws.com.cn/x"
