"""The component against an emulated account: built, completed, mended, changed, taken down."""

import json

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import (
    FixedPropertyError,
    ForeignError,
    InputError,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._core.show import show
from ansible_collections.calstack.aws.plugins.module_utils._vpc import cloudfront
from ansible_collections.calstack.aws.plugins.module_utils._vpc.cloudfront import PREFIX_LIST
from emulator import Account
from moto import mock_aws
from vpc_account import FULL, destroy, site, steps


@pytest.fixture(scope="module")
def clients():
    return Account()  # making clients takes longer than most tests here


@pytest.fixture
def aws(clients):
    with mock_aws():
        clients.calls.clear()
        yield clients


LISTINGS = {
    "describe_vpcs": ("Vpcs", "VpcId"),
    "describe_subnets": ("Subnets", "SubnetId"),
    "describe_internet_gateways": ("InternetGateways", "InternetGatewayId"),
    "describe_addresses": ("Addresses", "AllocationId"),
    "describe_route_tables": ("RouteTables", "RouteTableId"),
    "describe_security_groups": ("SecurityGroups", "GroupId"),
    "describe_flow_logs": ("FlowLogs", "FlowLogId"),
    "describe_nat_gateways": ("NatGateways", "NatGatewayId"),
    "describe_vpc_endpoints": ("VpcEndpoints", "VpcEndpointId"),
}


ROLE = "calstack-dev-eu-west-1-flow-logs"


def tagged(aws, environment):
    """The ids of all that is the environment's; deleted gateways and endpoints stay listed for a while."""
    return {
        item[ident]
        for operation, (key, ident) in LISTINGS.items()
        for item in getattr(aws("ec2"), operation)()[key]
        if {"Key": "calstack:environment", "Value": environment} in (item.get("Tags") or [])
        and item.get("State") != "deleted"
    }


def only(items):
    (item,) = items
    return item


def private_tables(aws):
    tables = aws("ec2").describe_route_tables(Filters=[{"Name": "tag:Name", "Values": ["calstack-dev-private-*"]}])
    return {
        next(tag["Value"] for tag in table["Tags"] if tag["Key"] == "Name"): table for table in tables["RouteTables"]
    }


def way_out(table):
    return next(route["NatGatewayId"] for route in table["Routes"] if route["DestinationCidrBlock"] == "0.0.0.0/0")


@pytest.mark.parametrize("given", [{"nat": "none"}, FULL])
def test_it_is_built_once(aws, given):
    assert site(aws, **given)[0].changes
    aws.calls.clear()
    assert steps(site(aws, **given)[0]) == []
    assert not aws.writes


def test_what_is_built_is_a_network_with_two_zones(aws):
    _result, published = site(aws)
    ec2 = aws("ec2")
    vpc = published["vpc_id"]
    for name, key in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
        assert ec2.describe_vpc_attribute(VpcId=vpc, Attribute=name)[key]["Value"]
    for side in ("public", "private"):
        subnets = ec2.describe_subnets(SubnetIds=published[f"vpc_{side}_subnet_ids"])["Subnets"]
        assert {subnet["AvailabilityZone"] for subnet in subnets} == {"eu-west-1a", "eu-west-1b"}
        assert not any(subnet["MapPublicIpOnLaunch"] for subnet in subnets)
    gateways = ec2.describe_nat_gateways()["NatGateways"]
    assert {gateway["SubnetId"] for gateway in gateways} == set(published["vpc_public_subnet_ids"])
    assert {gateway["NatGatewayAddresses"][0]["PublicIp"] for gateway in gateways} == set(
        published["vpc_nat_addresses"]
    )


def test_each_private_subnet_goes_out_through_its_own_zone(aws):
    _result, published = site(aws)
    gateways = {
        gateway["NatGatewayId"]: gateway["SubnetId"] for gateway in aws("ec2").describe_nat_gateways()["NatGateways"]
    }
    subnets = {subnet["SubnetId"]: subnet for subnet in aws("ec2").describe_subnets()["Subnets"]}
    served = set()
    for table in private_tables(aws).values():
        subnet = only(table["Associations"])["SubnetId"]
        served.add(subnet)
        public = gateways[way_out(table)]
        assert subnets[subnet]["AvailabilityZone"] == subnets[public]["AvailabilityZone"]
    assert served == set(published["vpc_private_subnet_ids"])


def test_groups_let_through_the_way_of_a_request_and_nothing_else(aws):
    _result, published = site(aws)
    balancer, tasks = published["vpc_balancer_security_group_id"], published["vpc_task_security_group_id"]
    groups = {
        group["GroupId"]: group
        for group in aws("ec2").describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [published["vpc_id"]]}])[
            "SecurityGroups"
        ]
    }

    def rules(group, key):
        return sorted(
            (rule["FromPort"], rule["ToPort"], peer)
            for rule in groups[group][key]
            for peer in [item["CidrIp"] for item in rule["IpRanges"]]
            + [item["GroupId"] for item in rule["UserIdGroupPairs"]]
        )

    assert rules(balancer, "IpPermissions") == [(80, 80, "0.0.0.0/0"), (443, 443, "0.0.0.0/0")]
    assert rules(balancer, "IpPermissionsEgress") == [(1, 65535, tasks)]
    assert rules(tasks, "IpPermissions") == [(1, 65535, balancer)]
    assert rules(tasks, "IpPermissionsEgress") == [(443, 443, "0.0.0.0/0"), (27015, 27017, "0.0.0.0/0")]
    default = only(group for group in groups.values() if group["GroupName"] == "default")
    assert default["IpPermissions"] == default["IpPermissionsEgress"] == []


def test_flow_logs_go_to_their_group_under_their_role(aws):
    _result, published = site(aws, nat="none", flow_logs=True, flow_logs_retention_days=90)
    log = only(aws("ec2").describe_flow_logs()["FlowLogs"])
    group = only(aws("logs").describe_log_groups()["logGroups"])
    role = only(aws("iam").list_roles()["Roles"])
    assert (log["ResourceId"], log["TrafficType"]) == (published["vpc_id"], "ALL")
    assert (log["LogGroupName"], log["DeliverLogsPermissionArn"]) == (group["logGroupName"], role["Arn"])
    assert group["retentionInDays"] == 90
    assert steps(site(aws, nat="none", flow_logs=True, flow_logs_retention_days=90)[0]) == []
    off = steps(site(aws, nat="none")[0])
    assert sorted(step.split(" calstack-dev")[0] for step in off) == [
        "delete flow log",
        "delete log group",
        "delete role",
    ]


def test_a_first_check_shows_everything_and_writes_nothing(aws):
    result, published = site(aws, check=True, **FULL)
    assert not aws.writes
    assert published["vpc_id"] == KNOWN_AFTER_APPLY
    text = show(result.changes)
    assert "+ VPC calstack-dev\n    cidr: 10.20.0.0/16" in text
    assert "    routes.0.0.0.0/0: (known after apply)" in text
    assert steps(result) == steps(site(aws, **FULL)[0])


def drift(aws, published):
    """By hand: one thing of each kind that can drift."""
    ec2 = aws("ec2")
    vpc = {"Filters": [{"Name": "vpc-id", "Values": [published["vpc_id"]]}]}
    ec2.modify_vpc_attribute(VpcId=published["vpc_id"], EnableDnsHostnames={"Value": False})
    yield "update VPC calstack-dev"
    default = only(
        group for group in ec2.describe_security_groups(**vpc)["SecurityGroups"] if group["GroupName"] == "default"
    )
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.authorize_security_group_ingress(GroupId=default["GroupId"], IpPermissions=everything)
    subnet = published["vpc_private_subnet_ids"][0]
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    yield "update subnet calstack-dev-private-eu-west-1a"
    gateway = only(
        ec2.describe_internet_gateways(Filters=[{"Name": "tag:Name", "Values": ["calstack-dev"]}])["InternetGateways"]
    )["InternetGatewayId"]
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=published["vpc_id"])
    yield "update internet gateway calstack-dev"
    tasks = published["vpc_task_security_group_id"]
    ssh = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.authorize_security_group_ingress(GroupId=tasks, IpPermissions=ssh)
    yield "update security group rules calstack-dev-tasks"
    tables = private_tables(aws)
    table = tables["calstack-dev-private-eu-west-1a"]
    ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    ec2.disassociate_route_table(AssociationId=table["Associations"][0]["RouteTableAssociationId"])
    yield "update route table calstack-dev-private-eu-west-1a"
    endpoint = only(
        ec2.describe_vpc_endpoints(Filters=[{"Name": "tag:Name", "Values": ["calstack-dev-s3"]}])["VpcEndpoints"]
    )
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], RemoveRouteTableIds=[table["RouteTableId"]])
    yield "update VPC endpoint calstack-dev-s3"
    aws("logs").put_retention_policy(logGroupName="calstack-dev-flow-logs", retentionInDays=1)
    yield "update log group calstack-dev-flow-logs"
    aws("iam").delete_role_policy(RoleName=ROLE, PolicyName="write-flow-logs")
    yield f"update role {ROLE}"


def test_what_drifted_is_put_back_and_only_that(aws):
    _result, published = site(aws, **FULL)
    drifted = sorted(drift(aws, published))
    aws.calls.clear()
    check, _published = site(aws, check=True, **FULL)
    assert sorted(steps(check)) == drifted
    assert not aws.writes
    text = show(check.changes)
    assert "    default_security_group: open -> closed" in text
    assert "    ingress.tcp 22: 0.0.0.0/0 -> (none)" in text
    assert sorted(steps(site(aws, **FULL)[0])) == drifted
    assert steps(site(aws, check=True, **FULL)[0]) == []


def test_tags_of_others_stay(aws):
    _result, published = site(aws)
    vpc = published["vpc_id"]
    aws("ec2").create_tags(Resources=[vpc], Tags=[{"Key": "cost-centre", "Value": "7"}])
    assert steps(site(aws)[0]) == []
    tags = only(aws("ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"])["Tags"]
    assert {"Key": "cost-centre", "Value": "7"} in tags


def test_an_address_whose_name_was_lost_is_not_replaced_behind_the_gateway(aws):
    _result, published = site(aws)
    address = only(aws("ec2").describe_addresses(PublicIps=published["vpc_nat_addresses"][:1])["Addresses"])
    aws("ec2").delete_tags(Resources=[address["AllocationId"]], Tags=[{"Key": "Name"}])
    with pytest.raises(FixedPropertyError, match=address["AllocationId"]):
        site(aws)
    assert len(aws("ec2").describe_addresses()["Addresses"]) == 2


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("deaths", [2, 13, 18, 27])
def test_a_run_killed_at_any_write_is_completed_by_the_next(aws, deaths):
    left = iter(range(deaths))

    def die(model, **_):
        if not model.name.startswith(("Describe", "Get", "List")) and next(left, None) is None:
            raise Killed

    events = aws("ec2").meta.events
    events.register("before-call.*.*", die)
    with pytest.raises(Killed):
        site(aws)
    events.unregister("before-call.*.*", die)
    site(aws)
    assert steps(site(aws, check=True)[0]) == []
    assert [len(aws("ec2").describe_nat_gateways()["NatGateways"]), len(tagged(aws, "dev"))] == [2, 16]


def test_a_third_zone_moves_nothing(aws):
    _result, before = site(aws)
    result, after = site(aws, zone_count=3)
    assert [step for step in steps(result) if not step.startswith("create")] == [
        "update route table calstack-dev-public",
        "update VPC endpoint calstack-dev-s3",
    ]
    for key in ("vpc_public_subnet_ids", "vpc_private_subnet_ids", "vpc_nat_addresses"):
        assert len(after[key]) == 3
        assert after[key][:2] == before[key]


def test_a_zone_is_given_up(aws):
    site(aws, zone_count=3)
    result, published = site(aws)
    assert len(published["vpc_private_subnet_ids"]) == 2
    assert "delete subnet calstack-dev-private-eu-west-1c" in steps(result)
    assert len(private_tables(aws)) == 2
    assert steps(site(aws)[0]) == []


def test_one_gateway_for_all_routes_first_and_deletes_afterwards(aws):
    _result, before = site(aws)
    aws.calls.clear()
    result, after = site(aws, nat="single")
    assert aws.writes == ["ReplaceRoute", "DeleteNatGateway", "ReleaseAddress"]
    assert steps(result) == [
        "update route table calstack-dev-private-eu-west-1b",
        "delete NAT gateway calstack-dev-nat-eu-west-1b",
        "delete elastic IP calstack-dev-nat-eu-west-1b",
    ]
    assert after["vpc_nat_addresses"] == before["vpc_nat_addresses"][:1]
    assert len({way_out(table) for table in private_tables(aws).values()}) == 1
    assert steps(site(aws, nat="single")[0]) == []
    assert steps(site(aws)[0])[-1] == "update route table calstack-dev-private-eu-west-1b"


def test_no_way_out_has_no_route_and_no_address(aws):
    site(aws)
    _result, published = site(aws, nat="none")
    assert published["vpc_nat_addresses"] == ()
    for table in private_tables(aws).values():
        assert "0.0.0.0/0" not in [route.get("DestinationCidrBlock") for route in table["Routes"]]
    assert aws("ec2").describe_addresses()["Addresses"] == []


def test_another_network_is_refused_before_anything_changes(aws):
    site(aws)
    aws.calls.clear()
    with pytest.raises(FixedPropertyError, match=r"VPC calstack-dev: cidr is '10\.20\.0\.0/16'"):
        site(aws, cidr="10.21.0.0/16")
    assert not aws.writes


def test_absent_takes_everything_of_the_environment_and_nothing_else(aws):
    site(aws, **FULL)
    site(aws, "prod", nat="single", flow_logs=True)
    others = tagged(aws, "prod")
    assert len(others) > 12
    stranger = aws("ec2").create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    aws.calls.clear()
    check = destroy(aws, check=True)
    assert not aws.writes
    assert steps(destroy(aws)) == steps(check)
    assert tagged(aws, "dev") == set()
    assert tagged(aws, "prod") == others
    assert steps(site(aws, "prod", nat="single", flow_logs=True)[0]) == []
    assert aws("ec2").describe_vpcs(VpcIds=[stranger])["Vpcs"]
    assert [group["logGroupName"] for group in aws("logs").describe_log_groups()["logGroups"]] == [
        "calstack-prod-flow-logs"
    ]
    assert steps(destroy(aws)) == []


def test_another_application_may_call_its_environment_the_same(aws):
    site(aws, nat="single", flow_logs=True)
    ours = tagged(aws, "dev")
    site(aws, app="shop", nat="single", flow_logs=True)
    assert steps(site(aws, nat="single", flow_logs=True)[0]) == []
    destroy(aws, app="shop")
    assert tagged(aws, "dev") == ours
    assert steps(site(aws, nat="single", flow_logs=True)[0]) == []


def test_absent_deletes_users_first_and_gateways_side_by_side(aws):
    site(aws, **FULL)
    aws.calls.clear()
    kinds = list(dict.fromkeys(change.kind for change in destroy(aws).changes))
    assert kinds == [
        "VPC endpoint",
        "NAT gateway",
        "route table",
        "flow log",
        "role",
        "log group",
        "elastic IP",
        "security group rules",
        "security group",
        "subnet",
        "internet gateway",
        "VPC",
    ]
    first = aws.calls.index("DeleteNatGateway")
    assert aws.calls[first : first + 3] == ["DeleteNatGateway"] * 3


def test_a_role_and_a_log_group_of_others_are_not_taken_down(aws):
    name = "calstack-dev-flow-logs"
    aws("logs").create_log_group(logGroupName=name)
    aws("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument="{}")
    site(aws, nat="none")
    assert {change.kind for change in destroy(aws).changes}.isdisjoint({"log group", "role"})
    assert len(aws("logs").describe_log_groups()["logGroups"]) == 1
    with pytest.raises(ForeignError, match=name):
        site(aws, nat="none", flow_logs=True)
    aws("logs").delete_log_group(logGroupName=name)
    with pytest.raises(ForeignError, match=ROLE):
        site(aws, nat="none", flow_logs=True)
    assert aws("iam").get_role(RoleName=ROLE)


def test_a_role_goes_whatever_else_was_attached_to_it(aws):
    site(aws, nat="none", flow_logs=True)
    iam = aws("iam")
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    managed = iam.create_policy(PolicyName="audit", PolicyDocument=json.dumps(deny))
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=managed["Policy"]["Arn"])
    iam.put_role_policy(RoleName=ROLE, PolicyName="by-hand", PolicyDocument=json.dumps(deny))
    assert f"delete role {ROLE}" in steps(site(aws, nat="none")[0])
    assert iam.list_roles()["Roles"] == []


def ways_in(aws):
    group = only(
        aws("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": ["calstack-dev-balancer"]}])[
            "SecurityGroups"
        ]
    )
    return {
        (item["FromPort"], peer)
        for item in group["IpPermissions"]
        for peer in (
            *(one["CidrIp"] for one in item["IpRanges"]),
            *(one["PrefixListId"] for one in item["PrefixListIds"]),
        )
    }


def cloudfronts(aws):
    lists = aws("ec2").describe_managed_prefix_lists()["PrefixLists"]
    return only(item["PrefixListId"] for item in lists if item["PrefixListName"] == PREFIX_LIST)


def test_the_balancer_is_closed_but_for_cloudfront_and_opened_again_without_a_gap(aws):
    site(aws, nat="none")
    everywhere = {(80, "0.0.0.0/0"), (443, "0.0.0.0/0")}
    assert ways_in(aws) == everywhere
    for given, wanted in (
        ({"balancer_access": "cloudfront"}, {(443, cloudfronts(aws))}),
        ({"balancer_access": "everywhere"}, everywhere),
    ):
        aws.calls.clear()
        seen = site(aws, nat="none", check=True, **given)[0]
        assert steps(seen) == ["update security group rules calstack-dev-balancer"]
        assert not aws.writes
        site(aws, nat="none", **given)
        assert aws.writes == ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]
        assert ways_in(aws) == wanted
        assert steps(site(aws, nat="none", **given)[0]) == []


def test_a_region_without_cloudfronts_list_is_said_before_anything_is_made(aws, monkeypatch):
    monkeypatch.setattr(cloudfront, "PREFIX_LIST", "com.amazonaws.global.nobody")
    with pytest.raises(InputError, match="vpc_balancer_access is cloudfront, but eu-west-1 has no prefix list"):
        site(aws, nat="none", balancer_access="cloudfront")
    assert not aws.writes
