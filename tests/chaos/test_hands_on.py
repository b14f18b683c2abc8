"""Somebody else works on the same environment: by hand, with site.yml, with another release."""

import re

import httpx
import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release.model import other

from tests.chaos.reset import set_sticky
from tests.chaos.scene import Rule
from tests.chaos.settled import assert_settled
from tests.waiting import until


def test_rule_set_back_to_stable_by_hand(scene, before, image, controllers, crowd, tell):
    """That is an answer: somebody wants no user on the candidate."""
    run = controllers.start(image=image, steps=((50, 60.0), (100, 1.0)))
    run.until("analyse", 50)
    scene.set_rule({before.stable: 100, other(before.stable): 0})
    run.wait()
    tell(assert_settled(scene, before, run, crowd, words=["somebody else", "changed the production rule", "0 %"]))


def test_rule_set_to_another_weight_by_hand(scene, before, image, controllers, crowd, tell):
    """That is a question: the release stops and asks, then goes on from that weight."""
    run = controllers.start(image=image, steps=((10, 60.0), (50, 2.0), (100, 2.0)))
    run.until("analyse", 10)
    scene.set_rule({before.stable: 70, other(before.stable): 30})
    assert run.wait()["outcome"] == "paused"
    print(run.words)
    assert scene.rule() == Rule({before.stable: 70, other(before.stable): 30}), "the release fights with a person"
    assert scene.lock() == ""
    for word in ("30 %", "the release had set 10 %", "promote", "rollback"):
        assert word in run.words
    again = controllers.run(state="promoted", host="second-controller")
    tell(assert_settled(scene, before, again, crowd, outcome="promoted"))
    done = [event for event in scene.timeline() if event.kind == "done" and "production rule to" in event.words]
    weights = [event.candidate_weight for event in done]
    assert 10 not in weights[1:], "it fell back below what a person had set"


def test_target_group_with_sticky_sessions(scene, before, image, controllers, crowd):
    scene.set_rule({before.stable: 100})  # among several groups AWS would not let it be sticky
    set_sticky(scene, other(before.stable), on=True)
    run = controllers.start(image=image)
    assert run.wait()["failed"]
    print(run.words)
    for word in ("cannot be released now", "sticky sessions of its own", "site.yml", "release_stickiness"):
        assert word in run.words
    assert run.journal == [], "something was changed before the refusal"
    assert scene.lock() == ""
    crowd.stop()
    assert not crowd.failed


def test_nobody_sticks_to_the_candidate_after_a_rollback(scene, before, image, controllers, crowd, tell):
    run = controllers.start(image=image, steps=((50, 60.0), (100, 1.0)), stickiness=600)
    run.until("analyse", 50)
    with scene.laboratory.web() as client:
        candidate = until(lambda: _cookie(client, other(before.stable)), "a client comes to the candidate")
        stays = {client.get("/", headers={"Cookie": candidate}).headers["X-App-Colour"] for _ in range(10)}
        assert stays == {other(before.stable)}, "the shift is not sticky at all"
        back = controllers.start(state="rolled_back", host="second-controller")
        # Seen before the candidate is named again: until then its old cookies would still lead there.
        until(lambda: scene.rule().weights == {before.stable: 100}, "the candidate is not named", every=0.02)
        seen = {client.get("/", headers={"Cookie": candidate}).headers["X-App-Colour"] for _ in range(10)}
    back.wait()
    run.wait()
    assert seen == {before.stable}
    tell(assert_settled(scene, before, back, crowd, words=["asked for it"]))


def _cookie(client: httpx.Client, colour: str) -> str:
    """What a client that came to `colour` sends from then on; empty where it came to the other one."""
    answer = client.get("/")
    client.cookies.clear()
    kept = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
    return kept if answer.headers["X-App-Colour"] == colour else ""


def test_site_yml_during_a_release_moves_nothing(scene, before, image, controllers, crowd, tell):
    run = controllers.start(image=image, steps=((50, 90.0), (100, 1.0)))
    run.until("analyse", 50)
    there = scene.rule(), scene.rule("test"), {colour: scene.limits(colour) for colour in before.limits}
    output = scene.laboratory.play("site.yml")
    assert (scene.rule(), scene.rule("test"), {colour: scene.limits(colour) for colour in before.limits}) == there
    assert scene.record().phase == "analyse", output
    scene.laboratory.play("playbooks/rollback.yml")
    run.wait()
    tell(assert_settled(scene, before, run, crowd, words=["asked for it"]))


def test_two_releases_at_the_same_moment(scene, before, image, controllers, crowd, tell):
    runs = [controllers.start(image=image, host=f"controller-{number}") for number in range(2)]
    results = [run.wait() for run in runs]
    assert sorted(result["failed"] for result in results) == [False, True]
    refused, through = sorted(runs, key=lambda run: not run.result["failed"])
    print(refused.words)
    host = through.folder.joinpath("given.json").read_text()
    holder = re.search(r"controller-\d", host)[0]
    for word in (holder, "holds the lock", "Nothing has been changed", "playbooks/status.yml"):
        assert word in refused.words
    assert refused.journal == []
    tell(assert_settled(scene, before, through, crowd, outcome="promoted"))


def test_alarm_that_is_in_alarm_already(scene, before, image, controllers):
    watch = scene.aws("cloudwatch")
    watch.put_metric_alarm(
        AlarmName="checkout-errors", MetricName="Errors", Namespace="Shop", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    watch.set_alarm_state(AlarmName="checkout-errors", StateValue="ALARM", StateReason="somebody's test")
    try:
        run = controllers.start(image=image, gates={"alarms": ["checkout-errors"]})
        assert run.wait()["failed"]
    finally:
        watch.delete_alarms(AlarmNames=["checkout-errors"])
    print(run.words)
    for word in ("checkout-errors", "in ALARM already", "wait until it is OK"):
        assert word in run.words
    assert run.journal == []
    assert scene.lock() == ""


@pytest.mark.parametrize("command", [["sh", "-c", "echo no such table >&2; exit 3"]])
def test_one_off_task_that_fails(scene, before, image, controllers, crowd, tell, command):
    run = controllers.run(image=image, one_off_tasks=[{"name": "migrate", "command": command, "timeout": 30.0}])
    tell(assert_settled(scene, before, run, crowd, words=["one-off task migrate failed", "exit code 3"]))
    assert not crowd.of(other(before.stable))
