"""Releases under random faults, against the model of AWS: whatever happens, users are served and all is put right.

`CALSTACK_SCHEDULES=1000` makes it that many random schedules instead of those that are quick enough for every run.
"""

import os
from dataclasses import replace
from random import Random

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._release.entry import CannotBeginError
from ansible_collections.calstack.aws.plugins.module_utils._release.model import ENDED, RESTING, OneOff, Phase, Request
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from play_aws import (
    CLAMPED,
    LEASE,
    QUICK,
    RESTS,
    Behaviour,
    Killed,
    PlayAws,
    asked,
    failing,
    refused,
    throttled,
)

SCHEDULES = int(os.environ.get("CALSTACK_SCHEDULES", "150"))
MIGRATE = OneOff("migrate", ("migrate",), timeout=60.0)
HOUR = 3600.0
FAULTS = ("kill before", "kill after", "throttled", "failing", "refused", "lost")
STATES = ("released", "promoted", "paused", "aborted", "rolled_back")
GOOD, SLOW = Behaviour(), Behaviour(healthy_after=12)
BEHAVIOURS = (GOOD, SLOW, Behaviour(crashes=True), Behaviour(never_healthy=True))
WARM = (0.0, 45.0, 600.0)


class Drama:
    """One environment, its people and what happens to them; used by the state machine and by the random schedules."""

    def __init__(self) -> None:
        self.aws = PlayAws()
        self.session = self.controller = self.release = self.request = None
        self.images = 1

    def new_image(self, behaviour=GOOD):
        self.images += 1
        self.aws.behaviours[f"v{self.images}"] = behaviour

    def run(self, state="released", one_offs=(), keep_warm=600.0, **more):
        """Somebody runs a playbook, on whatever machine: a controller that worked until now is dead."""
        self.session = self.controller = self.release = self.request = None
        pace = replace(QUICK, keep_warm=keep_warm, pause_limit=2 * HOUR)
        wish = asked(f"v{self.images}", state, one_offs=one_offs, pace=pace, **more)
        try:
            self.session, release, self.request, _ = self.aws.begin(wish)
        except (CalstackError, Killed) as error:
            return error
        if release:
            self.controller, self.release = self.aws.controller(self.session), release
        return None

    def turns(self, number):
        """As `Controller.run`, but for so many turns."""
        for _ in range(number):
            if self.release is None:
                return
            if self.release.phase in RESTING:
                self.session.give_back()
                self.release = None
                return
            try:
                self.release = self.controller.step(self.release, self.request)
            except Killed:
                self.release = None
            except CalstackError:
                self.session.give_back()
                self.release = None

    def rest(self):
        for _ in range(20_000):
            if self.release is None:
                return
            self.turns(1)
        raise AssertionError(f"{self.release.phase} does not end: {self.release}")

    # What happens

    def kill(self):
        self.release = None

    def fault(self, ahead, kind):
        self.aws.faults[self.aws.steps_done + ahead] = kind

    def hand(self, green, stickiness=0, others=False):
        """Somebody changes the rule in the console while a release is under way; at other times nobody would notice."""
        if self.aws.records and self.aws.records[max(self.aws.records)].phase not in ENDED:
            self.aws.by_hand({"blue": 100 - green, "green": green}, stickiness, others)

    def faults_off(self):
        aws = self.aws
        aws.faults, aws.calls_fail, aws.reads_fail_until, aws.table_away_until = {}, (0.0, throttled), 0.0, 0.0
        aws.evidence, aws.later = "pass", []

    # What must hold

    def check(self):
        aws = self.aws
        assert not aws.wrongs, aws.wrongs
        assert sum(aws.weights.values()) > 0
        if aws.lock.held and self.release:
            assert aws.lock.generation == self.session.generation

    def finish(self, state):
        """All faults are over; somebody runs `state`, and again if it does not rest at an end."""
        self.faults_off()
        for _ in range(8):
            error = self.run(state)
            self.rest()
            self.check()
            last = self.aws.latest()
            if last is None or last.phase in ENDED:
                if not isinstance(error, CannotBeginError) or not self._put_right():
                    break
            elif last.phase == Phase.PAUSED or isinstance(error, CannotBeginError):
                state = "rolled_back"
        self.check()
        self.at_rest()

    def _put_right(self):
        """The rule was changed by hand while no release was under way."""
        world = self.aws.world()
        if sorted(world.share(colour) for colour in world.colours) == [0, 100] and not world.others:
            return False
        stable = max(world.colours, key=lambda colour: (world.colours[colour].healthy, world.share(colour)))
        self.run("rolled_back", stable_colour=stable)
        self.rest()
        return True

    def at_rest(self):
        aws, last = self.aws, self.aws.latest()
        assert not aws.lock.held
        if last is None:
            assert aws.weights == {"blue": 100, "green": 0}
            return
        assert last.phase in ENDED, (last.phase, last.reason)
        assert aws.dead_man is None
        assert all(task.ends <= aws.now for (ident, _), task in aws.one_offs.items() if ident == last.id)
        self._timeline_is_complete(last)
        loser = last.candidate if last.phase == Phase.ROLLED_BACK else last.stable
        winner = last.stable if last.phase == Phase.ROLLED_BACK else last.candidate
        assert aws.weights == {winner: 100, loser: 0}
        assert not aws.stickiness
        assert aws.services[winner].desired >= CLAMPED.minimum
        assert aws.services[winner].scaling == CLAMPED
        if last.phase == Phase.ROLLED_BACK or not last.warm_until or aws.now > last.warm_until:
            aws.advance(60)
            assert aws.services[loser].desired == 0
            assert not aws.services[loser].tasks
            assert aws.services[loser].scaling == RESTS
        aws.advance(2 * HOUR)
        self.check()
        assert aws.weights == {winner: 100, loser: 0}
        assert aws.services[winner].desired >= CLAMPED.minimum
        assert aws.services[loser].desired == 0
        assert aws.services[loser].scaling == RESTS

    def _timeline_is_complete(self, release):
        events = self.aws.timeline[release.id]
        phases = {event.phase for event in events if event.kind in ("phase", "note")}
        assert release.phase.value in phases
        assert events == sorted(events, key=lambda event: event.at)
        intents = [event.words for event in events if event.kind == "intent"]
        assert len(intents) >= len([event for event in events if event.kind == "done"])


class ReleaseMachine(RuleBasedStateMachine):
    """Any order of what can happen to a release, found and shortened by hypothesis."""

    def __init__(self) -> None:
        super().__init__()
        self.drama = Drama()

    @initialize(behaviour=st.sampled_from(BEHAVIOURS), one_off=st.booleans(), keep=st.sampled_from(WARM))
    def begins(self, behaviour, one_off, keep):
        self.drama.new_image(behaviour)
        self.drama.run(one_offs=(MIGRATE,) if one_off else (), keep_warm=keep)

    @rule(number=st.integers(1, 40))
    def turns(self, number):
        self.drama.turns(number)

    @rule()
    def works_until_it_rests(self):
        self.drama.turns(400)

    @rule(ahead=st.integers(1, 6), kind=st.sampled_from(FAULTS))
    def fault(self, ahead, kind):
        self.drama.fault(ahead, kind)

    @rule()
    def kill(self):
        self.drama.kill()

    @rule(state=st.sampled_from(STATES))
    def run_again(self, state):
        self.drama.run(state)

    @rule(behaviour=st.sampled_from(BEHAVIOURS), keep=st.sampled_from(WARM))
    def another_image(self, behaviour, keep):
        self.drama.new_image(behaviour)
        self.drama.run(keep_warm=keep)

    @precondition(lambda self: self.drama.release)
    @rule(verb=st.sampled_from(["pause", "abort"]))
    def request(self, verb):
        self.drama.aws.lock.request = Request(verb, "ben", self.drama.aws.now)

    @rule(green=st.sampled_from([0, 1, 30, 100]), stickiness=st.sampled_from([0, 600]), others=st.booleans())
    def hand(self, green, stickiness, others):
        self.drama.hand(green, stickiness, others)

    @rule(colour=st.sampled_from(["blue", "green"]), number=st.integers(1, 3))
    def lose_tasks(self, colour, number):
        self.drama.aws.lose_tasks(colour, number)

    @rule(colour=st.sampled_from(["blue", "green"]), desired=st.integers(2, 6))
    def autoscale(self, colour, desired):
        self.drama.aws.autoscale(colour, desired)

    @rule(seconds=st.sampled_from([1.0, 20.0, LEASE, 400.0, HOUR, 3 * HOUR]))
    def nobody_works_for(self, seconds):
        self.drama.kill()
        self.drama.aws.advance(seconds)

    @rule(outcome=st.sampled_from(["pass", "fail", "inconclusive"]))
    def evidence(self, outcome):
        self.drama.aws.evidence = outcome

    @rule(seconds=st.sampled_from([2.0, 8.0, 30.0]), error=st.sampled_from([throttled, failing, refused]))
    def calls_fail(self, seconds, error):
        self.drama.aws.calls_fail = (self.drama.aws.now + seconds, error)

    @rule(seconds=st.sampled_from([2.0, 15.0, 60.0]))
    def reads_fail(self, seconds):
        self.drama.aws.reads_fail_until = self.drama.aws.now + seconds

    @rule(seconds=st.sampled_from([2.0, 15.0, 60.0]))
    def table_away(self, seconds):
        self.drama.aws.table_away_until = self.drama.aws.now + seconds

    @invariant()
    def users_are_served(self):
        self.drama.check()

    @rule()
    def stable_breaks(self):
        stable_breaks(self.drama)

    def teardown(self):
        self.drama.finish("rolled_back")


TestAnyOrder = ReleaseMachine.TestCase
TestAnyOrder.settings = settings(
    max_examples=SCHEDULES,
    stateful_step_count=25,
    deadline=None,
    derandomize="CALSTACK_SCHEDULES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_a_schedule_of_random_faults(seed):
    """A release with faults at random times of its life; then the same command again until it rests."""
    random = Random(seed)
    drama = Drama()
    for _ in range(random.randint(1, 4)):
        drama.new_image(random.choice([GOOD, GOOD, *BEHAVIOURS]))
        one_offs = (MIGRATE,) if random.random() < 0.3 else ()
        drama.run(one_offs=one_offs, keep_warm=random.choice(WARM))
        for _ in range(random.randint(0, 5)):
            drama.aws.at(random.uniform(0, 60), lambda drama=drama, random=random: happen(drama, random))
        for _ in range(random.randint(0, 3)):
            drama.fault(random.randint(1, 60), random.choice(FAULTS))
        for _ in range(random.randint(1, 4)):
            drama.turns(random.choice([3, 10, 30, 1000]))
            drama.check()
            drama.kill()
            drama.aws.advance(random.choice([1, 10, 100, 3 * HOUR]))
            drama.run(random.choice([*STATES, "released", "promoted"]))
    drama.rest()
    drama.finish(random.choice(["released", "rolled_back"]))


def stable_breaks(drama):
    """Its tasks are gone just when they are needed, and the new ones take their time."""
    aws = drama.aws
    serving = [release.stable for release in aws.records.values()][-1:]
    for colour in serving:
        aws.behaviours[aws.revisions[aws.services[colour].definition]] = Behaviour(healthy_after=25)
        aws.lose_tasks(colour, 9)
    aws.evidence = "fail"


def happen(drama, random):
    aws = drama.aws
    random.choice(
        [
            lambda: stable_breaks(drama),
            lambda: drama.hand(random.choice([0, 1, 30, 100]), random.choice([0, 600]), random.random() < 0.2),
            lambda: setattr(aws, "evidence", random.choice(["fail", "inconclusive", "pass"])),
            lambda: aws.lose_tasks(random.choice(["blue", "green"]), random.randint(1, 3)),
            lambda: aws.autoscale(random.choice(["blue", "green"]), random.randint(2, 6)),
            lambda: setattr(aws, "calls_fail", (aws.now + random.uniform(1, 30), random.choice([throttled, refused]))),
            lambda: setattr(aws, "reads_fail_until", aws.now + random.uniform(1, 40)),
            lambda: setattr(aws, "table_away_until", aws.now + random.uniform(1, 40)),
        ]
    )()
