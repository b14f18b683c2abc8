"""The stable colour changes under a release: nobody is sent where nobody can answer."""

from ansible_collections.calstack.aws.plugins.module_utils._release.model import other

from tests.chaos.scene import COLOURS, STACK
from tests.chaos.settled import assert_settled
from tests.waiting import until


def test_stable_loses_a_task_during_the_shift(scene, before, image, controllers, crowd, tell):
    run = controllers.start(image=image)
    run.until("analyse", 50)
    scene.aws("ecs").stop_task(cluster=STACK, task=scene.tasks_of(before.stable)[0]["taskArn"])
    run.wait()
    tell(assert_settled(scene, before, run, crowd, outcome="promoted"))


def test_a_rollback_waits_until_stable_can_take_the_load(scene, before, image, controllers, crowd, tell):
    run = controllers.start(image=image, steps=((50, 60.0), (100, 1.0)))
    run.until("analyse", 50)
    scene.aws("ecs").stop_task(cluster=STACK, task=scene.tasks_of(before.stable)[0]["taskArn"])
    until(lambda: scene.healthy(before.stable) < 2, "stable has lost a task", every=0.05)
    back = controllers.start(state="aborted", host="second-controller")
    until(lambda: scene.rule().weights.get(before.stable) == 100, "all requests go to stable", 60, every=0.05)
    assert scene.healthy(before.stable) == 2
    back.wait()
    run.wait()
    tell(assert_settled(scene, before, back, crowd, words=["asked for it", "rolled back"]))


def test_autoscaling_grows_stable_during_the_shift(scene, before, image, controllers, crowd, tell):
    run = controllers.start(image=image)
    run.until("analyse", 10)
    assert [scene.limits(colour).suspended["DynamicScalingInSuspended"] for colour in COLOURS] == [True, True]
    scene.update(before.stable, 3)
    run.until("analyse", 50)
    assert scene.healthy(other(before.stable)) == 3, "the candidate is smaller than stable"
    run.wait()
    tell(assert_settled(scene, before, run, crowd, outcome="promoted", desired=3))


def test_what_autoscaling_has_added_stays_after_a_rollback(scene, before, image, controllers, crowd, tell):
    run = controllers.start(image=image, steps=((10, 60.0), (100, 1.0)))
    run.until("analyse", 10)
    scene.update(before.stable, 3)
    back = controllers.run(state="rolled_back", host="second-controller")
    run.wait()
    tell(assert_settled(scene, before, back, crowd, words=["asked for it"], desired=3))
