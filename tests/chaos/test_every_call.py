"""A controller is killed before or after each call by which it changes something; the next one sees to the rest.

By default each call has one of the four combinations of before or after, gone on with or put back, in turn;
CHAOS_EVERY=1 runs all of them.
"""

import os
from collections.abc import Iterator
from itertools import product

import pytest

from tests.chaos.settled import assert_settled

EVERY = bool(os.environ.get("CHAOS_EVERY"))
WAYS = tuple(product(("before", "after"), ("again", "back")))

BEGINNING = (
    "sns:Publish#1",
    "scheduler:DeleteSchedule#1",
    "scheduler:DeleteSchedule#2",
    "application-autoscaling:RegisterScalableTarget#1",
    "application-autoscaling:RegisterScalableTarget#2",
    "ecs:RegisterTaskDefinition#1",
    "ecs:UpdateService#1",
    "scheduler:CreateSchedule#1",
    "elbv2:ModifyRule#1",
)
SHIFTING = (*BEGINNING, "scheduler:UpdateSchedule#1", "elbv2:ModifyRule#2")
PROMOTING = (
    "elbv2:ModifyRule#3",
    "scheduler:DeleteSchedule#3",
    "application-autoscaling:RegisterScalableTarget#3",
    "application-autoscaling:RegisterScalableTarget#4",
    "scheduler:CreateSchedule#2",
    "scheduler:CreateSchedule#3",
    "ecr:PutImage#1",
    "sns:Publish#2",
)
ROLLING_BACK = (
    "elbv2:ModifyRule#2",
    "application-autoscaling:RegisterScalableTarget#3",
    "ecs:UpdateService#2",
    "elbv2:ModifyRule#3",
    "application-autoscaling:RegisterScalableTarget#4",
    "application-autoscaling:RegisterScalableTarget#5",
    "scheduler:DeleteSchedule#3",
    "scheduler:DeleteSchedule#4",
    "scheduler:DeleteSchedule#5",
    "sns:Publish#2",
)
ALARM = "checkout-errors"


def cases(calls: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    for number, call in enumerate(calls):
        for when, then in WAYS if EVERY else (WAYS[number % len(WAYS)],):
            yield call, when, then


@pytest.fixture
def releasing(controllers, image):
    """What a quick release is asked for with."""
    return {"image": image, "steps": ((50, 1.0), (100, 1.0)), "gates": controllers.only_probes(image)}


@pytest.fixture
def alarm(scene):
    """One that is well, and what makes it go off: a failure that no user meets."""
    watch = scene.aws("cloudwatch")
    watch.put_metric_alarm(
        AlarmName=ALARM, MetricName="Errors", Namespace="Shop", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    watch.set_alarm_state(AlarmName=ALARM, StateValue="OK", StateReason="as it should be")
    yield lambda: watch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="the test")
    watch.delete_alarms(AlarmNames=[ALARM])


@pytest.fixture
def failing(controllers, image, alarm):
    """A release that an alarm ends at 50 %."""
    gates = controllers.only_probes(image, alarms=[ALARM])
    return {"image": image, "steps": ((50, 60.0), (100, 1.0)), "gates": gates}


def test_these_are_all_calls_of_a_release(scene, before, releasing, controllers, crowd, tell):
    run = controllers.run(**releasing)
    assert sorted(run.journal) == sorted(SHIFTING + PROMOTING)
    tell(assert_settled(scene, before, run, crowd, outcome="promoted"))


def test_and_these_of_a_rollback(scene, before, failing, alarm, controllers, crowd, tell):
    run = controllers.start(**failing)
    run.until("analyse", 50)
    alarm()
    run.wait()
    assert sorted(run.journal) == sorted(BEGINNING + ROLLING_BACK)
    tell(assert_settled(scene, before, run, crowd, words=[ALARM, "it is ALARM"]))


@pytest.mark.parametrize(("call", "when", "then"), list(cases(SHIFTING + PROMOTING)))
def test_killed_in_a_release(scene, before, releasing, controllers, crowd, tell, call, when, then):
    first = controllers.start(**releasing, kill=call, when=when)
    first.wait_killed()
    asked = releasing if then == "again" else {"state": "aborted"}
    second = controllers.run(**asked, host="second-controller")
    # Whoever asks for the way back before the end of a promotion has it; afterwards there is nothing under way.
    outcome = "promoted" if then == "again" or call == "sns:Publish#2" else "rolled back"
    tell(assert_settled(scene, before, second, crowd, outcome=outcome))


@pytest.mark.parametrize(("call", "when", "then"), list(cases(ROLLING_BACK)))
def test_killed_in_a_rollback(scene, before, failing, alarm, controllers, crowd, tell, call, when, then):
    first = controllers.start(**failing, kill=call, when=when)
    first.until("analyse", 50)
    alarm()
    first.wait_killed()
    if call == "sns:Publish#2":
        # All is back already: who only missed the news need not do anything, and a new release would begin.
        then = "back"
    asked = failing if then == "again" else {"state": "aborted"}
    second = controllers.run(**asked, host="second-controller")
    words = [] if call == "sns:Publish#2" else [ALARM, "rolled back"]
    tell(assert_settled(scene, before, second, crowd, words=words))
