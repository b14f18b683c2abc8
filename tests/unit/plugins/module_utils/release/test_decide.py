"""What a release does next, phase by phase, until it is promoted."""

from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import FAILED
from ansible_collections.calstack.aws.plugins.module_utils._release.action import (
    ArmDeadMan,
    CancelRetirement,
    DisarmDeadMan,
    RegisterRevision,
    RunOneOff,
    ScheduleRetirement,
    SetScaling,
    SetTestRule,
    SetWeights,
    UpdateService,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.model import (
    RESTING,
    OneOff,
    Pace,
    Phase,
    Request,
    Step,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.world import OneOffState
from play_aws import CANARY, Behaviour, PlayAws, asked
from release_parts import AT, BUSY, HELD, IDLE, STEPS, decided, release, world

MIGRATE = OneOff("migrate", ("migrate",), timeout=60.0)
AFTER = {"one_offs": (MIGRATE,), "task_definition": "green:2"}


def shares(aws):
    return [weights.get("green", 0) for _, weights in aws.rule_log]


class TestStrategies:
    @pytest.mark.parametrize(
        ("steps", "weights"),
        [
            ((Step(100, 5.0),), [100]),
            (CANARY, [10, 50, 100]),
            ((*(Step(weight, 5.0) for weight in (25, 50, 75)), Step(100)), [25, 50, 75, 100]),
            ((Step(0, 5.0), Step(1, 5.0), Step(100)), [1, 100]),
        ],
    )
    def test_each_weight_is_set_once_and_in_its_order(self, steps, weights):
        aws = PlayAws()
        ended = aws.run(asked(steps=steps))
        assert ended.phase == Phase.PROMOTED
        assert shares(aws) == weights

    def test_a_second_run_of_each_state_changes_nothing(self):
        aws = PlayAws()
        aws.run(asked())
        calls, written = len(aws.calls), aws.writes
        for state in ("released", "promoted", "paused", "aborted"):
            aws.run(asked(state=state))
        assert (len(aws.calls), aws.writes) == (calls, written)

    def test_a_release_at_rest_is_left_alone(self):
        for phase in RESTING:
            there = release(phase)
            assert decided(there, world(50)).release is there


class TestPrepare:
    def test_autoscaling_is_held_and_an_old_retirement_does_not_come_between(self):
        seen = world(blue_scaling=BUSY, green_scaling=IDLE, test_colour="blue")
        assert decided(release(), seen).actions == (
            CancelRetirement(),
            SetScaling("blue", HELD["blue"]),
            SetScaling("green", HELD["green"]),
            SetTestRule("green"),
            RegisterRevision("green", "green:1", "v2"),
        )

    def test_sticky_target_groups_are_refused(self):
        assert "run site.yml" in decided(release(), world(blue_sticky=True)).release.reason

    def test_without_one_off_tasks_the_candidate_starts(self):
        assert decided(release(task_definition="green:2"), world()).release.phase == Phase.START


class TestOneOffs:
    def state(self, status="STOPPED", code=0, reason=""):
        return world(one_offs={"migrate": OneOffState("task/1", status, code, reason)})

    def test_it_is_recorded_before_it_runs(self):
        decision = decided(release(**AFTER), world())
        assert decision.release.one_off == "migrate"
        assert isinstance(decision.actions[0], RunOneOff)

    def test_killed_between_record_and_call_it_is_run(self):
        decision = decided(release(one_off="migrate", **AFTER), world(), after=30)
        assert isinstance(decision.actions[0], RunOneOff)

    def test_it_is_waited_for(self):
        decision = decided(release(one_off="migrate", **AFTER), self.state("RUNNING", None), after=59)
        assert (decision.actions, decision.release.phase) == ((), Phase.PREPARE)

    def test_done_it_does_not_run_again(self):
        done = decided(release(one_off="migrate", **AFTER), self.state()).release
        assert done.one_offs_done == ("migrate",)
        assert decided(done, world()).release.phase == Phase.START

    @pytest.mark.parametrize(
        ("seen", "after", "words"),
        [
            (("STOPPED", 1, "Essential container exited"), 5, "failed: exit code 1. Essential container exited"),
            (("STOPPED", None), 5, "failed: no exit code."),
            (("RUNNING", None), 61, "took longer than 60 s"),
        ],
    )
    def test_its_failure_ends_the_release(self, seen, after, words):
        decision = decided(release(one_off="migrate", **AFTER), self.state(*seen), after=after)
        assert decision.release.phase == Phase.ROLL_BACK
        assert words in decision.release.reason

    def test_forgotten_by_ecs_it_is_not_run_a_second_time(self):
        decision = decided(release(one_off="migrate", **AFTER), world(), after=3600)
        assert decision.release.reason == "ECS does not show the one-off task migrate, nor how it ended"
        assert not decision.actions

    def test_never_shown_by_ecs_it_is_not_waited_for_for_ever(self):
        there = release(one_off="migrate", **AFTER)
        for after in range(0, 60, 10):
            there = decided(there, world(), after=after).release
            assert there.since == AT
        assert decided(there, world(), after=61).release.phase == Phase.ROLL_BACK

    def test_forgotten_during_a_pause_neither(self):
        aws = PlayAws()
        aws.at(2, lambda: setattr(aws.lock, "request", Request("pause", "ben", aws.now)))
        assert aws.run(asked(one_offs=(MIGRATE,))).phase == Phase.PAUSED
        aws.advance(3 * 3600)
        ended = aws.run(asked(state="promoted"))
        assert ended.phase == Phase.ROLLED_BACK
        assert not aws.wrongs


class TestStart:
    def test_the_candidate_is_as_large_as_stable_is_now(self):
        seen = world(blue_desired=5, green_maximum=4)
        decision = decided(release(Phase.START), seen)
        assert decision.actions == (UpdateService("green", 4, "green:2"),)
        assert (decision.release.phase, decision.release.tasks) == (Phase.HEALTHY, 4)

    def test_killed_before_the_call_it_is_made(self):
        decision = decided(release(Phase.HEALTHY), world(green_task_definition="green:1"), after=5)
        assert decision.actions == (UpdateService("green", 2, "green:2"),)

    @pytest.mark.parametrize(
        ("seen", "after", "words"),
        [
            ({"green_task_definition": "green:7"}, 31, "somebody gave green another task definition"),
            ({"green_rollout": FAILED, "green_evidence": " Exit code 1."}, 1, "do not start. Exit code 1."),
            ({"green_healthy": 1}, 901, "not healthy after 900 s: 1 of 2 targets"),
        ],
    )
    def test_what_does_not_get_healthy_goes(self, seen, after, words):
        decision = decided(release(Phase.HEALTHY), world(**seen), after=after)
        assert decision.release.phase == Phase.ROLL_BACK
        assert words in decision.release.reason

    def test_too_few_healthy_targets_are_waited_for(self):
        assert decided(release(Phase.HEALTHY), world(green_healthy=1), after=899).wait

    @pytest.mark.parametrize(("kind", "phase"), [("release", Phase.SMOKE), ("rollback", Phase.SHIFT)])
    def test_a_way_back_needs_no_smoke_test(self, kind, phase):
        assert decided(release(Phase.HEALTHY, kind=kind), world()).release.phase == phase


class TestAWarmWayBack:
    there = release(Phase.HEALTHY, kind="rollback", warm=True, tasks=4)

    @pytest.mark.parametrize(
        ("healthy", "bad", "minimum", "goes"),
        [(2, 4, 2, True), (2, 5, 2, False), (3, 5, 2, True), (2, 2, 3, False), (2, 0, 2, True), (0, 0, 0, False)],
    )
    def test_half_of_stable_and_what_autoscaling_leaves_is_enough(self, healthy, bad, minimum, goes):
        there = replace(self.there, scaling={"blue": replace(BUSY, minimum=minimum), "green": IDLE})
        seen = world(blue_desired=bad, blue_healthy=bad, green_desired=4, green_healthy=healthy, green_rollout="grows")
        assert (decided(there, seen).release.phase == Phase.SHIFT) == goes
        shifting = decided(replace(there, phase=Phase.SHIFT, steps=(Step(100),), tasks=5), replace_desired(seen))
        assert (SetWeights({"blue": 0, "green": 100}) in shifting.actions) == goes

    def test_the_numbers_are_told(self):
        seen = world(blue_desired=4, blue_healthy=4, green_desired=4, green_healthy=2)
        assert decided(self.there, seen).note.startswith("2 of 4 targets of green healthy, at least half of blue's 4:")

    @pytest.mark.parametrize("other", [{"warm": False}, {"kind": "release", "warm": False}])
    def test_what_is_not_warm_starts_first(self, other):
        seen = world(blue_desired=4, green_desired=4, green_healthy=2)
        assert decided(replace(self.there, **other), seen).release.phase == Phase.HEALTHY

    @pytest.mark.parametrize(
        ("seen", "warm"), [({}, True), ({"green_task_definition": "green:1"}, False), ({"green_rollout": "1"}, False)]
    )
    def test_warm_is_what_runs_steadily_already(self, seen, warm):
        assert decided(release(Phase.START, kind="rollback"), world(**seen)).release.warm is warm
        assert not decided(release(Phase.START), world(**seen)).release.warm

    def test_larger_than_stable_it_is_not_made_smaller(self):
        begun = decided(release(Phase.START, kind="rollback"), world(green_desired=6, green_healthy=6))
        assert begun.release.tasks == 6

    @pytest.mark.parametrize(("bad", "soon"), [(2, True), (4, True), (6, False)])
    def test_it_is_played_with_a_bad_version_that_was_scaled_out(self, bad, soon):
        aws = PlayAws()
        aws.run(asked())
        aws.autoscale("green", bad)
        aws.advance(60)
        aws.behaviours["v1"] = Behaviour(healthy_after=45)
        for task in aws.services["blue"].tasks:
            task.born -= 45
        asked_at = aws.now
        assert aws.run(asked(state="rolled_back")).phase == Phase.PROMOTED
        assert (aws.rule_log[-1][0] - asked_at < 5) == soon
        assert aws.services["blue"].desired == bad
        assert not aws.wrongs


def replace_desired(seen):
    """The candidate was told its new size already."""
    green = replace(seen.colours["green"], desired=5)
    return replace(seen, colours=seen.colours | {"green": green})


class TestSmoke:
    @pytest.mark.parametrize(
        ("outcome", "after", "phase"),
        [
            ("pass", 0, Phase.SHIFT),
            ("fail", 0, Phase.ROLL_BACK),
            ("inconclusive", 119, Phase.SMOKE),
            ("inconclusive", 121, Phase.ROLL_BACK),
        ],
    )
    def test_silence_does_not_pass(self, outcome, after, phase):
        assert decided(release(Phase.SMOKE), world(), outcome, after=after).release.phase == phase


class TestShift:
    def test_the_switch_is_armed_before_users_are_sent(self):
        decision = decided(release(Phase.SHIFT), world())
        assert decision.actions == (ArmDeadMan("blue", AT + 300), SetWeights({"blue": 90, "green": 10}))
        assert (decision.release.weight, decision.release.weight_before) == (10, 0)

    def test_the_bake_begins_when_the_rule_shows_it(self):
        baking = decided(release(Phase.SHIFT, weight=10), world(10), after=3).release
        assert (baking.phase, baking.since, baking.weight_before) == (Phase.ANALYSE, AT + 3, 10)

    def test_users_stick_only_while_two_colours_serve(self):
        sticky = release(Phase.SHIFT, pace=Pace(stickiness=600))
        assert decided(sticky, world()).actions[-1].stickiness == 600
        assert decided(replace(sticky, step=2, weight=50), world(50)).actions[-1].stickiness == 0

    def test_the_candidate_grows_with_stable_first(self):
        decision = decided(release(Phase.SHIFT), world(blue_desired=4))
        assert decision.actions == (UpdateService("green", 4),)
        waiting = decided(decision.release, world(blue_desired=4, green_desired=4), after=5)
        assert not waiting.actions

    def test_another_task_definition_by_hand_goes_back(self):
        decision = decided(release(Phase.SHIFT), world(green_task_definition="green:7"))
        assert "another task definition" in decision.release.reason


class TestDrift:
    @pytest.mark.parametrize("phase", [Phase.PREPARE, Phase.HEALTHY, Phase.SMOKE])
    def test_before_the_shift(self, phase):
        decision = decided(release(phase), world(30))
        assert decision.then.phase == Phase.PAUSED
        assert "green has 30 %, the release had set 0 %" in decision.then.reason

    def test_by_hand_to_another_weight_pauses_and_goes_on_from_there(self):
        aws = PlayAws()
        aws.at(8, lambda: aws.by_hand({"blue": 70, "green": 30}))
        assert aws.run(asked()).phase == Phase.PAUSED
        assert aws.run(asked(state="promoted")).phase == Phase.PROMOTED
        assert [share for share in shares(aws) if share > 10] == [50, 100]

    def test_to_nothing_goes_back(self):
        decision = decided(release(Phase.ANALYSE, weight=10, weight_before=10), world(0))
        assert decision.release.phase == Phase.ROLL_BACK

    def test_foreign_target_groups_pause_even_at_0(self):
        assert decided(release(Phase.SMOKE), world(others=True)).then.phase == Phase.PAUSED

    def test_what_was_about_to_be_set_is_none(self):
        there = release(Phase.SHIFT, weight=10, weight_before=0)
        assert decided(there, world(0)).release.phase == Phase.SHIFT


PROBED = [Phase.SMOKE, Phase.SHIFT, Phase.ANALYSE, Phase.BAKE]


class TestTheTestRule:
    @pytest.mark.parametrize("phase", PROBED)
    @pytest.mark.parametrize("shown", ["blue", ""])
    def test_pointed_elsewhere_it_is_set_again_and_only_later_evidence_counts(self, phase, shown):
        decision = decided(release(phase), world(test_colour=shown), "pass", after=100)
        assert decision.actions == (SetTestRule("green"),)
        assert (decision.release.phase, decision.release.since) == (phase, AT + 100)
        assert decision.note.startswith("somebody else changed the test rule")

    @pytest.mark.parametrize("phase", PROBED)
    def test_a_failure_counts_all_the_same(self, phase):
        assert decided(release(phase), world(test_colour="blue"), "fail").release.phase == Phase.ROLL_BACK

    @pytest.mark.parametrize("there", [release(Phase.START), release(Phase.SHIFT, kind="rollback")])
    def test_where_nobody_asks_by_it_it_does_not_matter(self, there):
        assert SetTestRule("green") not in decided(there, world(test_colour="blue")).actions

    def test_a_bake_begins_anew(self):
        aws = PlayAws()
        aws.at(10, lambda: setattr(aws, "test_colour", "blue"))
        ended = aws.run(asked())
        assert ended.phase == Phase.PROMOTED
        assert [event.kind for event in aws.timeline[ended.id]].count("note") == 1
        ten, fifty = (next(at for at, rule in aws.rule_log if rule["green"] == weight) for weight in (10, 50))
        assert fifty - ten > 15


UNDER_WAY = [Phase.PREPARE, Phase.START, Phase.HEALTHY, Phase.SMOKE, Phase.SHIFT, Phase.ANALYSE, Phase.BAKE]


class TestRequests:
    @pytest.mark.parametrize("phase", UNDER_WAY)
    def test_a_pause_stops_each_phase_where_it_is(self, phase):
        there = release(phase)
        paused = decided(there, world(), request=Request("pause", "ben", AT)).then
        assert (paused.phase, paused.resume, paused.reason) == (Phase.PAUSED, phase, "ben asked for it")

    @pytest.mark.parametrize("phase", UNDER_WAY)
    def test_an_abort_goes_back_from_each(self, phase):
        there = release(phase)
        assert decided(there, world(), request=Request("abort", "ben", AT)).release.phase == Phase.ROLL_BACK

    @pytest.mark.parametrize("phase", [Phase.PROMOTE, Phase.ROLL_BACK])
    def test_nothing_stops_an_end(self, phase):
        there = release(phase)
        decision = decided(there, world(0), request=Request("abort", "ben", AT))
        assert "ben" not in decision.release.reason

    def test_in_a_pause_with_users_the_switch_waits_for_the_longest_pause(self):
        there = release(Phase.ANALYSE, weight=10, weight_before=10)
        decision = decided(there, world(10), request=Request("pause", "ben", AT))
        assert decision.actions == (ArmDeadMan("blue", AT + 86400),)


class TestAnalyse:
    there = release(Phase.ANALYSE, weight=10, weight_before=10)

    def test_a_failed_gate_ends_a_bake_at_once(self):
        back = decided(self.there, world(10), "pass", "fail", after=1).release
        assert (back.phase, back.reason, back.verdict_at) == (Phase.ROLL_BACK, "probes: it is fail", AT + 1)

    def test_a_passed_gate_waits_for_the_whole_bake(self):
        assert decided(self.there, world(10), "pass", after=59).release is self.there
        after = decided(self.there, world(10), "pass", after=60).release
        assert (after.phase, after.step) == (Phase.SHIFT, 1)

    def test_the_last_bake_leads_to_promotion(self):
        last = release(Phase.BAKE, step=2, weight=100, weight_before=100)
        assert decided(last, world(100), "pass", after=60).release.phase == Phase.PROMOTE

    def test_inconclusive_is_extended_and_then_paused(self):
        aws = PlayAws()
        aws.at(6, lambda: setattr(aws, "evidence", "inconclusive"))
        paused = aws.run(asked())
        assert (paused.phase, paused.extended) == (Phase.PAUSED, 0)
        assert paused.reason.startswith("inconclusive at 10 %: probes")
        assert aws.weights["green"] == 10
        assert aws.now - AT > 30

    def test_no_gate_is_no_pass(self):
        extended = replace(self.there, extended=2)
        assert decided(extended, world(10), after=180).then.reason == "inconclusive at 10 %: no gate is on"

    def test_a_manual_pause_goes_on_with_the_next_step(self):
        there = replace(self.there, steps=(Step(10, 60.0, "manual"), Step(100)))
        paused = decided(there, world(10), "pass", after=60).then
        assert (paused.phase, paused.resume, paused.step) == (Phase.PAUSED, Phase.SHIFT, 1)

    def test_a_pause_until_a_time_of_day(self):
        there = replace(self.there, steps=(Step(10, 60.0, "12:30"), Step(100)))
        assert decided(there, world(10), "pass", after=1799).release is there
        assert decided(there, world(10), "pass", after=1800).release.phase == Phase.SHIFT


class TestPromote:
    there = release(Phase.PROMOTE, step=2, weight=100, weight_before=100, steps=STEPS)

    def test_what_the_dead_man_switch_put_back_is_not_turned_again_by_a_late_successor(self):
        decision = decided(release(Phase.PROMOTE, weight=100, weight_before=100), world(0))
        assert decision.release.phase == Phase.ROLL_BACK
        assert "dead-man" in decision.release.reason

    def test_what_the_rule_says_already_is_not_said_again(self):
        assert decided(self.there, world(100)).actions == (SetTestRule("blue"),)
        assert decided(self.there, world(100, stickiness=60)).actions == (
            SetWeights({"green": 100, "blue": 0}),
            SetTestRule("blue"),
        )

    def test_kept_warm_the_old_colour_is_held_until_it_retires(self):
        decision = decided(self.there, world(100, test_colour="blue"))
        assert decision.actions[:4] == (
            DisarmDeadMan(),
            SetScaling("green", BUSY),
            SetScaling("blue", HELD["green"]),
            ScheduleRetirement("blue", AT + 3600, IDLE),
        )
        assert (decision.then.phase, decision.then.warm_until) == (Phase.PROMOTED, AT + 3600)

    def test_not_kept_warm_it_retires_now(self):
        cold = replace(self.there, pace=Pace(keep_warm=0))
        decision = decided(cold, world(100, test_colour="blue"))
        assert decision.actions[2:4] == (SetScaling("blue", IDLE), UpdateService("blue", 0))
        assert decision.then.warm_until == 0
