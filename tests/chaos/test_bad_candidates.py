"""Versions that are no good: users are back on stable, and people are told why."""

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
    tell(assert_settled(scene, before, run, crowd, words=["tasks", "exit code 1", "playbooks/release.yml"]))
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
