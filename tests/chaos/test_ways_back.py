"""Going back after a promotion: at once while the old colour is warm, by starting it again when it is cold."""

from tests.chaos.settled import Before, assert_settled
from tests.waiting import until

AT_ONCE = ((100, 1.0),)


def test_back_while_warm(scene, before, image, controllers, crowd, tell):
    """Users' way changes once; nothing is started, registered or waited for."""
    controllers.run(image=image, steps=AT_ONCE, gates=controllers.only_probes(image))
    there = Before.of(scene)
    assert there.stable != before.stable
    run = controllers.run(state="rolled_back", host="second-controller")
    release, timeline = scene.record(), scene.timeline()
    assert release.kind == "rollback"
    moved = [event for event in timeline if event.kind == "done" and f"{before.stable} 100 %" in event.words]
    took = moved[0].at - release.started_at
    print(f"all requests were back on {before.stable} {took:.2f} s after the beginning, by {moved[0].words!r}")
    weights = {event.words for event in timeline if event.kind == "done" and "production rule" in event.words}
    assert len(weights) == 1, "users' way changed more than once"
    assert not {"ecs:UpdateService#1", "ecs:RegisterTaskDefinition#1"} & set(run.journal)
    assert took < 10
    tell(assert_settled(scene, there, run, crowd, outcome="promoted", words=["ROLLBACK", "promoted", "To go back"]))


def test_back_to_an_earlier_release_when_cold(scene, before, image, controllers, crowd, tell):
    controllers.run(image=image, steps=AT_ONCE, gates=controllers.only_probes(image), keep_warm=0.0)
    wanted = scene.record()
    until(lambda: not scene.tasks_of(before.stable), "the old colour is cold", 60)
    first = before.images[before.stable]
    controllers.run(image=first, steps=AT_ONCE, gates=controllers.only_probes(first), keep_warm=0.0)
    until(lambda: not scene.tasks_of(wanted.candidate), "and the other one, too", 60)
    there = Before.of(scene)
    run = controllers.run(state="rolled_back", to=wanted.id, host="second-controller")
    assert scene.image(wanted.candidate) == wanted.image
    tell(assert_settled(scene, there, run, crowd, outcome="promoted", words=["ROLLBACK", "promoted"]))


def test_there_is_nothing_to_go_back_to(scene, controllers):
    run = controllers.start(state="rolled_back")
    assert run.wait()["failed"]
    print(run.words)
    assert "there has been no release yet" in run.words
    assert run.journal == []
    assert scene.lock() == ""
