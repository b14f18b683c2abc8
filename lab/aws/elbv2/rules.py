"""Mends of rules: complete actions and conditions, in order of priority."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    _mend_stickiness()


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


def _mend_stickiness() -> None:
    """AWS refuses sticky target groups in a weighted forward without stickiness, whichever comes second; moto has both.

    A forward to one group alone may go without.
    """
    from moto.elbv2.exceptions import InvalidConfigurationRequest
    from moto.elbv2.models import ELBv2Backend

    @wrap(ELBv2Backend, "_validate_actions")
    def validate(original: Callable[..., Any], self: Any, actions: Sequence[Any]) -> None:
        original(self, actions)
        for action in actions:
            if any(is_sticky(self.target_groups[arn].attributes) for arn in loose_groups(action.data)):
                raise InvalidConfigurationRequest(
                    "You must enable group stickiness on a rule if you enabled target stickiness on one of its target "
                    "groups"
                )

    @wrap(ELBv2Backend, "modify_target_group_attributes")
    def modify(original: Callable[..., Any], self: Any, target_group_arn: str, attributes: dict[str, Any]) -> None:
        if is_sticky(attributes):
            for rule in _rules(self):
                if any(target_group_arn in loose_groups(action.data) for action in rule.actions):
                    raise InvalidConfigurationRequest(
                        f"This target group appears behind a rule with group stickiness disabled ({rule.arn}). You "
                        "must enable group stickiness before enabling target stickiness"
                    )
        original(self, target_group_arn, attributes)


def is_sticky(attributes: Mapping[str, Any]) -> bool:
    return str(attributes.get("stickiness.enabled")).lower() == "true"


def loose_groups(action: Mapping[str, Any]) -> list[str]:
    """The target groups of a forward to several of which a client sticks to none."""
    config = action.get("ForwardConfig") or {}
    sticky = str((config.get("TargetGroupStickinessConfig") or {}).get("Enabled")).lower() == "true"
    groups = [group["TargetGroupArn"] for group in config.get("TargetGroups") or []]
    return [] if sticky or len(groups) < 2 else groups


def _rules(backend: Any) -> Iterator[Any]:
    for balancer in backend.load_balancers.values():
        for listener in balancer.listeners.values():
            yield from listener.rules.values()


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
