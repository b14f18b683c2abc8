"""Parameters to resources."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Ref, references
from ansible_collections.calstack.aws.plugins.module_utils._vpc.component import VPC
from ansible_collections.calstack.aws.plugins.module_utils._vpc.model import flow_log_policies, outputs, wanted
from hypothesis import given
from hypothesis import strategies as st
from vpc_account import PARAMS, scope

SURVEYED = {"region": "eu-west-1", "slots": {"a": 0, "b": 1}, "account": "123456789012", "partition": "aws"}
PARAMETERS = st.fixed_dictionaries(
    {
        "slots": st.sampled_from([{"a": 0, "b": 1}, {"a": 0, "b": 1, "c": 2}, {"c": 1, "a": 2}]),
        "nat": st.sampled_from(["per_zone", "single", "none"]),
        "interface_endpoints": st.lists(st.sampled_from(["ecr.api", "ecr.dkr", "logs"]), max_size=3),
        "balancer_cidrs": st.lists(st.sampled_from(["0.0.0.0/0", "203.0.113.0/24", "2001:db8::/32"]), max_size=3),
        "flow_logs": st.booleans(),
    }
)


def params(**given):
    return {**PARAMS, **SURVEYED, **given}


def by_key(resources):
    return {(item.kind, item.name): item for item in resources}


@given(PARAMETERS)
def test_everything_is_named_once_and_made_before_it_is_used(given):
    resources = wanted(params(**given), scope())
    made = set()
    for item in resources:
        assert (item.kind, item.name) not in made
        assert item.name.startswith("calstack-dev")
        assert {(ref.kind, ref.name) for ref in references(item.properties)} <= made
        made.add((item.kind, item.name))
    assert {(ref.kind, ref.name) for ref in references(outputs(params(**given), scope()))} <= made


@given(PARAMETERS)
def test_the_order_of_kinds_has_what_is_used_first(given):
    order = [kind.kind for kind in VPC.kinds]
    for item in wanted(params(**given), scope()):
        for ref in references(item.properties):
            # A route does not keep its gateway from being deleted, and gateways take longest to go.
            if (item.kind, ref.kind) != ("route table", "NAT gateway"):
                assert order.index(ref.kind) < order.index(item.kind)


@given(PARAMETERS)
def test_every_resource_carries_its_owner(given):
    for item in wanted(params(**given), scope()):
        if item.kind != "security group rules":  # rules have no tags of their own here: their group has
            assert item.properties["tags"] == scope().tags(item.name)


@given(PARAMETERS)
def test_no_private_subnet_is_reachable_and_each_has_one_table(given):
    resources = by_key(wanted(params(**given), scope()))
    tables = {name: item for (kind, name), item in resources.items() if kind == "route table"}
    public = tables.pop("calstack-dev-public")
    assert public.properties["routes"] == {"0.0.0.0/0": Ref("internet gateway", "calstack-dev")}
    served = [ref.name for table in tables.values() for ref in table.properties["subnets"]]
    private = [name for kind, name in resources if kind == "subnet" and "-private-" in name]
    assert sorted(served) == sorted(private)
    for table in tables.values():
        assert {ref.kind for ref in references(table.properties["routes"])} <= {"NAT gateway"}
        assert bool(table.properties["routes"]) == (given["nat"] != "none")


@pytest.mark.parametrize(("nat", "gateways"), [("per_zone", 2), ("single", 1), ("none", 0)])
def test_gateways(nat, gateways):
    resources = wanted(params(nat=nat), scope())
    assert [item.kind for item in resources].count("NAT gateway") == gateways
    assert [item.kind for item in resources].count("elastic IP") == gateways
    assert len(outputs(params(nat=nat), scope())["vpc_nat_addresses"]) == gateways


def test_endpoints_answer_only_the_vpc():
    resources = by_key(wanted(params(interface_endpoints=["ecr.api", "ecr.api"]), scope()))
    assert resources["VPC endpoint", "calstack-dev-ecr.api"].properties["service"] == "com.amazonaws.eu-west-1.ecr.api"
    rules = resources["security group rules", "calstack-dev-endpoints"].properties
    assert (rules["ingress"], rules["egress"]) == ({"tcp 443": frozenset({"10.20.0.0/16"})}, {})


def test_flow_logs_may_write_where_they_belong_and_nobody_elses_may():
    policies = flow_log_policies(params(), "calstack-dev-flow-logs")
    (trust,) = policies["trust"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    writes, reads = policies["policy"]["Statement"]
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:calstack-dev-flow-logs"
    assert writes["Resource"] == (arn, f"{arn}:*")
    assert reads["Action"] == "logs:DescribeLogGroups"


def rules(**given):
    resources = by_key(wanted(params(**given), scope()))
    return (
        resources["security group rules", "calstack-dev-balancer"].properties,
        resources["security group rules", "calstack-dev-tasks"].properties,
    )


def test_tasks_are_reached_by_the_balancer_only_whatever_port_a_release_gives_them():
    balancer, tasks = rules(task_egress=[])
    assert balancer["egress"] == {"tcp 1-65535": frozenset({Ref("security group", "calstack-dev-tasks")})}
    assert tasks["ingress"] == {"tcp 1-65535": frozenset({Ref("security group", "calstack-dev-balancer")})}
    assert tasks["egress"] == {}


def test_networks_are_written_as_aws_does():
    balancer, _tasks = rules(balancer_cidrs=["203.0.113.7", "2001:DB8:0::/32"])
    assert balancer["ingress"]["tcp 443"] == frozenset({"203.0.113.7/32", "2001:db8::/32"})


NETWORKS = st.lists(st.sampled_from(["0.0.0.0/0", "::/0", "203.0.113.0/24"]), unique=True)


@given(NETWORKS)
def test_behind_cloudfront_it_and_named_networks_get_in_and_only_over_tls(networks):
    given = {"balancer_access": "cloudfront", "balancer_cidrs": networks, "cloudfront_prefix_list": "pl-1"}
    balancer, _tasks = rules(**given)
    assert balancer["ingress"] == {"tcp 443": {"pl-1", *networks} - {"0.0.0.0/0", "::/0"}}


def test_egress_to_one_port_from_several_entries_is_one_rule():
    one = {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidrs": ["10.0.0.0/8"]}
    other = {"protocol": "tcp", "from_port": 443, "to_port": None, "cidrs": ["192.0.2.0/24"]}
    assert rules(task_egress=[one, other])[1]["egress"] == {"tcp 443": frozenset({"10.0.0.0/8", "192.0.2.0/24"})}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"balancer_cidrs": ["10.0.0.1/8"]}, r"vpc_balancer_cidrs: '10\.0\.0\.1/8' is not a network"),
        ({"balancer_cidrs": ["everywhere"]}, "vpc_balancer_cidrs: 'everywhere'"),
        (
            {"task_egress": [{"protocol": "tcp", "from_port": 443, "to_port": 80, "cidrs": []}]},
            r"vpc_task_egress\[0\]: ports 443 to 80",
        ),
        (
            {"task_egress": [{"protocol": "tcp", "from_port": 1, "to_port": 1, "cidrs": ["x"]}]},
            r"vpc_task_egress\[0\]\.cidrs: 'x'",
        ),
        ({"cidr": "10.0.0.0/26"}, "vpc_cidr"),
    ],
)
def test_what_cannot_be_is_refused_by_name(given, words):
    with pytest.raises(InputError, match=words):
        wanted(params(**given), scope())
