"""Which stage may follow which."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stages import STAGES, decide
from hypothesis import given
from hypothesis import strategies as st

FOLLOWING = ["copy", "catch_up", "freeze", "verify", "mark"]
STANDING = ["freeze", "copy", "verify", "mark"]


def done(*stages):
    return dict.fromkeys(stages, "2026-08-01T10:00:00+00:00")


@pytest.mark.parametrize(("order", "follows"), [(FOLLOWING, True), (STANDING, False)])
def test_the_stages_can_be_done_in_their_order_and_in_no_other(order, follows):
    for number, stage in enumerate(order):
        assert decide(stage, done(*order[:number]), follows=follows).run
        if number:
            with pytest.raises(InputError, match=f"migrate_stage {stage} comes after {order[number - 1]}"):
                decide(stage, done(*order[: number - 1]), follows=follows)


@pytest.mark.parametrize("stage", ["finish", "back"])
def test_nothing_is_ended_or_taken_back_that_was_not_marked(stage):
    with pytest.raises(InputError, match="comes after mark"):
        decide(stage, done(*FOLLOWING[:-1]))
    assert decide(stage, done(*FOLLOWING)).run


@pytest.mark.parametrize("stage", ["catch_up", "freeze", "verify"])
def test_following_may_be_done_again(stage):
    assert decide(stage, done(*FOLLOWING[:-1])).run


@pytest.mark.parametrize("stage", ["copy", "catch_up", "freeze", "verify", "mark"])
def test_after_the_mark_nothing_touches_the_target_any_more_and_the_mark_stays(stage):
    decision = decide(stage, done(*FOLLOWING))
    assert not decision.run
    assert "2026-08-01" in decision.reason


def test_a_target_that_may_have_the_applications_writes_is_not_discarded():
    with pytest.raises(InputError, match="Run the stage back first"):
        decide("discard", done(*FOLLOWING))
    assert decide("discard", done(*FOLLOWING, "back")).run
    assert decide("discard", done("copy")).run


def test_after_a_way_back_the_migration_begins_anew():
    with pytest.raises(InputError, match=r"taken back at .* discard"):
        decide("catch_up", done(*FOLLOWING, "back"))
    assert decide("back", done(*FOLLOWING, "back")).run


def test_an_engine_that_does_not_follow_has_nothing_to_catch_up():
    assert not decide("catch_up", done("freeze", "copy"), follows=False).run


def test_finish_is_done_once():
    assert not decide("finish", done(*FOLLOWING, "finish")).run
    assert decide("back", done(*FOLLOWING, "finish")).run


@given(st.sampled_from(STAGES), st.sets(st.sampled_from(STAGES)), st.booleans())
def test_there_is_always_an_answer(stage, finished, follows):
    try:
        decision = decide(stage, done(*finished), follows=follows)
    except InputError:
        return
    assert decision.run or decision.reason


@pytest.mark.parametrize("follows", [True, False])
def test_a_check_tells_of_all_stages_of_a_run_and_still_refuses_an_end_without_a_beginning(follows):
    for stage in ("copy", "freeze", "verify", "mark"):
        assert decide(stage, {}, follows=follows, check=True).run
    for stage in ("back", "finish"):
        with pytest.raises(InputError, match="comes after mark"):
            decide(stage, {}, follows=follows, check=True)
