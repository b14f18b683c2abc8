"""Versions that are no good: users are back on stable, and people are told why."""

import time

from lab import faults
from tests.chaos.settled import assert_settled, exposed


def fault(scene, image, mode, **how):
    faults.inject(scene.laboratory.settings, image, mode, **how)


def test_a_good_one_is_promoted(scene, before, image, controllers, crowd, tell):
    run = controllers.run(image=image)
    tell(assert_settled(scene, before, run, crowd, outcome="promoted", words=["promoted", "going back is one call"]))


def test_crashes_at_start(scene, before, image, controllers, crowd, tell):
    fault(scene, image, "crash-at-start")
    run = controllers.run(image=image)
    tell(assert_settled(scene, before, run, crowd, words=["tasks", "exit code 1", "release_image="]))
    assert not crowd.of(scene.idle)


def test_never_healthy(scene, before, image, controllers, crowd, tell):
    fault(scene, image, "failing-health")
    run = controllers.run(image=image, start_timeout=25.0)
    tell(assert_settled(scene, before, run, crowd, words=["healthy", "after 25 s", "503"]))
    assert not crowd.of(scene.idle)


def test_health_fine_but_wrong_version(scene, before, image, controllers, crowd, tell):
    fault(scene, image, "wrong-version")
    run = controllers.run(image=image)
    tell(assert_settled(scene, before, run, crowd, words=["X-App-Version", "0.0.0-wrong"]))
    assert not [answer for answer in crowd.answers if answer.version.endswith("wrong")], "users saw the wrong version"


def test_500s_in_a_twentieth_of_the_requests(scene, before, image, controllers, many, tell):
    """Too few for probes: it takes statistics over what users met."""
    fault(scene, image, "errors", share=0.05)
    with many() as crowd:
        run = controllers.run(image=image, steps=((10, 4.0), (50, 15.0), (100, 10.0)))
        crowd.stop()
    most = exposed(scene.timeline(), crowd, share=0.05)
    tell(assert_settled(scene, before, run, crowd, words=["5xx", "against stable", "p <"], failed_at_most=most))


def test_slow(scene, before, image, controllers, crowd, tell):
    fault(scene, image, "slow", share=0.3, delay=0.8)
    run = controllers.run(image=image)
    tell(assert_settled(scene, before, run, crowd, words=["p95", "against stable"]))


def test_fails_only_above_half_of_the_traffic(scene, before, image, controllers, many, tell):
    """It stands what a small canary sends it, so only the step that overloads it can tell."""
    with many() as crowd:
        time.sleep(5)  # what is measured: how much these users ask on this machine
        all_of_a_task = len(crowd.answers) / 5 / 2
        fault(scene, image, "overload", rate=0.75 * all_of_a_task)
        run = controllers.run(image=image, steps=((10, 4.0), (50, 4.0), (100, 15.0)))
        crowd.stop()
    most = exposed(scene.timeline(), crowd)
    tell(assert_settled(scene, before, run, crowd, failed_at_most=most))
    assert "503" in run.words or "5xx" in run.words
    assert scene.record().step == 2, "it was rolled back before it had all the requests"
