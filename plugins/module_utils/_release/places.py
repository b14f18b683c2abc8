# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Where a stack's rules and target groups are: ARNs that do not change during a release, so they are found once.

By name and under the balancer, not by the tag look-up: that lags behind what the site run has just made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._alb.api import TAGS_A_CALL, from_list
from ansible_collections.calstack.aws.plugins.module_utils._alb.listeners import PROTOCOLS
from ansible_collections.calstack.aws.plugins.module_utils._alb.model import balancer_name, group_name, rule_name
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import ENVIRONMENT_TAG, STACK_TAG, Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._ecs.calls import unless_absent
from ansible_collections.calstack.aws.plugins.module_utils._release.model import COLOURS
from ansible_collections.calstack.aws.plugins.module_utils._release_support.names import topic_name

HTTPS = next(port for port, protocol in PROTOCOLS.items() if protocol == "https")


@dataclass(frozen=True)
class Places:
    """`groups` are the target groups' ARNs by colour; `environment` is what the production rule's tag says."""

    stack: str
    environment: str
    balancer: str
    dns_name: str
    listener: str
    production: str
    test: str
    groups: Mapping[str, str]

    @property
    def partition(self) -> str:
        return self.production.split(":")[1]

    @property
    def region(self) -> str:
        return self.production.split(":")[3]

    @property
    def account(self) -> str:
        return self.production.split(":")[4]

    @property
    def topic(self) -> str:
        """The ARN of the topic that the component `release` has made."""
        return f"arn:{self.partition}:sns:{self.region}:{self.account}:{topic_name(self.stack)}"


def find(clients: Clients, stack: str) -> Places:
    """Raises InputError for what is not there; what boto3 raises goes through."""
    scope = Scope("", "alb", stack)
    elbv2 = clients("elbv2")
    balancer = _balancer(elbv2, balancer_name(scope))
    listener = _listener(elbv2, balancer["LoadBalancerArn"], stack)
    tags = _tags(elbv2, _rules(elbv2, listener))
    rules = {purpose: _rule(tags, rule_name(scope, purpose), stack) for purpose in ("production", "test")}
    return Places(
        stack=stack,
        environment=tags[rules["production"]].get(ENVIRONMENT_TAG, ""),
        balancer=balancer["LoadBalancerArn"],
        dns_name=balancer["DNSName"],
        listener=listener,
        production=rules["production"],
        test=rules["test"],
        groups=_groups(elbv2, {group_name(scope, colour): colour for colour in COLOURS}),
    )


def missing(what: str, component: str) -> InputError:
    return InputError(
        f"{what} is not there: build the environment first, with site.yml or site.yml --limit {component}."
    )


def _balancer(elbv2: Any, name: str) -> dict[str, Any]:
    answer = unless_absent(lambda: elbv2.describe_load_balancers(Names=[name]), "LoadBalancerNotFound")
    if not answer or not answer["LoadBalancers"]:
        raise missing(f"the load balancer {name}", "alb")
    return dict(answer["LoadBalancers"][0])


def _listener(elbv2: Any, balancer: str, stack: str) -> str:
    pages = elbv2.get_paginator("describe_listeners").paginate(LoadBalancerArn=balancer)
    arns = [item["ListenerArn"] for page in pages for item in page["Listeners"] if item["Port"] == HTTPS]
    if not arns:
        raise missing(f"the HTTPS listener of {stack}", "alb")
    return str(arns[0])


def _rules(elbv2: Any, listener: str) -> list[str]:
    pages = elbv2.get_paginator("describe_rules").paginate(ListenerArn=listener)
    return [item["RuleArn"] for page in pages for item in page["Rules"] if not item.get("IsDefault")]


def _tags(elbv2: Any, arns: list[str]) -> dict[str, dict[str, str]]:
    tags: dict[str, dict[str, str]] = {}
    for start in range(0, len(arns), TAGS_A_CALL):
        answer = elbv2.describe_tags(ResourceArns=arns[start : start + TAGS_A_CALL])
        tags |= {item["ResourceArn"]: from_list(item["Tags"]) for item in answer["TagDescriptions"]}
    return tags


def _rule(tags: Mapping[str, Mapping[str, str]], name: str, stack: str) -> str:
    """By its tags: a priority is only a number, and another rule may have it."""
    arns = [arn for arn, own in tags.items() if (own.get("Name"), own.get(STACK_TAG)) == (name, stack)]
    if not arns:
        raise missing(f"the rule {name} of the HTTPS listener (or its tags)", "alb")
    if len(arns) > 1:
        raise InputError(f"two rules are tagged {name}: {' and '.join(arns)}. Delete the one that is not in use.")
    return arns[0]


def _groups(elbv2: Any, names: Mapping[str, str]) -> dict[str, str]:
    answer = unless_absent(lambda: elbv2.describe_target_groups(Names=list(names)), "TargetGroupNotFound")
    found = {item["TargetGroupName"]: item["TargetGroupArn"] for item in answer["TargetGroups"]} if answer else {}
    if len(found) < len(names):
        # Asked for two names AWS does not say which one it does not know.
        raise missing(f"one of the target groups {' and '.join(names)}", "alb")
    return {colour: found[name] for name, colour in names.items()}
