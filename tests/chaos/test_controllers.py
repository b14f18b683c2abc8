"""Controllers that die, hang on, or are sent home: whoever comes next finds all he needs."""

import json
import os
import signal
import time
from datetime import UTC, datetime, timedelta

from ansible_collections.calstack.aws.plugins.module_utils._release.model import other

from tests.chaos.runs import LEASE
from tests.chaos.scene import STACK
from tests.chaos.settled import assert_settled
from tests.waiting import until

BAKING = ((50, 90.0), (100, 1.0))


def test_lock_holder_dead_with_an_expired_lease(scene, before, image, controllers, crowd, tell):
    first = controllers.start(image=image, steps=((50, 4.0), (100, 2.0)))
    first.until("analyse", 50)
    first.kill()
    first.wait_killed()
    assert "first-controller" in scene.lock()
    time.sleep(LEASE + 6)  # its lease is over, and what clocks may differ by, too
    second = controllers.run(image=image, steps=((50, 4.0), (100, 2.0)), host="second-controller")
    waits = [entry["event"]["words"] for entry in second.progress if "waiting up to" in str(entry)]
    assert len(waits) == 1
    print(waits)
    assert "first-controller" in waits[0]
    assert "waiting up to 2 s" in waits[0], "a lease that is over is waited for no longer than a heartbeat or two"
    assert [event for event in scene.timeline() if "was left in analyse: it goes on from there" in event.words]
    tell(assert_settled(scene, before, second, crowd, outcome="promoted"))


def test_dead_man_switch(scene, before, image, controllers, crowd, tell):
    """Nobody comes for a long time: the schedule sends users back; who comes at last tidies up."""
    first = controllers.start(image=image, steps=BAKING)
    first.until("analyse", 50)
    first.kill()
    first.wait_killed()
    _bring_forward(scene, "dead-man", at_most=120)
    until(lambda: scene.rule().weights.get(before.stable) == 100, "the schedule sets stable", 30)
    until(lambda: scene.schedules() == [], "the schedule is gone", 30)
    second = controllers.run(image=image, steps=BAKING, host="second-controller")
    tell(assert_settled(scene, before, second, crowd, words=["dead-man switch", "changed the production rule"]))


def _bring_forward(scene, name: str, at_most: float) -> None:
    """The same schedule, due now: nothing is learned from waiting for the time that it has."""
    scheduler = scene.aws("scheduler")
    there = scheduler.get_schedule(GroupName=STACK, Name=name)
    due = datetime.strptime(there["ScheduleExpression"], "at(%Y-%m-%dT%H:%M:%S)").replace(tzinfo=UTC)
    assert timedelta(0) < due - datetime.now(UTC) <= timedelta(seconds=at_most)
    kept = ("Name", "GroupName", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "ActionAfterCompletion", "State",
            "Target")  # fmt: skip
    soon = datetime.now(UTC) + timedelta(seconds=2)
    scheduler.update_schedule(**{key: there[key] for key in kept}, ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})")


def test_sigterm_gives_the_lock_back(scene, before, image, controllers, crowd, tell):
    run = controllers.start(image=image, steps=BAKING)
    run.until("analyse", 50)
    run.kill(signal.SIGTERM)
    assert run.wait(20)["failed"]
    print(run.words)
    for word in ("ended from outside", "run the same command again", "playbooks/rollback.yml"):
        assert word in run.words
    assert scene.lock() == ""
    assert (scene.record().phase, scene.rule().weights[other(before.stable)]) == ("analyse", 50)
    back = controllers.run(state="rolled_back", host="second-controller")
    assert not [entry for entry in back.progress if "waiting" in str(entry)]
    tell(assert_settled(scene, before, back, crowd, words=["asked for it"]))


def test_ctrl_c_at_the_terminal(scene, before, image, controllers, crowd, tell):
    """Through Ansible, as a person does."""
    strategy = json.dumps({"release_strategy": {"type": "steps", "steps": [{"weight": 50, "bake": 90}]}})
    play = scene.laboratory.start("playbooks/release.yml", "-e", f"release_image={image}", "-e", strategy)
    try:
        until(lambda: scene.rule().weights.get(other(before.stable)) == 50, "the release is at 50 %", 90)
        os.killpg(play.pid, signal.SIGINT)
        output, _ = play.communicate(timeout=60)
        print(output[-600:])
        until(lambda: scene.lock() == "", "the lock is given back", 15)
    finally:
        if play.poll() is None:
            os.killpg(play.pid, signal.SIGKILL)
            play.communicate()
    assert scene.rule().weights == {before.stable: 50, other(before.stable): 50}
    back = controllers.run(state="rolled_back", host="second-controller")
    tell(assert_settled(scene, before, back, crowd, words=["asked for it"]))
