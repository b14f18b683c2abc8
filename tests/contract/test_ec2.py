from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract import ecs_stack as ecs


def vpc_and_subnet(client: Any) -> tuple[str, str]:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    return vpc, ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]


def gateway(client: Any, subnet: str, name: str) -> tuple[str, str]:
    ec2 = client("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    tags = [{"ResourceType": "natgateway", "Tags": [{"Key": "Name", "Value": name}]}]
    made = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, TagSpecifications=tags)
    return made["NatGateway"]["NatGatewayId"], address


def found_by(client: Any, name: str, value: str) -> list[str]:
    answer = client("ec2").describe_nat_gateways(Filters=[{"Name": name, "Values": [value]}])
    return [item["NatGatewayId"] for item in answer["NatGateways"]]


def test_nat_gateways_are_found_by_tag(plain: Any, mended: Any) -> None:
    _, subnet = vpc_and_subnet(plain)
    one, two = gateway(plain, subnet, "filter-one")[0], gateway(plain, subnet, "filter-two")[0]
    assert {one, two} <= set(found_by(plain, "tag:Name", "filter-one")), "moto filters now: remove the mend"

    _, subnet = vpc_and_subnet(mended)
    one, _ = gateway(mended, subnet, "filter-one")[0], gateway(mended, subnet, "filter-two")
    assert found_by(mended, "tag:Name", "filter-one") == [one]
    assert found_by(mended, "tag:Name", "filter-o*") == [one]
    assert found_by(mended, "tag:Name", "nothing") == []
    assert one in found_by(mended, "tag-key", "Name")


def described_types(client: Any, resource: str) -> set[str]:
    answer = client("ec2").describe_tags(Filters=[{"Name": "resource-id", "Values": [resource]}])
    return {item["ResourceType"] for item in answer["Tags"]}


def test_tagged_types_have_their_names(plain: Any, mended: Any) -> None:
    _, subnet = vpc_and_subnet(plain)
    assert described_types(plain, gateway(plain, subnet, "named")[0]) == {"nat-gateway"}
    _, subnet = vpc_and_subnet(mended)
    assert described_types(mended, gateway(mended, subnet, "named")[0]) == {"natgateway"}


def association(client: Any, address: str) -> str | None:
    found = client("ec2").describe_addresses(AllocationIds=[address])["Addresses"][0]
    identity: str | None = found.get("AssociationId")
    return identity


def test_a_deleted_nat_gateway_gives_its_address_back(plain: Any, mended: Any) -> None:
    for client, kept in ((plain, True), (mended, False)):
        _, subnet = vpc_and_subnet(client)
        one, address = gateway(client, subnet, "deleted")
        client("ec2").delete_nat_gateway(NatGatewayId=one)
        assert bool(association(client, address)) is kept


def test_a_subnet_with_a_nat_gateway_cannot_be_deleted(plain: Any, mended: Any) -> None:
    _, subnet = vpc_and_subnet(plain)
    gateway(plain, subnet, "busy")
    plain("ec2").delete_subnet(SubnetId=subnet)

    _, subnet = vpc_and_subnet(mended)
    one, _ = gateway(mended, subnet, "busy")
    with pytest.raises(ClientError, match="DependencyViolation"):
        mended("ec2").delete_subnet(SubnetId=subnet)
    mended("ec2").delete_nat_gateway(NatGatewayId=one)
    mended("ec2").delete_subnet(SubnetId=subnet)


def test_a_subnet_with_a_task_cannot_be_deleted(plain: Any, mended: Any) -> None:
    for client in (plain, mended):
        ecs.cluster(client, "housed")
        ecs.definition(client, "housed", memory=128, cpu=64)
        network = ecs.network(client)
        ecs.name_hosts(client, network)
        client("ecs").run_task(
            cluster="housed", taskDefinition="housed", launchType="FARGATE", networkConfiguration=network
        )
        (subnet,) = network["awsvpcConfiguration"]["subnets"]
        if client is plain:
            client("ec2").delete_subnet(SubnetId=subnet)
        else:
            with pytest.raises(ClientError, match="DependencyViolation"):
                client("ec2").delete_subnet(SubnetId=subnet)


def rule_description(client: Any) -> str | None:
    ec2 = client("ec2")
    vpc, _ = vpc_and_subnet(client)
    group = ec2.create_security_group(GroupName="ruled", Description="ruled", VpcId=vpc)["GroupId"]
    pair = {"GroupId": group, "Description": "from itself"}
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [pair]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    found = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    description: str | None = next(item.get("Description") for item in found if not item["IsEgress"])
    return description


def test_a_rule_that_names_a_group_keeps_its_description(plain: Any, mended: Any) -> None:
    assert rule_description(plain) is None
    assert rule_description(mended) == "from itself"
