"""Strategies as lists of steps."""

from datetime import UTC, datetime

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Step
from ansible_collections.calstack.aws.plugins.module_utils._release.steps import (
    next_rung,
    parse,
    pause_over,
    remaining,
)
from hypothesis import given
from hypothesis import strategies as st
from release_parts import AT, STEPS, release

STRATEGY = {"type": "canary", "weight": None, "step": None, "bake": 60, "final_bake": 30, "steps": None}


def weights(**more):
    return [step.weight for step in parse(STRATEGY | more)]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"type": "all_at_once"}, [100]),
        ({"type": "canary"}, [10, 100]),
        ({"type": "canary", "weight": 1}, [1, 100]),
        ({"type": "linear"}, [20, 40, 60, 80, 100]),
        ({"type": "linear", "step": 33}, [33, 66, 99, 100]),
        ({"type": "steps", "steps": [{"weight": 0}, {"weight": 5}]}, [0, 5, 100]),
        ({"type": "steps", "steps": [{"weight": 100}]}, [100]),
    ],
)
def test_a_strategy_ends_with_everybody(given, wanted):
    assert weights(**given) == wanted


def test_bakes_are_the_steps_own_and_the_last_has_its_own():
    assert parse(STRATEGY) == (Step(10, 60.0), Step(100, 30.0))
    own = [{"weight": 5, "bake": 300, "pause": "manual"}, {"weight": 50, "pause": "09:00"}]
    assert parse(STRATEGY | {"type": "steps", "steps": own})[:2] == (Step(5, 300.0, "manual"), Step(50, 0.0, "09:00"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"type": "steps", "steps": []}, "steps is empty"),
        ({"type": "steps", "steps": [{"weight": 50}, {"weight": 50}]}, r"steps\[1\].weight is 50.*weights must grow"),
        ({"type": "steps", "steps": [{"weight": 101}]}, "from 0 to 100"),
        ({"type": "steps", "steps": [{"weight": 1, "pause": "9:00"}]}, "pause is '9:00'"),
        ({"steps": [{"weight": 5}]}, "steps is given, but release_strategy.type is canary.*type: steps, or leave"),
        ({"steps": []}, "steps is given"),
        ({"type": "linear", "weight": 5}, "weight is given, but release_strategy.type is linear.*type: canary"),
        ({"type": "all_at_once", "step": 5}, "step is given, but release_strategy.type is all_at_once"),
        ({"type": "steps", "weight": 5, "steps": [{"weight": 5}]}, "weight is given"),
        ({"weight": 0}, "from 1 to 99"),
        ({"type": "linear", "step": 100}, "from 1 to 99"),
        ({"bake": -1}, "bake is -1"),
        ({"final_bake": float("inf")}, "final_bake is inf"),
        ({"bake": float("nan")}, "bake is nan"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(given, words):
    with pytest.raises(InputError, match=words):
        parse(STRATEGY | given)


@given(st.integers(1, 99), st.integers(0, 100))
def test_a_linear_ladder_grows_and_the_next_rung_is_above(size, weight):
    steps = parse(STRATEGY | {"type": "linear", "step": size})
    assert [step.weight for step in steps] == sorted({step.weight for step in steps})
    rung = steps[next_rung(steps, weight)]
    assert rung.weight > weight or rung.weight == 100
    assert not any(weight < step.weight < rung.weight for step in steps)


@given(st.integers(0, 23), st.integers(0, 59), st.floats(0, 1e9))
def test_a_pause_ends_at_the_first_such_time(hour, minute, baked_at):
    over = pause_over(f"{hour:02}:{minute:02}", baked_at)
    assert baked_at - 1e-3 <= over <= baked_at + 86400
    moment = datetime.fromtimestamp(over, UTC)
    assert (moment.hour, moment.minute, moment.second) == (hour, minute, 0)


@pytest.mark.parametrize("pause", ["", "manual"])
def test_what_is_no_time_of_day_ends_at_once(pause):
    assert pause_over(pause, AT) == AT


def test_what_is_left_counts_the_bakes():
    assert remaining(release(Phase.HEALTHY, steps=STEPS), AT) == 180
    assert remaining(release(Phase.ANALYSE), AT + 20) == 160
    assert remaining(release(Phase.ANALYSE, extended=1), AT + 70) == 170
    assert remaining(release(Phase.PROMOTE, step=2), AT) == 0
