import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._release import forwards
from hypothesis import given
from hypothesis import strategies as st

GROUPS = {"blue": "arn:b", "green": "arn:g"}
WEIGHTS = st.dictionaries(st.sampled_from(sorted(GROUPS)), st.integers(0, 999), min_size=1).filter(
    lambda weights: sum(weights.values()) > 0
)


@given(WEIGHTS, st.integers(0, 604800))
def test_what_is_written_reads_back(weights, stickiness):
    read = forwards.read(forwards.to_actions(weights, GROUPS, stickiness))
    assert forwards.by_colour(read, GROUPS) == weights
    assert read.stickiness == stickiness
    assert not forwards.is_foreign(read, GROUPS)


@pytest.mark.parametrize(
    "weights", [{}, {"blue": 0}, {"blue": 0, "green": 0}, {"blue": -1, "green": 2}, {"blue": 1000}]
)
def test_weights_that_serve_nobody_are_never_written(weights):
    with pytest.raises(CalstackError, match="nothing has been changed"):
        forwards.to_actions(weights, GROUPS)


def test_actions_are_complete_and_spelled_out():
    assert forwards.to_actions({"blue": 100}, GROUPS) == [
        {
            "Type": "forward",
            "Order": 1,
            "ForwardConfig": {
                "TargetGroups": [{"TargetGroupArn": "arn:b", "Weight": 100}],
                "TargetGroupStickinessConfig": {"Enabled": False},
            },
        }
    ]
    (action,) = forwards.to_actions({"blue": 50, "green": 50}, GROUPS, 60)
    assert action["ForwardConfig"]["TargetGroupStickinessConfig"] == {"Enabled": True, "DurationSeconds": 60}


@pytest.mark.parametrize(
    ("actions", "foreign", "weights"),
    [
        ([{"Type": "forward", "TargetGroupArn": "arn:b"}], False, {"blue": 100}),
        ([{"Type": "forward", "TargetGroupArn": "arn:other"}], True, {}),
        ([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}], True, {}),
        (
            [{"Type": "authenticate-oidc", "Order": 1}, {"Type": "forward", "Order": 2, "TargetGroupArn": "arn:b"}],
            True,
            {"blue": 100},
        ),
        (forwards.to_actions({"blue": 1, "x": 0}, GROUPS | {"x": "arn:other"}), True, {"blue": 1}),
    ],
)
def test_a_rule_that_does_anything_else_is_foreign(actions, foreign, weights):
    read = forwards.read(actions)
    assert forwards.is_foreign(read, GROUPS) == foreign
    assert forwards.by_colour(read, GROUPS) == weights


@pytest.mark.parametrize(
    ("weights", "colour"),
    [({"green": 1}, "green"), ({"blue": 0, "green": 5}, "green"), ({"blue": 1, "green": 5}, ""), ({"x": 1}, "")],
)
def test_the_one_colour_that_gets_everything(weights, colour):
    read = forwards.read(forwards.to_actions(weights, GROUPS | {"x": "arn:other"}))
    assert forwards.only_colour(read, GROUPS) == colour


def test_nobody_is_the_one_where_there_is_no_forward():
    assert forwards.only_colour(forwards.read([{"Type": "redirect"}]), GROUPS) == ""
