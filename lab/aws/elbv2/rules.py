"""Mends of rules: complete actions and conditions, in order of priority."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from lab.aws.patching import wrap

REDIRECT_DEFAULTS = {
    "Protocol": "#{protocol}",
    "Port": "#{port}",
    "Host": "#{host}",
    "Path": "/#{path}",
    "Query": "#{query}",
}
BOTH_FORMS = {"path-pattern": "PathPatternConfig", "host-header": "HostHeaderConfig"}


def apply() -> None:
    _mend_actions()
    _mend_conditions()
    _mend_order()


def complete_action(action: dict[str, Any]) -> dict[str, Any]:
    """An action as AWS answers it, whichever way it was written."""
    if action.get("Type") == "forward":
        config = dict(action.get("ForwardConfig") or {"TargetGroups": [{"TargetGroupArn": action["TargetGroupArn"]}]})
        groups = [{**group, "Weight": int(group.get("Weight", 1))} for group in config.get("TargetGroups") or []]
        stickiness = config.get("TargetGroupStickinessConfig") or {"Enabled": False}
        completed = {
            **action,
            "ForwardConfig": {**config, "TargetGroups": groups, "TargetGroupStickinessConfig": stickiness},
        }
        return {**completed, "TargetGroupArn": groups[0]["TargetGroupArn"]} if len(groups) == 1 else completed
    if action.get("Type") == "redirect":
        return {**action, "RedirectConfig": {**REDIRECT_DEFAULTS, **action.get("RedirectConfig", {})}}
    return action


def _mend_actions() -> None:
    """AWS answers a forward with both its short and its long form and a redirect with all its parts."""
    from moto.elbv2.models import FakeAction

    @wrap(FakeAction, "__init__")
    def init(original: Callable[..., Any], self: Any, data: dict[str, Any]) -> None:
        original(self, complete_action(data))


def complete_condition(condition: dict[str, Any]) -> None:
    config = BOTH_FORMS.get(condition.get("Field", ""))
    if config is not None:
        values = (condition.get(config) or {}).get("Values") or condition.get("Values") or []
        condition |= {"Values": values, config: {"Values": values}}


def _mend_conditions() -> None:
    """AWS answers host and path conditions in the old and the new form."""
    from moto.elbv2.models import ELBv2Backend

    @wrap(ELBv2Backend, "_validate_conditions")
    def validate(original: Callable[..., Any], self: Any, conditions: Sequence[dict[str, Any]]) -> None:
        original(self, conditions)
        for condition in conditions:
            complete_condition(condition)


def _mend_order() -> None:
    """DescribeRules answers in order of priority, the default rule last; moto in order of creation."""
    from moto.elbv2.models import FakeListener

    def rules(self: Any) -> OrderedDict[Any, Any]:
        ordered = sorted(self._non_default_rules.items(), key=lambda item: int(item[1].priority))
        return OrderedDict([*ordered, *self._default_rule.items()])

    FakeListener.rules = property(rules)
