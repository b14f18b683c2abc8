# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Rules of the HTTPS listener: production and test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._alb.actions import (
    from_conditions,
    target_groups,
    to_conditions,
    to_forward,
)
from ansible_collections.calstack.aws.plugins.module_utils._alb.api import BalancingKind, is_ours, to_list
from ansible_collections.calstack.aws.plugins.module_utils._alb.model import COLOURS, RULE, balancer_name, group_name
from ansible_collections.calstack.aws.plugins.module_utils._alb.origin import Origin, split, to_condition
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Clients, Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import Found, Wanted


class Rule(BalancingKind):
    """Found under the HTTPS listener by tag; the action is never part of what is compared or changed."""

    kind = RULE
    adopts = True

    def __init__(self, clients: Clients, scope: Scope) -> None:
        super().__init__(clients, scope)
        self._priorities: dict[str, int] = {}
        self._origins: dict[str, Origin | None] = {}
        self._there: dict[str, Found] = {}

    def read(self, wanted: Iterable[Wanted]) -> list[Found]:
        wanted = list(wanted)
        self._priorities = {item.name: item.properties["priority"] for item in wanted}
        self._origins = {item.name: item.properties.get("origin") for item in wanted}
        items = [item for item in self._rules() if not item.get("IsDefault")]
        tags = self.tags_of([item["RuleArn"] for item in items])
        ours = [self._found(tags[item["RuleArn"]]["Name"], item, tags) for item in items if self._is_named(item, tags)]
        self._there = {item.name: item for item in ours}
        strangers = [item for item in items if not self._is_named(item, tags)]
        return ours + [found for item in strangers if (found := self._adopted(item, tags))]

    def _rules(self) -> list[dict[str, Any]]:
        listeners = [item for item in self.listeners_of(balancer_name(self.scope)) if item["Protocol"] == "HTTPS"]
        rules = []
        for listener in listeners:
            pages = self.api.get_paginator("describe_rules").paginate(ListenerArn=listener["ListenerArn"])
            rules += [item for page in pages for item in page["Rules"]]
        return rules

    def _is_named(self, item: Mapping[str, Any], tags: Mapping[str, Mapping[str, str]]) -> bool:
        own = tags[item["RuleArn"]]
        return is_ours(own, self.scope) and bool(own.get("Name"))

    def _adopted(self, item: Mapping[str, Any], tags: Mapping[str, Mapping[str, str]]) -> Found | None:
        """A rule that has lost its tags, told by its priority and by the target groups it names.

        Raises CalstackError when the priority is taken by a rule that is not ours: creating would fail half-way.
        """
        priority = int(item["Priority"])
        name = next((name for name, wanted in self._priorities.items() if wanted == priority), None)
        if name is None:
            return None
        if name not in self._there and self._names_our_groups(item["Actions"]):
            return self._found(name, item, tags)
        purpose = name.removeprefix(f"{self.scope.stack}-")
        raise CalstackError(
            f"priority {priority} is wanted for the rule {name}, but {item['RuleArn']} has it, which is not "
            f"{self.scope.environment}'s. Choose another alb_{purpose}_priority, or move or delete that rule."
        )

    def _names_our_groups(self, actions: Sequence[Mapping[str, Any]]) -> bool:
        ours = {group_name(self.scope, colour) for colour in COLOURS}
        return any(arn.split("/")[1] in ours for arn in target_groups(actions))

    def _found(self, name: str, item: Mapping[str, Any], tags: Mapping[str, Mapping[str, str]]) -> Found:
        arn = item["RuleArn"]
        conditions, origin = split(item["Conditions"], self._origins.get(name))
        properties = {
            "priority": int(item["Priority"]),
            "conditions": from_conditions(conditions),
            "origin": origin,
            "tags": tags[arn],
        }
        attributes = {"arn": arn, "target_groups": " ".join(target_groups(item["Actions"]))}
        return Found(RULE, name, arn, properties, attributes)

    def create(self, name: str, properties: Mapping[str, Any]) -> Found:
        self._align_priorities()  # the other rule may still sit on this one's priority
        answer = self.api.create_rule(
            ListenerArn=properties["listener"],
            Priority=properties["priority"],
            Conditions=_conditions(properties),
            Actions=[to_forward(properties["forward"])],
            Tags=to_list(properties["tags"]),
        )
        rule = answer["Rules"][0]
        return self._found(name, rule, {rule["RuleArn"]: properties["tags"]})

    def update(self, found: Found, changed: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
        if "priority" in changed:
            self._align_priorities()
        if {"conditions", "origin"} & changed.keys():
            # Without Actions: the ones there stay as they are.
            self.api.modify_rule(RuleArn=found.id, Conditions=_conditions(properties))
        if "tags" in changed:
            self.tag(found.id, changed["tags"])

    def _align_priorities(self) -> None:
        """All rules in one call, which AWS takes as one step: two may trade places."""
        moves = [
            {"RuleArn": item.id, "Priority": wanted}
            for name, wanted in self._priorities.items()
            if (item := self._there.get(name)) and item.properties["priority"] != wanted
        ]
        if moves:
            self.api.set_rule_priorities(RulePriorities=moves)
        self._priorities = {}

    def delete(self, found: Found) -> None:
        self.call_if_there("delete_rule", "RuleNotFound", RuleArn=found.id)


def _conditions(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*to_conditions(properties["conditions"]), *to_condition(properties["origin"])]
