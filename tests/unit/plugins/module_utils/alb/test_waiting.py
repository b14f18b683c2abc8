"""What AWS does slowly and the emulator at once: activation, deletion, lingering network interfaces, trading places."""

import pytest
from alb_account import scope
from ansible_collections.calstack.aws.plugins.module_utils._alb.balancers import LoadBalancer
from ansible_collections.calstack.aws.plugins.module_utils._alb.model import BALANCER, GROUP, RULE
from ansible_collections.calstack.aws.plugins.module_utils._alb.rules import Rule
from ansible_collections.calstack.aws.plugins.module_utils._alb.target_groups import TargetGroup
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted
from botocore.exceptions import ClientError

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/calstack-dev-alb/50dc6c495c0c9188"


class Script:
    """A service that answers each operation with the next of its answers, and remembers what it was asked."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def __call__(self, _service):
        return self

    def __getattr__(self, operation):
        def answer(**arguments):
            self.asked.append((operation, arguments))
            given = self.answers[operation].pop(0)
            if isinstance(given, Exception):
                raise given
            return given

        return answer

    def operations(self):
        return [operation for operation, _arguments in self.asked]


def refusal(code):
    return ClientError({"Error": {"Code": code, "Message": "No."}}, "x")


def in_state(code):
    return {"LoadBalancers": [{"State": {"Code": code}}]}


def test_a_new_balancer_is_waited_for():
    api = Script(describe_load_balancers=[in_state("provisioning"), in_state("active")])
    LoadBalancer(api, scope()).settle(Found(BALANCER, "calstack-dev-alb", ARN))
    assert len(api.asked) == 2


@pytest.mark.parametrize("answer", [in_state("failed"), refusal("LoadBalancerNotFound")])
def test_a_balancer_that_will_not_become_active_ends_the_wait(answer):
    api = Script(describe_load_balancers=[answer])
    with pytest.raises(CalstackError, match="will not become active"):
        LoadBalancer(api, scope()).settle(Found(BALANCER, "calstack-dev-alb", ARN))


def test_a_balancer_is_gone_when_its_network_interfaces_are():
    api = Script(
        delete_load_balancer=[{}],
        describe_load_balancers=[in_state("active"), refusal("LoadBalancerNotFound")],
        describe_network_interfaces=[{"NetworkInterfaces": [{}, {}]}, {"NetworkInterfaces": []}],
    )
    LoadBalancer(api, scope()).delete(Found(BALANCER, "calstack-dev-alb", ARN))
    assert api.operations()[-1] == "describe_network_interfaces"
    (wanted,) = {str(asked["Filters"]) for operation, asked in api.asked if operation == "describe_network_interfaces"}
    assert "ELB app/calstack-dev-alb/50dc6c495c0c9188" in wanted
    assert not api.answers["describe_network_interfaces"]


def test_a_target_group_goes_when_its_listener_is_seen_to_have_gone():
    api = Script(delete_target_group=[refusal("ResourceInUse"), {}])
    TargetGroup(api, scope()).delete(Found(GROUP, "calstack-dev-blue", "arn:blue"))
    assert not api.answers["delete_target_group"]
    TargetGroup(Script(delete_target_group=[refusal("TargetGroupNotFound")]), scope()).delete(
        Found(GROUP, "calstack-dev-blue", "arn:blue")
    )


def test_any_other_refusal_to_delete_is_an_error():
    with pytest.raises(ClientError):
        TargetGroup(Script(delete_target_group=[refusal("AccessDenied")]), scope()).delete(
            Found(GROUP, "calstack-dev-blue", "arn:blue")
        )


def test_rules_trade_places_in_one_call(monkeypatch):
    """One after the other, AWS would refuse the first: its new priority is still the second's."""
    api = Script(set_rule_priorities=[{}])
    kind = Rule(api, scope())
    there = {"calstack-dev-production": 10, "calstack-dev-test": 100}
    rules = [
        {"RuleArn": f"arn:{name}", "Priority": str(priority), "Conditions": [], "Actions": []}
        for name, priority in there.items()
    ]
    monkeypatch.setattr(kind, "_rules", lambda: rules)
    monkeypatch.setattr(kind, "tags_of", lambda arns: {arn: scope().tags(arn.removeprefix("arn:")) for arn in arns})
    wanted = [
        Wanted(RULE, "calstack-dev-production", {"priority": 100}),
        Wanted(RULE, "calstack-dev-test", {"priority": 10}),
    ]
    found = kind.read(wanted)
    for item, old in zip(wanted, found, strict=True):
        kind.update(old, item.properties, item.properties)
    assert api.asked == [
        (
            "set_rule_priorities",
            {
                "RulePriorities": [
                    {"RuleArn": "arn:calstack-dev-production", "Priority": 100},
                    {"RuleArn": "arn:calstack-dev-test", "Priority": 10},
                ]
            },
        )
    ]
