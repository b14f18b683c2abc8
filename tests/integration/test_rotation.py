"""A new password while users ask, told as a story: each test starts where the one before has ended."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.atlas import credentials
from tests.integration.database import Environment, lets_in
from tests.integration.laboratory import Laboratory, changed, play_until
from tests.integration.secrecy import Needles, Witness, of_uri, reports
from tests.integration.traffic import traffic

SITE, ROTATE, STATUS = "site.yml", "playbooks/rotate.yml", "playbooks/status.yml"
STRATEGY = {
    "release_strategy": {"type": "steps", "steps": [{"weight": 50, "bake": 2}], "final_bake": 2},
    "release_gates": {"period": 1, "error_rate": None, "latency": None},
}
MOMENTS = {
    "prepared": "TASK [calstack.aws.atlas : The connection string: prepared]",
    "checked": "TASK [calstack.aws.atlas : Ask the database from where the tasks are]",
    "current": "TASK [calstack.aws.atlas : The connection string: current]",
    "during the release": "set the production rule",
    "released": "TASK [calstack.aws.release : What came of it]",
}
"""What the play has said when it is that far."""


@pytest.fixture(scope="module")
def environment(laboratory):
    return Environment(laboratory)


@pytest.fixture(scope="module")
def witness(laboratory, tmp_path_factory):
    return Witness(laboratory, tmp_path_factory.mktemp("witness"))


@pytest.fixture(scope="module")
def options(witness):
    return ("-e", json.dumps(STRATEGY | reports(witness.folder)))


@contextmanager
def users_at_work(laboratory: Laboratory) -> Iterator[None]:
    """Users who read from the database until the end of the block; none of their requests may fail."""
    with traffic(laboratory.shell["LAB_URL"] + "api/events/count", laboratory.shell["LAB_CA"]) as load:
        yield
        assert load.running, "they have stopped before the end"
    assert load.answered > 50
    assert load.failures == []


def test_no_secret_is_shown_from_nothing_to_the_second_password(laboratory, environment, witness, options):
    laboratory.play(SITE, "--limit", "ecr")
    laboratory.lab("image", "calstack:1.0.0", "--source", "docker/example")
    witness.play(SITE, *options)
    first = environment.uri()
    shown = witness.play(ROTATE, *options)
    second = environment.uri()
    assert "atlas_secret_arns" in shown  # the facts
    assert list(witness.folder.glob("releases/*.json"))
    needles, given = Needles(), Needles()
    needles.add("the first password", of_uri(first))
    needles.add("the second password", of_uri(second))
    given.add("the service account's secret", [credentials.CLIENT_SECRET])
    assert witness.search(needles, given) == {}
    assert len(witness.search(Needles({"calstack-local": "the stack's name"}), Needles())) > 5  # it does find things
    assert (lets_in(first), lets_in(second)) == (False, True)


def test_a_second_run_and_a_check_write_nothing(laboratory, environment, options):
    before = environment.writes_anywhere()
    assert changed(laboratory.play(SITE, *options)) == 0
    laboratory.play(ROTATE, "--check", *options)
    assert environment.writes_anywhere() == before


def test_a_rotation_killed_at_every_step_is_completed(laboratory, environment, options):
    former = environment.uri()
    for moment in MOMENTS.values():
        with users_at_work(laboratory):
            play_until(laboratory, moment, ROTATE, *options)
    with users_at_work(laboratory):
        laboratory.play(ROTATE, *options)
    assert len(environment.users()) == 1
    assert lets_in(environment.uri())
    assert not lets_in(former)


def test_a_rotation_killed_on_its_way_is_taken_back(laboratory, environment, options):
    former = environment.uri()
    (user,) = environment.users()
    with users_at_work(laboratory):
        play_until(laboratory, MOMENTS["current"], ROTATE, *options)
        assert len(environment.users()) == 2
        given_up = environment.uris() - {former}
        laboratory.play(ROTATE, "-e", "rotate_goal=undone", *options)
    assert environment.users() == [user]
    assert environment.uri() == former
    assert lets_in(former)
    assert not any(lets_in(uri) for uri in given_up)
