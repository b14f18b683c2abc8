"""What lingers is waited for, what AWS has not heard of yet is asked for again, and time-outs say who is in the way."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, NotReadyError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found
from ansible_collections.calstack.aws.plugins.module_utils._vpc.endpoints import VpcEndpoint
from ansible_collections.calstack.aws.plugins.module_utils._vpc.flow_logs import FlowLog
from ansible_collections.calstack.aws.plugins.module_utils._vpc.groups import SecurityGroupRules
from ansible_collections.calstack.aws.plugins.module_utils._vpc.nat import ElasticIp, NatGateway
from ansible_collections.calstack.aws.plugins.module_utils._vpc.network import Subnet
from botocore.exceptions import ClientError
from vpc_account import scope

SUBNET = Found("subnet", "calstack-dev-public-a", "subnet-1")
GATEWAY = Found("NAT gateway", "calstack-dev-nat-a", "nat-1")


class Ec2:
    """Answers each operation from a list; the last answer stays. A text is the code of an error, an error is raised."""

    def __init__(self, **answers):
        self.answers, self.calls = answers, []

    def can_paginate(self, _operation):
        return False

    def __getattr__(self, operation):
        def call(**arguments):
            self.calls.append((operation, arguments))
            answers = self.answers[operation]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if isinstance(answer, ClientError):
                raise answer
            if isinstance(answer, str):
                raise ClientError({"Error": {"Code": answer, "Message": "as AWS says"}}, operation)
            return answer

        return call


def kind(of, ec2):
    now = [0.0]
    return of(lambda _service: ec2, scope(), clock=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0] + s))


def interfaces(*descriptions):
    return {
        "NetworkInterfaces": [{"NetworkInterfaceId": f"eni-{i}", "Description": d} for i, d in enumerate(descriptions)]
    }


def test_a_subnet_goes_when_the_last_interface_has_gone():
    ec2 = Ec2(
        delete_subnet=["DependencyViolation", "DependencyViolation", {}],
        describe_network_interfaces=[interfaces("ELB app/calstack-dev/1")],
    )
    kind(Subnet, ec2).delete(SUBNET)
    assert [operation for operation, _ in ec2.calls].count("delete_subnet") == 3
    assert ec2.calls[1][1] == {"Filters": [{"Name": "subnet-id", "Values": ["subnet-1"]}]}


def test_interfaces_that_stay_are_named():
    ec2 = Ec2(
        delete_subnet=["DependencyViolation"],
        describe_network_interfaces=[interfaces("ELB app/calstack-dev/1", "")],
    )
    words = r"calstack-dev-public-a .* in use by eni-0 \(ELB app/calstack-dev/1\), eni-1 \(no description\)"
    with pytest.raises(NotReadyError, match=words):
        kind(Subnet, ec2).delete(SUBNET)


def test_what_is_gone_is_as_good_as_deleted():
    kind(Subnet, Ec2(delete_subnet=["InvalidSubnetID.NotFound"])).delete(SUBNET)


def test_a_refusal_is_not_waited_for():
    ec2 = Ec2(delete_subnet=["UnauthorizedOperation"])
    with pytest.raises(ClientError):
        kind(Subnet, ec2).delete(SUBNET)
    assert len(ec2.calls) == 1


def test_an_id_that_aws_does_not_know_yet_is_asked_for_again_but_not_for_ever():
    ec2 = Ec2(create_subnet=["InvalidVpcID.NotFound", {"Subnet": {"SubnetId": "subnet-1"}}])
    properties = {"vpc": "vpc-1", "zone": "a", "cidr": "10.0.0.0/24", "tags": {}}
    assert kind(Subnet, ec2).create("a", properties).id == "subnet-1"
    with pytest.raises(ClientError, match="InvalidVpcID"):
        kind(Subnet, Ec2(create_subnet=["InvalidVpcID.NotFound"])).create("a", properties)


def gateways(state, **more):
    held = [{"AllocationId": "eipalloc-1"}]
    return {"NatGateways": [{"NatGatewayId": "nat-1", "State": state, "NatGatewayAddresses": held, **more}]}


def test_a_gateway_is_waited_for_even_while_it_is_not_listed():
    listed = ["NatGatewayNotFound", {"NatGateways": []}, gateways("pending"), gateways("available")]
    ec2 = Ec2(describe_nat_gateways=listed)
    assert kind(NatGateway, ec2).settle(GATEWAY) is GATEWAY
    assert len(ec2.calls) == 4


def test_a_gateway_that_a_killed_run_left_pending_is_waited_for():
    ec2 = Ec2(describe_nat_gateways=[gateways("pending"), gateways("available")])
    kind(NatGateway, ec2).update(GATEWAY, {"state": "available"}, {})
    assert len(ec2.calls) == 2


def test_a_gateway_that_failed_says_why():
    ec2 = Ec2(describe_nat_gateways=[gateways("failed", FailureMessage="Elastic IP address is already associated")])
    with pytest.raises(CalstackError, match="calstack-dev-nat-a is failed: Elastic IP address is already associated"):
        kind(NatGateway, ec2).settle(GATEWAY)


def test_an_address_is_released_when_its_gateway_is_gone():
    listed = [gateways("available"), gateways("deleting"), {"NatGateways": []}]
    ec2 = Ec2(describe_nat_gateways=listed, release_address=[{}])
    kind(ElasticIp, ec2).delete(Found("elastic IP", "calstack-dev-nat-a", "eipalloc-1"))
    assert [operation for operation, _ in ec2.calls] == ["describe_nat_gateways"] * 3 + ["release_address"]
    assert set(ec2.calls[0][1]["Filter"][0]["Values"]) == {"pending", "available", "deleting"}


def test_a_gateway_waits_for_its_address_after_a_killed_deletion():
    ec2 = Ec2(describe_nat_gateways=[gateways("deleting"), {"NatGateways": []}], create_nat_gateway=[gateways("x")])
    ec2.answers["create_nat_gateway"] = [{"NatGateway": {"NatGatewayId": "nat-2"}}]
    made = kind(NatGateway, ec2).create("a", {"subnet": "subnet-1", "address": "eipalloc-1", "tags": {}})
    assert made.id == "nat-2"
    assert [operation for operation, _ in ec2.calls][-1] == "create_nat_gateway"


def test_what_is_new_is_let_through_before_what_is_old_is_refused():
    ec2 = Ec2(authorize_security_group_ingress=[{}], revoke_security_group_ingress=[{}])
    there, wanted = {"tcp 5000": frozenset({"sg-1"})}, {"tcp 8080": frozenset({"sg-1"})}
    found = Found("security group rules", "calstack-dev-tasks", "sg-2", {"ingress": there, "egress": {}})
    kind(SecurityGroupRules, ec2).update(found, {"ingress": wanted}, {"ingress": wanted, "egress": {}})
    assert [(operation, given["IpPermissions"][0]["FromPort"]) for operation, given in ec2.calls] == [
        ("authorize_security_group_ingress", 8080),
        ("revoke_security_group_ingress", 5000),
    ]


def refused(message):
    return {"FlowLogIds": [], "Unsuccessful": [{"Error": {"Code": "400", "Message": message}}]}


LOG = {"vpc": "vpc-1", "traffic": "ALL", "log_group": "logs", "role": "arn:aws:iam::1:role/logs", "tags": {}}


UNASSUMABLE = ClientError(
    {"Error": {"Code": "InvalidParameter", "Message": "Unable to assume given IAM role"}}, "CreateFlowLogs"
)


@pytest.mark.parametrize("answer", [UNASSUMABLE, refused("Access denied")])
def test_a_flow_log_waits_until_its_role_can_be_assumed(answer):
    ec2 = Ec2(create_flow_logs=[answer, answer, {"FlowLogIds": ["fl-1"], "Unsuccessful": []}])
    assert kind(FlowLog, ec2).create("calstack-dev-flow-logs", LOG).id == "fl-1"
    assert len(ec2.calls) == 3


@pytest.mark.parametrize(
    ("answer", "words"), [(UNASSUMABLE, "Unable to assume given IAM role"), (refused("Access denied"), "Access denied")]
)
def test_a_flow_log_that_is_refused_for_good_says_why(answer, words):
    with pytest.raises(NotReadyError, match=f"calstack-dev-flow-logs .* {words}"):
        kind(FlowLog, Ec2(create_flow_logs=[answer])).create("calstack-dev-flow-logs", LOG)


def test_a_flow_log_with_another_wrong_parameter_is_not_asked_for_again():
    ec2 = Ec2(create_flow_logs=["InvalidParameter"])
    with pytest.raises(ClientError):
        kind(FlowLog, ec2).create("calstack-dev-flow-logs", LOG)
    assert len(ec2.calls) == 1


def endpoints(state):
    tags = [{"Key": key, "Value": value} for key, value in scope().tags("calstack-dev-logs").items()]
    return {"VpcEndpoints": [{"VpcEndpointId": "vpce-1", "State": state, "Tags": tags}]}


def test_an_endpoint_waits_for_its_predecessors_name():
    ec2 = Ec2(
        describe_vpc_endpoints=[endpoints("Deleting"), endpoints("Deleted")],
        create_vpc_endpoint=[{"VpcEndpoint": {"VpcEndpointId": "vpce-2"}}],
    )
    properties = {"vpc": "vpc-1", "service": "s", "type": "Interface", "private_dns": True, "tags": {}}
    assert kind(VpcEndpoint, ec2).create("calstack-dev-logs", properties).id == "vpce-2"
    assert [operation for operation, _ in ec2.calls].count("describe_vpc_endpoints") == 2


def test_an_endpoint_with_another_subnet_is_waited_for():
    ec2 = Ec2(modify_vpc_endpoint=[{}], describe_vpc_endpoints=[endpoints("pending"), endpoints("available")])
    found = Found("VPC endpoint", "calstack-dev-logs", "vpce-1", {"subnets": frozenset({"subnet-1"})})
    wanted = {"subnets": frozenset({"subnet-1", "subnet-2"})}
    kind(VpcEndpoint, ec2).update(found, wanted, wanted)
    assert ec2.calls[0] == ("modify_vpc_endpoint", {"VpcEndpointId": "vpce-1", "AddSubnetIds": ["subnet-2"]})
    assert [operation for operation, _ in ec2.calls[1:]] == ["describe_vpc_endpoints"] * 2


def test_an_endpoint_that_failed_is_not_waited_for():
    with pytest.raises(CalstackError, match="calstack-dev-logs is failed"):
        kind(VpcEndpoint, Ec2(describe_vpc_endpoints=[endpoints("Failed")])).settle(
            Found("VPC endpoint", "calstack-dev-logs", "vpce-1")
        )


def test_an_endpoint_that_aws_will_not_delete_says_why():
    unsuccessful = {"Unsuccessful": [{"Error": {"Code": "RequesterManaged", "Message": "managed by a service"}}]}
    with pytest.raises(CalstackError, match="managed by a service"):
        kind(VpcEndpoint, Ec2(delete_vpc_endpoints=[unsuccessful])).delete(
            Found("VPC endpoint", "calstack-dev-logs", "vpce-1")
        )
