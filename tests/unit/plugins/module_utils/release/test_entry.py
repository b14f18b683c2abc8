"""Where a run starts: begin, go on, go back, or nothing."""

from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release.action import SetWeights
from ansible_collections.calstack.aws.plugins.module_utils._release.entry import CannotBeginError, Outset
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Step
from play_aws import CLAMPED, QUICK, RESTS, Behaviour, Killed, PlayAws, asked

LONG = (Step(10, 100.0), Step(100, 10.0))


@pytest.fixture
def aws():
    return PlayAws()


def left_in(aws, phase, **more):
    """A release whose controller was killed in `phase`."""
    session, release, _, _ = aws.begin(asked(**more))
    controller = aws.controller(session)
    while release.phase != phase:
        release = controller.step(release)
    return release


def broken_release(aws, **more):
    aws.behaviours["v2"] = Behaviour(never_healthy=True)
    ended = aws.run(asked(**more))
    assert ended.phase == Phase.ROLLED_BACK
    return ended


class TestReleased:
    @pytest.mark.parametrize("phase", [Phase.HEALTHY, Phase.SMOKE, Phase.SHIFT, Phase.ANALYSE, Phase.PROMOTE])
    def test_a_killed_run_goes_on(self, aws, phase):
        left = left_in(aws, phase)
        ended = aws.run(asked())
        assert (ended.id, ended.phase) == (left.id, Phase.PROMOTED)

    def test_a_bake_begins_anew_for_who_has_not_seen_it(self, aws):
        left_in(aws, Phase.ANALYSE, steps=LONG)
        aws.advance(90)
        _, release, _, _ = aws.begin(asked(steps=LONG))
        assert release.since == aws.now

    def test_another_image_waits_for_the_one_under_way(self, aws):
        left_in(aws, Phase.ANALYSE)
        with pytest.raises(CannotBeginError, match=r"of v2 is under way \(analyse\): let it go on with"):
            aws.run(asked("v3"))
        assert not aws.lock.held

    def test_a_pause_is_not_ended_by_accident(self, aws):
        aws.run(asked(steps=(Step(10, 5.0, "manual"), Step(100))))
        _, release, _, words = aws.begin(asked())
        assert release is None
        assert "playbooks/promote.yml lets it go on" in words

    def test_what_is_stable_stays(self, aws):
        aws.run(asked())
        assert aws.begin(asked())[3] == "v2 is stable already, on green, with the same settings"

    def test_without_a_task_there_is_nothing_to_replace(self, aws):
        aws.services["blue"].desired = 0
        with pytest.raises(CannotBeginError, match=r"run site\.yml with an image first"):
            aws.run(asked())

    def test_a_rule_that_nobody_understands_is_not_guessed_at(self, aws):
        aws.by_hand({"blue": 60, "green": 40})
        with pytest.raises(CannotBeginError, match=r"\(blue 60 %, green 40 %\).*release_stable_colour"):
            aws.run(asked())

    def test_a_rollback_that_failed_is_tried_again(self, aws):
        left = left_in(aws, Phase.ANALYSE)
        aws.records[left.id] = replace(left, phase=Phase.ROLLBACK_FAILED)
        assert aws.run(asked()).phase == Phase.ROLLED_BACK


class TestRolledBack:
    def test_to_the_previous_one_while_it_is_warm_the_rule_changes_once(self, aws):
        aws.run(asked())
        aws.calls.clear()
        began = aws.now
        back = aws.run(asked("", "rolled_back"))
        assert [action for action in aws.calls if isinstance(action, SetWeights)] == [
            SetWeights({"green": 0, "blue": 100})
        ]
        assert (back.kind, back.phase, back.image) == ("rollback", Phase.PROMOTED, "v1")
        assert aws.weights == {"blue": 100, "green": 0}
        assert aws.now - began < 3
        assert not aws.wrongs

    def test_when_it_is_cold_it_is_scaled_up_first(self, aws):
        aws.run(asked(pace=replace(QUICK, keep_warm=0)))
        aws.advance(60)
        assert aws.healthy("blue") == 0
        assert aws.run(asked("", "rolled_back")).phase == Phase.PROMOTED
        assert aws.healthy("blue") == 2
        assert not aws.wrongs

    def test_to_any_earlier_release(self, aws):
        first = aws.run(asked("v2"))
        for image in ("v3", "v4"):
            aws.run(asked(image))
        back = aws.run(asked("", "rolled_back", to=first.id))
        assert (back.label, back.phase) == ("v2", Phase.PROMOTED)
        assert aws.revisions[aws.services[back.candidate].definition] == "v2"

    def test_twice_does_not_swing_back(self, aws):
        aws.run(asked())
        aws.run(asked("", "rolled_back"))
        release, words = aws.begin(asked("", "rolled_back"))[1::2]
        assert release is None
        assert "name a release" in words

    def test_a_way_back_that_failed_is_tried_again(self, aws):
        aws.run(asked(pace=replace(QUICK, keep_warm=0)))
        aws.behaviours["v1"] = Behaviour(never_healthy=True)
        aws.advance(60)
        assert aws.run(asked("", "rolled_back")).phase == Phase.ROLLED_BACK
        aws.behaviours.clear()
        again = aws.run(asked("", "rolled_back"))
        assert (again.phase, again.image) == (Phase.PROMOTED, "v1")

    def test_after_a_release_that_was_rolled_back_there_is_nothing_to_do(self, aws):
        broken_release(aws)
        assert "was rolled back already" in aws.begin(asked("", "rolled_back"))[3]

    def test_an_unknown_release(self, aws):
        with pytest.raises(CannotBeginError, match="no release r-0 is on record"):
            aws.run(asked("", "rolled_back", to="r-0"))

    def test_of_a_killed_release_by_another_machine(self, aws):
        left = left_in(aws, Phase.ANALYSE)
        ended = aws.run(asked("", "rolled_back", by="ben"))
        assert (ended.id, ended.phase, ended.reason) == (left.id, Phase.ROLLED_BACK, "ben asked for it")

    def test_of_a_promotion_that_was_not_completed(self, aws):
        left_in(aws, Phase.PROMOTE)
        assert aws.run(asked("", "rolled_back")).phase == Phase.ROLLED_BACK

    def test_a_rule_set_by_hand_is_put_right_and_nothing_retires_what_serves(self, aws):
        """Green was promoted, blue is warm; somebody gives both half, then says that blue is stable."""
        aws.run(asked())
        aws.by_hand({"blue": 50, "green": 50})
        ended = aws.run(asked("", "rolled_back", stable_colour="blue", steps=()))
        assert ended.phase == Phase.ROLLED_BACK
        aws.advance(7200)
        assert aws.weights == {"blue": 100, "green": 0}
        assert (aws.services["blue"].desired, aws.services["blue"].scaling) == (2, CLAMPED)
        assert (aws.services["green"].desired, aws.services["green"].scaling) == (0, RESTS)


class TestPromotedPausedAborted:
    @pytest.mark.parametrize("state", ["promoted", "paused", "aborted"])
    def test_without_a_release_nothing(self, aws, state):
        assert aws.begin(asked(state=state))[1::2] == (None, "no release is under way")

    def test_a_killed_release_is_paused(self, aws):
        left_in(aws, Phase.ANALYSE, steps=LONG)
        paused = aws.run(asked(state="paused", by="ben"))
        assert (paused.phase, paused.reason) == (Phase.PAUSED, "ben asked for it")

    def test_a_pause_is_ended(self, aws):
        aws.run(asked(steps=(Step(10, 5.0, "manual"), Step(100))))
        assert aws.run(asked(state="promoted")).phase == Phase.PROMOTED

    def test_a_pause_that_the_switch_has_ended_climbs_from_the_start(self, aws):
        aws.run(asked(steps=(Step(10, 5.0, "manual"), Step(50, 5.0), Step(100))))
        aws.advance(QUICK.pause_limit)
        assert aws.weights == {"blue": 100}
        aws.run(asked(state="promoted"))
        assert [weights["green"] for _, weights in aws.rule_log][:2] == [10, 10]


class TestTurns:
    def test_what_puts_a_killed_release_back_is_another_phase_and_what_goes_on_is_not(self, aws):
        left = left_in(aws, Phase.ANALYSE, steps=LONG)
        assert Outset(replace(left, phase=Phase.ROLL_BACK), "").turns(left)
        assert not Outset(replace(left, since=1.0), "").turns(left)

    def test_a_new_release_begins_with_a_phase_and_nothing_to_do_is_none(self, aws):
        promoted = aws.run(asked())
        assert Outset(promoted, "", new=True).turns(promoted)
        assert not Outset(None, "").turns(promoted)


class TestChains:
    def test_a_release_on_a_warm_colour_is_not_retired(self, aws):
        aws.run(asked("v2", pace=replace(QUICK, keep_warm=30)))
        ended = aws.run(asked("v3", steps=LONG))
        assert ended.phase == Phase.PROMOTED
        assert not aws.wrongs
        assert aws.services["blue"].scaling == CLAMPED

    def test_scaling_is_the_same_after_many(self, aws):
        for image in ("v2", "v3", "v4", "v5"):
            assert aws.run(asked(image)).phase == Phase.PROMOTED
        aws.advance(7200)
        assert (aws.services["blue"].scaling, aws.services["green"].scaling) == (CLAMPED, RESTS)
        assert (aws.services["blue"].desired, aws.services["green"].desired) == (2, 0)

    def test_killed_around_each_record_and_each_call_it_ends_the_same(self):
        undisturbed = PlayAws()
        undisturbed.run(asked())
        for number in range(2, undisturbed.steps_done + 1):
            for fault in ("kill before", "kill after"):
                aws = PlayAws()
                aws.faults[number] = fault
                with pytest.raises(Killed):
                    aws.run(asked())
                ended = aws.run(asked())
                assert ended.phase == Phase.PROMOTED, (number, fault)
                assert (aws.weights, aws.wrongs, aws.lock.held) == (undisturbed.weights, [], False)
                assert {name: item.scaling for name, item in aws.services.items()} == {
                    name: item.scaling for name, item in undisturbed.services.items()
                }
