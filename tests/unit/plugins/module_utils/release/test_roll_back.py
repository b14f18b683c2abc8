"""Putting everything back: in which order, when stable is too small, and when it does not end."""

from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release.action import (
    CancelRetirement,
    DisarmDeadMan,
    SetScaling,
    SetWeights,
    StopOneOff,
    UpdateService,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Scaling, Step
from ansible_collections.calstack.aws.plugins.module_utils._release.world import OneOffState
from play_aws import CANARY, QUICK, Behaviour, PlayAws, asked
from release_parts import AT, BUSY, IDLE, decided, release, world

BACK = release(
    Phase.ROLL_BACK, weight=50, weight_before=50, verdict_at=AT, reason="probes: bad", retirement_cancelled=True
)
ONLY = SetWeights({"blue": 100})
RESTORED = replace(BACK, weight=0, weight_before=0, restored_at=AT)
GONE = {"green_desired": 0, "green_running": 0, "green_healthy": 0}


class TestTheRule:
    def test_one_change_that_does_not_name_the_candidate(self):
        """Who sticks to a target group that is named follows it even at weight 0."""
        decision = decided(BACK, world(50, stickiness=600))
        assert decision.actions == (ONLY,)
        assert (decision.release.weight, decision.release.weight_before) == (0, 50)

    def test_killed_after_the_record_it_is_made(self):
        assert decided(replace(BACK, weight=0), world(50)).actions == (ONLY,)

    def test_read_back_it_is_restored(self):
        assert decided(replace(BACK, weight=0), world(0, weights={"blue": 100}), after=1).release.restored_at == AT + 1

    def test_weight_0_with_stickiness_is_not_restored(self):
        assert decided(BACK, world(0, stickiness=600)).actions == (ONLY,)

    @pytest.mark.parametrize("seen", [{"others": True}, {"weights": {"blue": 0, "green": 100}}, {"weights": {}}])
    def test_whatever_somebody_made_of_it_is_put_right(self, seen):
        assert decided(BACK, world(**seen)).actions == (ONLY,)


class TestCapacity:
    def test_a_stable_that_has_lost_tasks_is_waited_for(self):
        decision = decided(BACK, world(50, blue_healthy=1), after=119)
        assert (decision.actions, decision.words) == (
            (),
            "1 of 2 targets of blue healthy: it could not take the load yet",
        )

    def test_but_not_for_ever(self):
        assert decided(BACK, world(50, blue_healthy=1), after=120).actions == (ONLY,)

    def test_what_is_left_of_it_is_better_than_a_dead_candidate(self):
        assert decided(BACK, world(50, blue_healthy=1, green_healthy=0)).actions == (ONLY,)
        assert decided(BACK, world(50, blue_healthy=0, green_healthy=0)).actions == ()

    def test_a_small_share_it_takes_with_what_it_has(self):
        assert decided(BACK, world(25, blue_healthy=1)).actions == (ONLY,)
        assert not decided(BACK, world(26, blue_healthy=1)).actions

    def test_none_is_too_few_for_any_share(self):
        assert not decided(BACK, world(1, blue_healthy=0), after=800).actions

    def test_scaled_in_it_is_scaled_up_first(self):
        decision = decided(BACK, world(50, blue_healthy=1, blue_desired=1))
        assert decision.actions[-1] == UpdateService("blue", 2)

    def test_it_is_played_with_tasks_that_are_lost(self):
        aws = PlayAws(tasks=4)
        aws.behaviours["v1"] = Behaviour(healthy_after=15)
        aws.at(20, lambda: aws.lose_tasks("blue", 3))
        aws.at(20, lambda: setattr(aws, "evidence", "fail"))
        ended = aws.run(asked())
        assert ended.phase == Phase.ROLLED_BACK
        assert 14 <= ended.restored_at - ended.verdict_at <= 16
        assert not aws.wrongs


class TestTidying:
    def test_the_candidate_stops_and_autoscaling_does_not_bring_it_back(self):
        seen = world(0, weights={"blue": 100}, one_offs={"migrate": OneOffState("task/1", "RUNNING")})
        assert decided(RESTORED, seen).actions == (
            StopOneOff("task/1"),
            SetScaling("green", Scaling(0, scale_in=True, scale_out=True)),
            UpdateService("green", 0),
        )

    def test_its_last_requests_are_waited_for(self):
        decision = decided(RESTORED, world(0, green_desired=0, green_running=1))
        assert (decision.actions, decision.words) == ((), "1 tasks of green finish their last requests")

    def test_then_the_rule_names_both_and_scaling_is_as_before(self):
        seen = world(0, weights={"blue": 100}, **GONE)
        assert decided(RESTORED, seen).actions == (
            SetWeights({"blue": 100, "green": 0}),
            SetScaling("blue", BUSY),
            SetScaling("green", IDLE),
        )

    def test_it_ends_with_nothing_armed_or_scheduled(self):
        decision = decided(RESTORED, world(0, blue_scaling=BUSY, green_scaling=IDLE, **GONE))
        assert decision.actions == (CancelRetirement(), DisarmDeadMan())
        assert decision.then.phase == Phase.ROLLED_BACK


class TestTheLastHealthyTasks:
    @pytest.mark.parametrize("green", [{}, GONE])
    def test_a_candidate_stays_and_nothing_ends_while_stable_has_none(self, green):
        seen = world(0, weights={"blue": 100}, blue_healthy=0, **green)
        decision = decided(RESTORED, seen)
        assert (decision.actions, decision.then, decision.release.phase) == ((), None, Phase.ROLL_BACK)
        assert decision.words == "0 of 2 targets of blue healthy: what runs on green stays"

    def test_stable_becomes_as_large_as_it_was_before_anything_else(self):
        """Its least number is put back later: above the desired count it would be refused."""
        seen = world(0, blue_desired=0, blue_healthy=0, blue_scaling=IDLE)
        assert decided(RESTORED, seen).actions == (UpdateService("blue", 2),)

    def test_trying_again_does_not_stop_them(self):
        """Everybody is on a dead stable since the dead-man switch, or since somebody set the rule to 0 % by hand."""
        aws = PlayAws()
        aws.at(30, lambda: aws.behaviours.update(v1=Behaviour(never_healthy=True)))
        aws.at(31, lambda: setattr(aws, "evidence", "fail"))
        wish = asked(steps=(Step(10, 10.0), Step(50, 60.0), Step(100)))
        assert aws.run(wish).phase == Phase.ROLLBACK_FAILED
        aws.advance(QUICK.dead_man + 1)
        assert aws.weights == {"blue": 50, "green": 50}
        aws.by_hand({"blue": 100, "green": 0})
        assert aws.run(asked(state="aborted")).phase == Phase.ROLLBACK_FAILED
        assert aws.healthy("green") == 2
        aws.behaviours.clear()
        assert aws.run(wish).phase == Phase.ROLLED_BACK
        assert not aws.wrongs


class TestARetirement:
    def test_it_is_cancelled_before_the_tidying_and_before_a_wait(self):
        for seen in (world(50, blue_healthy=0), world(0, weights={"blue": 100})):
            there = replace(RESTORED, retirement_cancelled=False)
            decision = decided(there, seen)
            assert decision.actions == (CancelRetirement(),)
            assert decision.then == replace(there, retirement_cancelled=True)

    def test_but_the_rule_change_waits_for_nothing(self):
        assert decided(replace(BACK, retirement_cancelled=False), world(50)).actions == (ONLY,)

    @pytest.mark.parametrize("seconds", [1, 4, 300])
    def test_it_does_not_stop_the_colour_that_somebody_says_is_stable(self, seconds):
        """Blue is kept warm when the rule is changed by hand, and its end comes while blue is made stable again."""
        aws = PlayAws()
        aws.run(asked())
        colour, _, scaling = aws.retirement
        aws.by_hand({"blue": 50, "green": 50})
        aws.retirement = (colour, aws.now + seconds, scaling)
        ended = aws.run(asked(state="rolled_back", stable_colour="blue"))
        assert ended.phase == Phase.ROLLED_BACK
        aws.advance(3600)
        assert aws.services["blue"].desired == 2
        assert aws.services["blue"].scaling == BUSY
        assert not aws.wrongs


class TestNoEnd:
    def test_with_users_on_the_candidate(self):
        failed = decided(BACK, world(50, blue_healthy=0), after=901).then
        assert failed.phase == Phase.ROLLBACK_FAILED
        assert "green still has 50 % of the requests; 0 of 2 targets of blue healthy" in failed.reason

    def test_a_dead_man_switch_that_would_send_everybody_to_no_healthy_task_is_off(self):
        decision = decided(BACK, world(50, blue_healthy=0), after=901)
        assert decision.actions == (DisarmDeadMan(),)
        assert "the dead-man switch is off" in decision.then.reason

    def test_else_it_is_the_last_hope(self):
        decision = decided(BACK, world(50, blue_healthy=1), after=901)
        assert decision.actions == ()
        assert decision.release.reason.endswith("50 % of the requests; 1 of 2 targets of blue healthy")

    def test_in_the_tidying(self):
        failed = decided(RESTORED, world(0, green_desired=0), after=901).release
        assert "all requests go to blue, but the tidying did not end" in failed.reason

    def test_running_again_tries_again(self):
        aws = PlayAws()
        aws.at(10, lambda: aws.behaviours.update(v1=Behaviour(never_healthy=True)))
        aws.at(11, lambda: setattr(aws, "evidence", "fail"))
        wish = asked(steps=(Step(10, 60.0), Step(100)), pace=replace(QUICK, dead_man=0))
        assert aws.run(wish).phase == Phase.ROLLBACK_FAILED
        aws.behaviours.clear()
        assert aws.run(wish).phase == Phase.ROLLED_BACK
        assert not aws.wrongs


def test_from_any_second_of_a_release_everything_is_back():
    """Aborted after each number of turns: nothing of it is left."""
    for turns in range(0, 45, 2):
        aws = PlayAws()
        before = {name: (item.desired, item.scaling) for name, item in aws.services.items()}
        session, release, _, _ = aws.begin(asked(steps=CANARY))
        controller = aws.controller(session)
        for _ in range(turns):
            if release.phase != Phase.PROMOTE:
                release = controller.step(release)
        if release.phase == Phase.PROMOTE:
            break
        ended = aws.run(asked(state="aborted"))
        assert ended.phase == Phase.ROLLED_BACK
        assert {name: (item.desired, item.scaling) for name, item in aws.services.items()} == before
        assert (aws.weights, aws.dead_man, aws.retirement) == ({"blue": 100, "green": 0}, None, None)
