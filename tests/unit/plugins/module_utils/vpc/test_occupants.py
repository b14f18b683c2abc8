"""A subnet in which others have network interfaces is not begun to be taken down."""

from functools import partial

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._vpc.component import VPC
from ansible_collections.calstack.aws.plugins.module_utils._vpc.occupants import lingers, refuse_occupied
from emulator import account
from vpc_account import destroy, scope, site, steps

ALB = "ELB app/calstack-dev/50dc6c495c0c9188"
FULL = {"zone_count": 3, "interface_endpoints": ["ecr.api"]}


@pytest.fixture
def aws():
    with account() as made:
        yield made


def settle_in(aws, subnet, description):
    made = aws("ec2").create_network_interface(SubnetId=subnet, Description=description)
    return made["NetworkInterface"]["NetworkInterfaceId"]


def move_out(aws, interface):
    aws("ec2").delete_network_interface(NetworkInterfaceId=interface)


@pytest.mark.parametrize("check", [True, False])
def test_a_zone_that_others_use_is_not_given_up(aws, check):
    _result, published = site(aws, **FULL)
    interface = settle_in(aws, published["vpc_public_subnet_ids"][2], ALB)
    aws.calls.clear()
    words = rf"calstack-dev-public-eu-west-1c would be deleted, but is in use by {interface} \({ALB}\): nothing was"
    with pytest.raises(InputError, match=words):
        site(aws, check=check, **FULL | {"zone_count": 2})
    assert not aws.writes
    move_out(aws, interface)
    assert "delete subnet calstack-dev-public-eu-west-1c" in steps(site(aws, **FULL | {"zone_count": 2})[0])


def test_who_lives_in_a_zone_that_stays_is_in_nobodys_way(aws):
    _result, published = site(aws, **FULL)
    settle_in(aws, published["vpc_public_subnet_ids"][0], ALB)
    assert "delete subnet calstack-dev-public-eu-west-1c" in steps(site(aws, **FULL | {"zone_count": 2})[0])


def test_a_network_that_a_stranger_uses_is_not_taken_down_and_not_waited_for(aws):
    _result, published = site(aws, **FULL)
    interface = settle_in(aws, published["vpc_private_subnet_ids"][0], "somebody's instance")
    aws.calls.clear()
    with pytest.raises(InputError, match=rf"{interface} \(somebody's instance\) in calstack-dev-private-eu-west-1a"):
        destroy(aws)
    assert not aws.writes
    assert aws.calls.count("DescribeNetworkInterfaces") == 1


def test_a_plan_of_the_whole_takedown_is_not_refused_because_the_balancer_goes_first(aws):
    _result, published = site(aws, **FULL)
    settle_in(aws, published["vpc_public_subnet_ids"][0], ALB)
    assert steps(destroy(aws, check=True))[-1] == "delete VPC calstack-dev"


def plan_of_takedown(aws):
    return destroy(aws, check=True).changes


def test_interfaces_that_outlive_their_balancer_are_waited_for(aws):
    _result, published = site(aws, **FULL)
    interface = settle_in(aws, published["vpc_public_subnet_ids"][0], ALB)
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            move_out(aws, interface)

    refuse_occupied(aws, scope(), plan_of_takedown(aws), check=False, clock=lambda: 0.0, sleep=sleep)
    assert len(pauses) == 3


def test_interfaces_that_stay_are_named_after_a_while(aws):
    _result, published = site(aws, **FULL)
    interface = settle_in(aws, published["vpc_public_subnet_ids"][0], ALB)
    now = [0.0]
    late = partial(refuse_occupied, clock=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
    with pytest.raises(InputError, match=f"still in use by {interface} .*playbooks/destroy.yml without --limit"):
        late(aws, scope(), plan_of_takedown(aws), check=False)
    assert 300 <= now[0] < 320


def test_the_component_asks():
    assert VPC.guard is refuse_occupied


@pytest.mark.parametrize(
    ("interface", "expected"),
    [
        ({"Description": ALB}, True),
        ({"Description": "arn:aws:ecs:eu-west-1:123456789012:attachment/1b2c"}, True),
        ({"Description": "AWS created", "RequesterManaged": True}, True),
        ({"Description": "", "Attachment": {"Status": "detaching"}}, True),
        ({"Description": "Primary network interface", "Attachment": {"Status": "attached"}}, False),
        ({}, False),
    ],
)
def test_what_aws_takes_away_by_itself_lingers(interface, expected):
    assert lingers(interface) is expected
