"""Whose is the image? Everything that can be, decided without an account."""

from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._ecs.first_image import (
    FAILED,
    ServiceNow,
    Situation,
    decide,
    needs_first_image,
)
from ansible_collections.calstack.aws.plugins.module_utils._ecs.names import COLOURS, is_placeholder, placeholder
from hypothesis import given
from hypothesis import strategies as st

PLACEHOLDER = placeholder("registry/app")
IMAGES = [PLACEHOLDER, "registry/app@sha256:aa", "registry/app@sha256:bb"]
FIRST = "registry/app@sha256:ff"
MINIMUM = 2

services = st.builds(
    ServiceNow,
    st.sampled_from(IMAGES),
    st.integers(0, 6),
    st.integers(0, 6),
    st.sampled_from(["COMPLETED", "IN_PROGRESS", FAILED]),
)
released = services.filter(lambda service: not is_placeholder(service.image))
situations = st.builds(
    Situation,
    st.dictionaries(st.sampled_from(COLOURS), services),
    st.dictionaries(st.sampled_from(COLOURS), st.sampled_from(IMAGES)),
)
unstarted = st.builds(
    Situation,
    st.fixed_dictionaries(
        {},
        optional={
            "blue": st.builds(ServiceNow, st.just(PLACEHOLDER), st.integers(0, 3), st.just(0), st.just("COMPLETED")),
            "green": st.just(ServiceNow(PLACEHOLDER, 0, 0, "COMPLETED")),
        },
    ),
    st.dictionaries(st.sampled_from(COLOURS), st.just(PLACEHOLDER)),
)
firsts = st.sampled_from([None, FIRST])


def run(now, first=FIRST):
    return decide(now, first, PLACEHOLDER, MINIMUM)


def serving(image="registry/app@sha256:aa", desired=2, running=2, rollout="COMPLETED"):
    return ServiceNow(image, desired, running, rollout)


IDLE = ServiceNow(PLACEHOLDER, 0, 0, "COMPLETED")


def test_an_empty_account_starts_blue():
    decision = run(Situation())
    assert decision.images == {"blue": FIRST, "green": PLACEHOLDER}
    assert decision.desired == {"blue": MINIMUM, "green": 0}
    assert decision.start
    assert decision.see_through
    assert not decision.waiting


def test_without_an_image_nothing_runs():
    decision = run(Situation(), None)
    assert decision.waiting
    assert decision.images == {"blue": PLACEHOLDER, "green": PLACEHOLDER}
    assert decision.desired == {"blue": 0, "green": 0}
    assert not decision.start
    assert not decision.see_through


def test_an_image_that_comes_later_goes_into_blue_once():
    waiting = Situation({"blue": IDLE, "green": IDLE}, dict.fromkeys(COLOURS, PLACEHOLDER))
    assert run(waiting).start
    started = Situation({"blue": serving(FIRST), "green": IDLE}, {"blue": FIRST, "green": PLACEHOLDER})
    assert not needs_first_image(started)
    assert not run(started, "registry/app@sha256:99").start


def test_a_first_image_that_could_not_run_is_started_anew_or_replaced():
    failed = Situation({"blue": serving(running=0, rollout=FAILED), "green": IDLE}, {"blue": IMAGES[1]})
    assert run(failed).start
    assert run(failed).images["blue"] == FIRST


def test_a_later_failure_beside_tasks_that_serve_is_for_people_to_judge():
    failed = Situation({"blue": serving(running=2, rollout=FAILED), "green": IDLE}, {"blue": IMAGES[1]})
    decision = run(failed)
    assert not decision.start
    assert not decision.see_through


def test_an_outage_after_a_release_changes_no_image():
    outage = Situation(
        {"blue": serving(running=0, rollout=FAILED), "green": serving(desired=0, running=0)},
        {"blue": IMAGES[1], "green": IMAGES[2]},
    )
    assert not needs_first_image(outage)
    assert run(outage).images == {"blue": IMAGES[1], "green": IMAGES[2]}


def test_a_release_that_only_registered_greens_image_counts():
    assert not needs_first_image(Situation({"blue": IDLE, "green": IDLE}, {"green": IMAGES[1]}))


@pytest.mark.parametrize(("other", "expected"), [(serving(), 0), (serving(desired=0), MINIMUM), (None, MINIMUM)])
def test_a_deleted_service_comes_back_serving_unless_the_other_serves(other, expected):
    there = {"green": other} if other else {}
    assert run(Situation(there, {"blue": IMAGES[1], "green": IMAGES[2]})).desired["blue"] == expected


@given(situations, released, firsts)
def test_it_never_touches_an_image_after_a_release(now, green, first):
    now = replace(now, services={**now.services, "green": green})
    decision = run(now, first)
    assert not decision.start
    assert not decision.waiting
    assert not decision.see_through
    for colour in COLOURS:
        assert decision.images[colour] in {now.latest.get(colour), PLACEHOLDER} | {
            service.image for name, service in now.services.items() if name == colour
        }


@given(situations, released, firsts)
def test_it_never_starts_where_tasks_serve(now, blue, first):
    serving = replace(blue, running=blue.running + 1)
    assert not run(replace(now, services={**now.services, "blue": serving}), first).start


@given(situations, firsts)
def test_green_is_never_given_an_image(now, first):
    assert run(now, first).images["green"] != FIRST


@given(situations, firsts)
def test_a_service_without_a_real_image_gets_no_tasks(now, first):
    decision = run(now, first)
    for colour in COLOURS:
        if is_placeholder(decision.images[colour]):
            assert decision.desired[colour] == 0


@given(situations, firsts)
def test_it_starts_or_waits_exactly_when_the_first_image_is_to_come(now, first):
    decision = run(now, first)
    assert (decision.start or decision.waiting) == needs_first_image(now)
    assert not (decision.start and decision.waiting)


@given(unstarted)
def test_once_started_it_is_done(now):
    """What a start leads to needs no further start."""
    decision = run(now)
    assert decision.start
    after = Situation(
        {**now.services, "blue": ServiceNow(FIRST, MINIMUM, MINIMUM, "COMPLETED")}, {**now.latest, **decision.images}
    )
    assert not needs_first_image(after)
    assert run(after, "registry/app@sha256:99").images["blue"] == FIRST
