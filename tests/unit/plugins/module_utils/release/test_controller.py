"""What the controller does when calls fail, reads fail, the record cannot be kept, or the lock is lost."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._release.action import (
    ArmDeadMan,
    KeepImage,
    ScheduleRetirement,
    SetWeights,
    UpdateService,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.controller import AbandonedError
from ansible_collections.calstack.aws.plugins.module_utils._release.holder import LockLostError
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Request, Step
from ansible_collections.calstack.aws.plugins.module_utils._release.telling import phase_words
from play_aws import CANARY, NOON, QUICK, Behaviour, Killed, Lock, PlayAws, asked, failing, refused, throttled

LONG = (Step(10, 100.0), Step(100, 10.0))


@pytest.fixture
def aws():
    return PlayAws()


def weights_set(aws):
    return [dict(action.weights) for action in aws.calls if isinstance(action, SetWeights)]


def number_of(aws, kind, *, nth=1, **more):
    """The number that the nth action of `kind` has among all calls and records of an undisturbed run."""
    other, seen = PlayAws(), Counter()
    do = other.do

    def counted(action):
        if isinstance(action, kind):
            seen[kind] += 1
            if seen[kind] == nth:
                seen["at"] = other.steps_done + 1
        return do(action)

    other.do = counted
    other.run(asked(**more))
    return seen["at"]


class TestACallFails:
    @pytest.mark.parametrize("fault", ["throttled", "failing"])
    def test_for_a_passing_reason_it_is_made_again(self, aws, fault):
        aws.faults[number_of(aws, SetWeights)] = fault
        ended = aws.run(asked())
        assert ended.phase == Phase.PROMOTED
        assert not aws.wrongs
        assert [event.kind for event in aws.timeline[ended.id]].count("trouble") == 1

    def test_and_is_done_but_its_answer_is_lost(self, aws):
        aws.faults[number_of(aws, SetWeights)] = "lost"
        assert aws.run(asked()).phase == Phase.PROMOTED
        assert weights_set(aws)[0] == {"blue": 90, "green": 10}

    def test_refused_it_is_not_tried_again_and_the_release_goes_back(self, aws):
        aws.faults[number_of(aws, SetWeights)] = "refused"
        ended = aws.run(asked())
        assert ended.phase == Phase.ROLLED_BACK
        assert ended.reason == (
            "cannot set the production rule to blue 90 % / green 10 %: AWS answered AccessDeniedException: you may not"
        )
        assert {"blue": 90, "green": 10} not in weights_set(aws)

    def test_for_longer_than_its_patience_the_release_goes_back(self, aws):
        aws.at(8, lambda: setattr(aws, "calls_fail", (aws.now + 30, throttled)))
        ended = aws.run(asked())
        assert ended.phase == Phase.ROLLED_BACK
        assert "ThrottlingException" in ended.reason
        assert aws.now < NOON + 80

    def test_a_rollback_is_tried_again_even_when_refused(self, aws):
        aws.at(10, lambda: setattr(aws, "evidence", "fail"))
        aws.at(10, lambda: setattr(aws, "calls_fail", (aws.now + 20, refused)))
        ended = aws.run(asked())
        assert ended.phase == Phase.ROLLED_BACK
        assert ended.restored_at - ended.verdict_at < 25

    def test_a_rollback_that_is_refused_to_the_end_shouts(self, aws):
        aws.at(10, lambda: setattr(aws, "evidence", "fail"))
        aws.at(10, lambda: setattr(aws, "calls_fail", (aws.now + 5000, refused)))
        ended = aws.run(asked())
        assert ended.phase == Phase.ROLLBACK_FAILED
        assert "did not finish within 120 s" in ended.reason or "could not be completed" in ended.reason

    def test_a_promotion_that_cannot_be_completed_says_to_run_again_and_that_works(self, aws):
        passed = sum(step.bake for step in CANARY) + 3
        aws.at(passed - 0.5, lambda: setattr(aws, "calls_fail", (aws.now + 60, failing)))
        with pytest.raises(
            CalstackError, match=r"v2 has passed, but its promotion could not be completed.*Run the same"
        ):
            aws.run(asked())
        assert aws.latest().phase == Phase.PROMOTE
        aws.advance(60)
        assert aws.run(asked()).phase == Phase.PROMOTED

    @pytest.mark.parametrize("courtesy", [KeepImage, ScheduleRetirement])
    def test_a_courtesy_is_not_worth_a_promotion(self, aws, courtesy):
        aws.faults[number_of(aws, courtesy)] = "refused"
        ended = aws.run(asked())
        assert ended.phase == Phase.PROMOTED
        assert any(event.kind == "trouble" for event in aws.timeline[ended.id])


class TestReadsFail:
    def test_for_a_while_during_a_bake_nothing_happens(self, aws):
        aws.at(10, lambda: setattr(aws, "reads_fail_until", aws.now + 20))
        assert aws.run(asked(steps=LONG)).phase == Phase.PROMOTED

    def test_a_candidate_that_fails_meanwhile_goes_at_once(self, aws):
        aws.at(10, lambda: setattr(aws, "reads_fail_until", aws.now + 20))
        aws.at(12, lambda: setattr(aws, "evidence", "fail"))
        session, release, _, _ = aws.begin(asked(steps=LONG))
        controller = aws.controller(session)
        while aws.now < NOON + 14:
            release = controller.step(release)
        assert aws.weights == {"blue": 100}

    def test_for_too_long_the_release_goes_back(self, aws):
        aws.at(10, lambda: setattr(aws, "reads_fail_until", aws.now + 60))
        ended = aws.run(asked(steps=LONG))
        assert ended.phase == Phase.ROLLED_BACK
        assert ended.reason.startswith("AWS cannot be read: ")

    def test_what_was_seen_before_an_action_does_not_count_after_it(self, aws):
        """Else a rollback would take the weights from before the shift for its own success."""
        shifted = number_of(aws, SetWeights)
        do = aws.do

        def then_blind(action):
            made = do(action)
            if isinstance(action, SetWeights) and aws.weights.get("green") == 10:
                aws.reads_fail_until = aws.now + 30
                aws.evidence = "fail"
            return made

        aws.do = then_blind
        ended = aws.run(asked())
        assert shifted
        assert ended.phase == Phase.ROLLED_BACK
        assert {"blue": 100} in weights_set(aws)

    def test_nobody_goes_on_by_what_was_seen_before(self, aws):
        """The bake at 10 % would be over while nothing can be read."""
        aws.at(10, lambda: setattr(aws, "reads_fail_until", aws.now + 20))
        ended = aws.run(asked())
        assert ended.phase == Phase.PROMOTED
        assert next(when for when, weights in aws.rule_log if weights.get("green") == 50) >= NOON + 30

    def test_a_pause_waits_until_it_can_be_seen_where(self, aws):
        aws.at(10, lambda: setattr(aws, "reads_fail_until", aws.now + 8))
        aws.at(11, lambda: setattr(aws.lock, "request", Request("pause", "ben", aws.now)))
        paused = aws.run(asked(steps=LONG))
        assert (paused.phase, paused.since >= NOON + 18) == (Phase.PAUSED, True)

    def test_a_way_back_that_was_throttled_is_tried_again_unseen(self, aws):
        self.fails_and_is_throttled(aws)
        ended = aws.run(asked(steps=LONG))
        assert ended.phase == Phase.ROLLED_BACK
        assert next(when - (NOON + 12) < 6 for when, weights in aws.rule_log if weights == {"blue": 100})
        assert weights_set(aws).count({"blue": 100}) == 1

    def test_but_not_to_a_stable_that_had_no_healthy_task(self, aws):
        aws.at(10.5, lambda: aws.lose_tasks("blue", 2))
        aws.behaviours["v1"] = Behaviour(healthy_after=20)
        self.fails_and_is_throttled(aws)
        aws.run(asked(steps=LONG))
        assert next(when for when, weights in aws.rule_log if weights == {"blue": 100}) >= NOON + 40

    def fails_and_is_throttled(self, aws):
        """The candidate at 12 s; ModifyRule fails until 15 s, and nothing can be read until 42 s."""
        aws.at(12, lambda: setattr(aws, "evidence", "fail"))
        aws.at(12, lambda: setattr(aws, "calls_fail", (aws.now + 3, throttled)))
        aws.at(12.5, lambda: setattr(aws, "reads_fail_until", aws.now + 29.5))

    def test_a_wish_is_not_forgotten_when_the_first_look_fails(self, aws):
        session, release, _, _ = aws.begin(asked())
        aws.reads_fail_until = aws.now + 3
        ended = aws.controller(session).run(release, Request("pause", "ben", aws.now))
        assert (ended.phase, ended.reason) == (Phase.PAUSED, "ben asked for it")


class TestTheTableIsAway:
    def away(self, aws, after, seconds=1000.0):
        aws.at(after, lambda: setattr(aws, "table_away_until", aws.now + seconds))

    def test_for_a_moment_it_is_waited_for(self, aws):
        self.away(aws, 12, 5)
        assert aws.run(asked()).phase == Phase.PROMOTED

    def test_users_are_back_before_the_lease_ends(self, aws):
        self.away(aws, 12)
        with pytest.raises(AbandonedError, match=r"run the same command again: .* All requests go to blue again\.$"):
            aws.run(asked())
        assert aws.weights == {"blue": 100}
        assert aws.now - (NOON + 12) < 30

    def test_also_in_a_long_bake_in_which_nothing_is_recorded(self, aws):
        self.away(aws, 12)
        with pytest.raises(AbandonedError, match="no heartbeat gets through"):
            aws.run(asked(steps=LONG))
        assert aws.weights == {"blue": 100}
        assert aws.now - (NOON + 12) < 30

    def test_whose_lease_is_over_touches_nothing(self, aws):
        """A machine that slept: somebody else may work on the release by now."""
        session, release, _, _ = aws.begin(asked(steps=LONG))
        controller = aws.controller(session)
        while release.phase != Phase.ANALYSE:
            release = controller.step(release)
        aws.evidence, aws.table_away_until = "fail", aws.now + 1000
        aws.now += 31
        session.check = lambda: None
        calls = len(aws.calls)
        with pytest.raises(AbandonedError, match="The lease is over"):
            controller.step(release)
        assert len(aws.calls) == calls

    def test_they_are_back_at_once_when_the_candidate_fails(self, aws):
        self.away(aws, 6)
        aws.at(8, lambda: setattr(aws, "evidence", "fail"))
        with pytest.raises(AbandonedError, match="All requests go to blue"):
            aws.run(asked())
        when, weights = aws.rule_log[-1]
        assert weights == aws.weights == {"blue": 100}
        assert when - (NOON + 8) <= 1.5

    def test_they_are_back_at_once_and_the_rollback_goes_on_when_it_answers(self, aws):
        self.away(aws, 6, 10)
        aws.at(8, lambda: setattr(aws, "evidence", "fail"))
        ended = aws.run(asked())
        assert (ended.phase, ended.reason) == (Phase.ROLLED_BACK, "probes: as played: fail")
        assert aws.rule_log[1][0] - (NOON + 8) <= 1.5
        assert aws.rule_log[1][1] == {"blue": 100}
        assert "roll back" in [event.phase for event in aws.timeline[ended.id] if event.kind == "phase"]

    def test_they_are_back_when_the_verdict_was_the_last_that_was_recorded(self, aws):
        aws.at(10, lambda: setattr(aws, "evidence", "fail"))
        answer = aws.answer_table

        def away_after_the_verdict():
            if any(release.phase == Phase.ROLL_BACK for release in aws.records.values()):
                aws.table_away_until = aws.now + 1000
            answer()

        aws.answer_table = away_after_the_verdict
        with pytest.raises(AbandonedError, match="All requests go to blue"):
            aws.run(asked())
        assert aws.weights == {"blue": 100}

    def test_away_just_after_the_shift_is_no_change_by_somebody_else(self, aws):
        """The rule is changed, and "done" cannot be recorded: what counts is the intent, which was."""
        aws.faults[number_of(aws, SetWeights) + 1] = "failing"
        assert aws.run(asked()).phase == Phase.PROMOTED

    def test_users_of_a_shift_that_is_not_marked_as_done_are_sent_back_too(self, aws):
        do = aws.do

        def then_away(action):
            made = do(action)
            if isinstance(action, SetWeights) and aws.weights.get("green") == 10:
                aws.table_away_until = aws.now + 1000
            return made

        aws.do = then_away
        with pytest.raises(AbandonedError):
            aws.run(asked())
        assert aws.weights == {"blue": 100}

    def test_nobody_is_sent_back_to_a_colour_that_is_being_retired(self, aws):
        do = aws.do

        def then_away(action):
            made = do(action)
            if isinstance(action, UpdateService) and action.colour == "blue":
                aws.table_away_until = aws.now + 1000
            return made

        aws.do = then_away
        with pytest.raises(AbandonedError, match="green has passed and keeps all requests"):
            aws.run(asked(pace=replace(QUICK, keep_warm=0)))
        assert aws.weights == {"green": 100, "blue": 0}
        assert not aws.wrongs

    def test_nobody_is_sent_to_a_stable_without_a_healthy_task(self, aws):
        self.away(aws, 12)
        aws.at(11.5, lambda: aws.behaviours.update(v1=Behaviour(never_healthy=True)))
        with pytest.raises(AbandonedError, match="blue has no healthy task: the requests stay where they are"):
            aws.run(asked(steps=LONG))
        assert aws.weights == {"blue": 90, "green": 10}

    def test_the_same_command_goes_on_when_the_table_answers(self, aws):
        self.away(aws, 12, 40)
        with pytest.raises(AbandonedError):
            aws.run(asked())
        aws.advance(60)
        ended = aws.run(asked())
        assert ended.phase == Phase.ROLLED_BACK
        assert "somebody else (or the dead-man switch, or a run that had lost its table) changed" in ended.reason
        assert not aws.lock.held


class TestTheLock:
    def test_who_has_lost_it_does_nothing_more(self, aws):
        aws.at(8, lambda: setattr(aws, "lock", Lock(99, True, aws.now)))
        session, release, _, _ = aws.begin(asked())
        with pytest.raises(LockLostError):
            aws.controller(session).run(release)
        calls, written = len(aws.calls), aws.writes
        with pytest.raises(LockLostError):
            aws.controller(session).run(aws.latest())
        assert (len(aws.calls), aws.writes) == (calls, written)

    def test_it_is_looked_at_before_each_side_effect(self, aws):
        do = aws.do

        def then_lost(action):
            made = do(action)
            aws.lock = Lock(99, True, aws.now)
            return made

        aws.do = then_lost
        with pytest.raises(LockLostError):
            aws.run(asked())
        assert len(aws.calls) == 1


class TestTheDeadMan:
    def test_it_is_pushed_forward_in_time(self, aws):
        aws.run(asked(steps=(Step(10, 2000.0), Step(100, 10.0))))
        pushes = [action.at for action in aws.calls if isinstance(action, ArmDeadMan)]
        assert len(pushes) > 20
        assert all(later - sooner <= QUICK.dead_man / 2 for sooner, later in pairwise(pushes))

    def test_it_fires_when_nobody_is_left(self, aws):
        aws.at(10, kill)
        with pytest.raises(Killed):
            aws.run(asked(steps=LONG))
        assert aws.weights["green"] == 10
        aws.advance(QUICK.dead_man)
        assert aws.weights == {"blue": 100}
        ended = aws.run(asked(steps=LONG))
        assert ended.phase == Phase.ROLLED_BACK
        assert "dead-man switch" in ended.reason

    def test_it_does_not_fire_while_a_rollback_waits_for_tasks(self, aws):
        """Stable has none: fired, the switch would send everybody there."""
        aws.at(10, lambda: aws.behaviours.update(v1=Behaviour(never_healthy=True)))
        aws.at(11, lambda: setattr(aws, "evidence", "fail"))
        aws.at(411, lambda: aws.behaviours.clear())
        ended = aws.run(asked(steps=LONG, pace=replace(QUICK, rollback_timeout=900)))
        assert ended.phase == Phase.ROLLED_BACK
        assert ended.restored_at >= NOON + 411
        assert aws.rule_by == "us"

    @pytest.mark.parametrize("evidence", ["pass", "fail"])
    def test_it_is_disarmed_in_the_end(self, aws, evidence):
        aws.at(10, lambda: setattr(aws, "evidence", evidence))
        aws.run(asked())
        assert aws.dead_man is None

    def test_it_is_not_armed_where_it_is_off(self, aws):
        aws.run(asked(pace=replace(QUICK, dead_man=0)))
        assert not [action for action in aws.calls if isinstance(action, ArmDeadMan)]


def kill():
    raise Killed


def test_every_phase_has_words(aws):
    release = aws.run(asked())
    assert all(phase_words(replace(release, phase=phase)) for phase in Phase)
