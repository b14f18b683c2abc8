"""From one phase to another."""

from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release import turns
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase
from release_parts import AT, decided, release, world

LATER = AT + 500


def test_the_last_step_leads_to_promotion_and_the_others_to_the_next():
    there = release(Phase.ANALYSE, extended=2)
    assert (turns.next_step(there, LATER).step, turns.next_step(there, LATER).extended) == (1, 0)
    assert turns.next_step(replace(there, step=2), LATER).phase == Phase.PROMOTE


@pytest.mark.parametrize(("step", "phase"), [(0, Phase.ANALYSE), (1, Phase.ANALYSE), (2, Phase.BAKE)])
def test_what_a_bake_is_called(step, phase):
    begun = turns.baking(release(Phase.SHIFT, step=step, weight=10, extended=1), LATER)
    assert (begun.phase, begun.since, begun.weight_before, begun.extended) == (phase, LATER, 10, 0)


def test_who_takes_over_looks_anew():
    assert turns.taken_over(release(Phase.ANALYSE), LATER).since == LATER


def test_who_takes_over_a_failed_rollback_tries_it_again():
    again = turns.taken_over(release(Phase.ROLLBACK_FAILED, ended_at=AT), LATER)
    assert (again.phase, again.ended_at) == (Phase.ROLL_BACK, 0)


def test_how_long_ago_a_one_off_task_was_started_is_not_forgotten():
    taken = turns.taken_over(release(one_off="migrate"), LATER)
    paused = turns.to_pause(taken, "somebody asked", LATER)
    assert turns.promoted(paused, world(), LATER).since == AT


class TestTheEndOfAPause:
    def paused(self, phase, **more):
        return turns.to_pause(release(phase, **more), "somebody asked", AT)

    @pytest.mark.parametrize("phase", [Phase.PREPARE, Phase.HEALTHY, Phase.SMOKE])
    def test_before_the_shift_goes_on_there(self, phase):
        going = turns.promoted(self.paused(phase), world(), LATER)
        assert (going.phase, going.since, going.reason, going.resume) == (phase, LATER, "", "")

    def test_before_the_shift_accepts_what_somebody_set_by_hand(self):
        """Else the same difference would pause it again at once, each time."""
        going = turns.promoted(self.paused(Phase.SMOKE), world(30), LATER)
        assert (going.phase, going.weight) == (Phase.SMOKE, 30)
        assert decided(going, world(30), "pass").release.phase == Phase.SHIFT

    def test_in_a_bake_begins_it_anew(self):
        going = turns.promoted(self.paused(Phase.ANALYSE, weight=10), world(10), LATER)
        assert (going.phase, going.since, going.step) == (Phase.ANALYSE, LATER, 0)

    @pytest.mark.parametrize(("share", "step"), [(0, 0), (30, 1), (50, 2), (99, 2), (100, 2)])
    def test_from_the_weight_that_is_there_to_the_smallest_rung_above(self, share, step):
        going = turns.promoted(self.paused(Phase.ANALYSE, weight=10), world(share), LATER)
        assert (going.phase, going.weight, going.step) == (Phase.SHIFT, share, step)

    def test_after_the_last_bake_it_is_promoted(self):
        after = turns.next_step(release(Phase.BAKE, step=2, weight=100), AT)
        going = turns.promoted(turns.to_pause(after, "no evidence", AT), world(100), LATER)
        assert going.phase == Phase.PROMOTE
