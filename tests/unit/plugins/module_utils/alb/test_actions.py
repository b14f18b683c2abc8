"""Actions and conditions: what goes to the API, and what comes back enriched."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._alb.actions import (
    NOT_FOUND,
    TO_HTTPS,
    from_actions,
    from_conditions,
    target_groups,
    to_action,
    to_conditions,
    to_forward,
)
from hypothesis import given
from hypothesis import strategies as st

words = st.text("abc*?", min_size=1, max_size=4)
values = st.frozensets(words, min_size=1, max_size=3)
headers = st.builds(lambda name, some: {"field": "http-header", "name": name, "values": some}, words, values)
paths = st.builds(lambda some: {"field": "path-pattern", "values": some}, values)


@pytest.mark.parametrize("action", [TO_HTTPS, NOT_FOUND])
def test_a_default_action_comes_back_as_it_went(action):
    assert from_actions([to_action(action)]) == action
    without_defaults = to_action(action)
    without_defaults.pop("Order")
    assert from_actions([without_defaults]) == action


@pytest.mark.parametrize(
    "changed",
    [
        {"Type": "forward", "TargetGroupArn": "arn:blue"},
        to_action(TO_HTTPS) | {"RedirectConfig": to_action(TO_HTTPS)["RedirectConfig"] | {"StatusCode": "HTTP_302"}},
        to_action(TO_HTTPS) | {"RedirectConfig": to_action(TO_HTTPS)["RedirectConfig"] | {"Host": "example.com"}},
        to_action(NOT_FOUND) | {"FixedResponseConfig": {"StatusCode": "200"}},
    ],
)
def test_any_other_default_action_is_a_difference(changed):
    assert from_actions([changed]) not in (TO_HTTPS, NOT_FOUND)
    assert from_actions([changed, changed]) not in (TO_HTTPS, NOT_FOUND)


@given(headers, paths)
def test_conditions_come_back_as_they_went_in_any_order_with_aws_additions(header, path):
    sent = to_conditions([path, header])
    for condition in sent:
        if "PathPatternConfig" in condition:
            condition["Values"] = condition["PathPatternConfig"]["Values"]
    for config in (item.get("PathPatternConfig") or item["HttpHeaderConfig"] for item in sent):
        config["Values"] = config["Values"][::-1]
    assert from_conditions(sent) == (header, path)


def test_conditions_we_never_make_are_shown_and_differ():
    odd = [
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": "b"}]}},
        {"Field": "path-pattern", "Values": ["/old"]},
    ]
    assert from_conditions(odd) == (
        {"field": "path-pattern", "values": frozenset(["/old"])},
        {"field": "query-string", "values": frozenset(["a=b"])},
    )


def test_a_forward_spells_out_weights_order_and_stickiness():
    assert to_forward([{"target_group": "arn:blue", "weight": 100}, {"target_group": "arn:green", "weight": 0}]) == {
        "Type": "forward",
        "Order": 1,
        "ForwardConfig": {
            "TargetGroups": [
                {"TargetGroupArn": "arn:blue", "Weight": 100},
                {"TargetGroupArn": "arn:green", "Weight": 0},
            ],
            "TargetGroupStickinessConfig": {"Enabled": False},
        },
    }


def test_groups_are_named_by_either_form_of_forward_at_whatever_weight():
    both = to_forward([{"target_group": "arn:b", "weight": 0}, {"target_group": "arn:a", "weight": 1}])
    assert target_groups([both]) == ("arn:a", "arn:b")
    assert target_groups([{"Type": "forward", "TargetGroupArn": "arn:a"}]) == ("arn:a",)
    assert target_groups([to_action(NOT_FOUND)]) == ()
