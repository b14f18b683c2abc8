"""The data of another MongoDB comes to Atlas, told as two stories: each test starts where the one before has ended."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.atlas import credentials
from lab.settings import CHECKOUT
from tests.integration.database import Environment, documents, lets_in
from tests.integration.laboratory import Laboratory, play_until
from tests.integration.secrecy import Needles, Witness, of_uri, reports
from tests.waiting import until

SITE, MIGRATE, ROTATE = "site.yml", "playbooks/migrate.yml", "playbooks/rotate.yml"
QUICK = {
    "migrate_quiet_seconds": 2,
    "migrate_release_strategy": {"type": "all_at_once", "final_bake": 2},
    "release_gates": {"period": 1, "error_rate": None, "latency": None},
}
SWITCH = ("-e", "migrate_goal=switched", "-e", "migrate_confirm=local")
BACK = ("-e", "migrate_goal=back", "-e", "migrate_confirm=local")


@pytest.fixture(scope="module")
def environment(laboratory):
    return Environment(laboratory)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def options(folder):
    return ("-e", json.dumps(QUICK | reports(folder)))


@pytest.fixture(scope="module")
def source(laboratory):
    """The connection string of the lab's stand-alone MongoDB, which the application uses at first."""
    return laboratory.shell["MONGO_URI"]


@pytest.fixture(scope="module")
def written():
    """The ids of all events that the application has said it has."""
    return set()


def without_atlas(folder: Path) -> str:
    """An inventory as it was before there was Atlas: somebody gives MONGO_URI."""
    shutil.copytree(CHECKOUT / "inventories/local", folder)
    hosts, own = folder / "hosts.yml", folder / "group_vars/all/10_local.yml"
    hosts.write_text(hosts.read_text().replace("    atlas: {}\n", ""))
    given = "secrets_values:\n  MONGO_URI: \"{{ lookup('ansible.builtin.env', 'MONGO_URI') }}\"\n"
    own.write_text(own.read_text().replace("secrets_values:\n", given))
    return os.path.relpath(folder, CHECKOUT / "inventories")


@contextmanager
def writing(laboratory: Laboratory, written: set[str]) -> Iterator[None]:
    """Somebody who writes through the application until the end of the block."""
    ending = threading.Event()

    def write() -> None:
        with laboratory.web() as client:
            while not ending.wait(0.05):
                answer = client.post("/api/events", json={"number": len(written)})
                if answer.status_code == 201:
                    written.add(answer.json()["id"])

    before = len(written)
    thread = threading.Thread(target=write)
    thread.start()
    try:
        until(lambda: len(written) > before, "the first write")
        yield
    finally:
        ending.set()
        thread.join()


def events(uri: str) -> set[str]:
    with documents(uri) as client:
        return {str(event["_id"]) for event in client["calstack"]["events"].find({}, {"_id": 1})}


def message(output: str) -> str:
    """What the play says is wrong, on one line: Ansible breaks lines anywhere."""
    assert "Traceback" not in output
    return " ".join(output.partition("fatal: ")[2].split())


def test_atlas_beside_a_database_that_is_in_use_switches_nothing(
    laboratory, environment, source, options, written, tmp_path
):
    inventory = without_atlas(tmp_path / "before")
    laboratory.play(SITE, "--limit", "ecr", inventory=inventory)
    laboratory.lab("image", "calstack:1.0.0", "--source", "docker/example")
    laboratory.play(SITE, *options, inventory=inventory)
    with writing(laboratory, written):
        output = laboratory.play(SITE, *options)
    assert "playbooks/migrate.yml" in output
    assert environment.uri() == source
    assert lets_in(environment.uri("AWSPENDING"))
    assert events(source) == written


def test_a_rotation_does_not_leave_the_data_behind(laboratory, environment, source, options):
    before = environment.writes_anywhere()
    said = message(laboratory.play(ROTATE, *options, code=2))
    assert "leave the data behind" in said
    assert "playbooks/migrate.yml" in said
    assert environment.writes_anywhere() == before
    assert environment.uri() == source


@pytest.mark.parametrize("goal", ["copied", "back", "finished"])
def test_a_check_before_the_start_writes_nothing(laboratory, environment, options, goal):
    before = environment.writes_anywhere()
    output = laboratory.play(MIGRATE, "--check", "-e", f"migrate_goal={goal}", *options)
    assert ("No migration is under way" if goal == "finished" else "--check ends here") in output
    assert environment.writes_anywhere() == before


def test_it_is_copied_while_somebody_writes(laboratory, environment, source, options, written):
    with writing(laboratory, written):
        output = laboratory.play(MIGRATE, *options)
    assert "migrate_goal=switched -e migrate_confirm=local" in output
    copied = events(environment.uri("AWSPENDING"))
    assert len(copied) > 10
    assert copied <= written
    assert environment.uri() == source


def test_a_site_run_leaves_the_migration_what_it_needs(laboratory, environment, options):
    before = environment.writes_anywhere()
    laboratory.play(SITE, *options)
    assert environment.writes_anywhere() == before


def test_the_switch_wants_to_be_meant(laboratory, environment, options):
    before = environment.writes_anywhere()
    output = laboratory.play(MIGRATE, *SWITCH[:2], *options, code=2)
    assert "-e migrate_confirm=local" in message(output)
    assert environment.writes_anywhere() == before


def test_a_write_after_writes_have_stopped_is_an_error(laboratory, environment, source, options, written):
    with writing(laboratory, written):
        output = laboratory.play(MIGRATE, *SWITCH, *options, code=2)
    assert "calstack.events" in message(output)
    assert environment.uri() == source


def test_a_check_of_the_switch_writes_nothing(laboratory, environment, options):
    before = environment.writes_anywhere()
    laboratory.play(MIGRATE, "--check", *SWITCH, *options)
    assert environment.writes_anywhere() == before


def test_it_is_switched_and_nothing_is_lost(laboratory, environment, source, options, written, folder):
    """Though the run died before the release, and though the source was given beside the secret that names it."""
    play_until(laboratory, "TASK [calstack.aws.migrate : A release brings it out]", MIGRATE, *SWITCH, *options)
    assert environment.uri() != source
    laboratory.play(MIGRATE, *SWITCH, *options, MIGRATE_SOURCE_URI=source)
    now = environment.uri()
    assert now != source
    assert environment.uri("calstack-migration-source") == source
    assert events(now) == written
    with writing(laboratory, written):
        until(lambda: len(events(now)) > len(events(source)) + 5, "writes on Atlas")
    (report,) = folder.glob("migrations/*-verify-*.json")
    assert json.loads(report.read_text())["documents"] >= len(events(source))


def test_what_was_written_since_comes_back_with_the_application(laboratory, environment, source, options, written):
    laboratory.play(MIGRATE, *BACK, *options)
    assert environment.uri() == source
    assert events(source) == written
    before = len(written)
    with writing(laboratory, written):
        until(lambda: len(written) > before + 5, "writes on the source")
    assert events(source) == written


def test_a_migration_that_was_taken_back_can_be_discarded_and_begun_anew(
    laboratory, environment, source, options, written
):
    again = message(laboratory.play(MIGRATE, *options, code=2))
    assert "migrate_goal=discarded" in again
    discard = ("-e", "migrate_goal=discarded")
    assert "drops on the target" in message(laboratory.play(MIGRATE, *discard, *options, code=2))
    laboratory.play(MIGRATE, *discard, "-e", "migrate_confirm=local", *options)
    assert environment.uri() == source
    assert events(environment.uri("AWSPENDING")) == set()
    laboratory.play(MIGRATE, *options)
    assert events(environment.uri("AWSPENDING")) == written


# The other story: another platform's data, for an environment that uses Atlas already.

ATLAS = ("--limit", "atlas", "-e", "env_name=other", "-e", '{"atlas_nat_addresses": ["203.0.113.10"]}')


@pytest.fixture(scope="module")
def other(laboratory, source, written):
    laboratory.play(SITE, *ATLAS)
    with documents(source) as client:
        written |= {str(ident) for ident in client["calstack"]["events"].insert_many([{}, {}, {}]).inserted_ids}
    return Environment(laboratory, "other")


@pytest.fixture(scope="module")
def witness(laboratory, tmp_path_factory):
    return Witness(laboratory, tmp_path_factory.mktemp("witness"))


@pytest.fixture(scope="module")
def elsewhere(witness):
    return (*ATLAS, "-e", json.dumps(QUICK | reports(witness.folder)))


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ({}, ["MIGRATE_SOURCE_URI"]),
        ({"MIGRATE_SOURCE_URI": "https://example.com/"}, ["migrate_source_uri", "mongodb://"]),
        ({"MIGRATE_SOURCE_URI": "the target"}, ["migrate_source_uri", "same"]),
        ({"MIGRATE_SOURCE_URI": "mongodb://who:wrong-4a1c@127.0.0.9:1/?serverSelectionTimeoutMS=500"}, ["127.0.0.9:1"]),
    ],
    ids=["none", "no connection string", "the target", "nobody there"],
)
def test_a_source_that_cannot_be_is_said(laboratory, other, elsewhere, shell, words):
    if shell.get("MIGRATE_SOURCE_URI") == "the target":
        shell = {"MIGRATE_SOURCE_URI": other.uri()}
    output = laboratory.play(MIGRATE, *elsewhere, code=2, **shell)
    for word in words:
        assert word in message(output)
    assert "wrong-4a1c" not in output


def test_no_secret_is_shown_from_the_copy_to_the_end(laboratory, other, witness, elsewhere, source, written):
    given = {"MIGRATE_SOURCE_URI": source}
    witness.play(MIGRATE, *elsewhere, **given)
    switch = ("-e", "migrate_goal=switched", "-e", "migrate_confirm=other")
    assert "finished" in witness.play(MIGRATE, *switch, *elsewhere, **given)
    assert events(other.uri()) == written
    witness.play(MIGRATE, "-e", "migrate_goal=finished", *elsewhere, **given)
    assert list(witness.folder.glob("migrations/*.json"))
    needles, known = Needles(), Needles()
    needles.add("the password", of_uri(other.uri()))
    known.add("the source's password", of_uri(source))
    known.add("the service account's secret", [credentials.CLIENT_SECRET])
    assert witness.search(needles, known) == {}


@pytest.mark.parametrize("goal", ["switched", "finished"])
def test_afterwards_a_check_writes_nothing(laboratory, other, elsewhere, source, goal):
    before = other.writes_anywhere()
    laboratory.play(MIGRATE, "--check", "-e", f"migrate_goal={goal}", *elsewhere, MIGRATE_SOURCE_URI=source)
    assert other.writes_anywhere() == before
