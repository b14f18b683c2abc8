"""The role against Atlas's faults and people's mistakes; each test starts where the one before has ended."""

import itertools
import json
from dataclasses import dataclass

import pytest

from lab.atlas import credentials
from tests.integration.database import Environment, lets_in
from tests.integration.laboratory import Laboratory, changed, kill_tree
from tests.waiting import until

SITE = "site.yml"
NUMBERS = itertools.count()
GIVEN = {"atlas_nat_addresses": ["203.0.113.10"], "atlas_instance_size": "M10"}
ATLAS = ("--limit", "atlas", "-e", json.dumps(GIVEN))
"""This component alone, with what it would get from the network."""


@pytest.fixture(scope="module")
def environment(laboratory):
    return Environment(laboratory)


@dataclass(frozen=True)
class Fresh(Environment):
    """An environment of which nothing is there yet."""

    @property
    def options(self) -> tuple[str, ...]:
        return (*ATLAS, "-e", f"env_name={self.name}")

    def is_complete(self) -> bool:
        """Whether another run makes it so that one user is let in, and one more finds nothing to do."""
        self.laboratory.play(SITE, *self.options)
        done = len(self.users()) == 1 and lets_in(self.uri())
        return done and changed(self.laboratory.play(SITE, *self.options)) == 0


@pytest.fixture
def fresh(laboratory):
    yield Fresh(laboratory, f"fresh{next(NUMBERS)}")
    laboratory.lab("fault-api", "none")


def message(output: str) -> str:
    """What the play says is wrong, on one line: Ansible breaks lines anywhere."""
    assert "Traceback" not in output
    return " ".join(output.partition("fatal: ")[2].split())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"atlas_instance_size": "M0", "atlas_point_in_time": True}, ["atlas_instance_size is M0", "choose M10"]),
        ({"atlas_instance_size": "X10"}, ["instance_size", "X10", "M10"]),
        ({"atlas_region": "eu-west-99"}, ["atlas_region", "eu-west-99"]),
        ({"atlas_org_id": "0" * 24}, ["atlas_org_id", "0" * 24]),
        ({"atlas_nat_addresses": []}, ["atlas_nat_addresses is empty", "atlas_extra_cidrs"]),
        ({"atlas_extra_cidrs": ["10.0.0.0/99"]}, ["atlas_extra_cidrs", "10.0.0.0/99"]),
        ({"atlas_max_pool_size": 5000}, ["atlas_max_pool_size", "5000"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_a_wrong_variable_is_named_before_anything_is_created(laboratory, environment, wrong, words):
    before = environment.writes_anywhere()
    said = message(laboratory.play(SITE, *ATLAS, "-e", json.dumps(wrong), code=2))
    for word in words:
        assert word in said
    assert environment.writes_anywhere() == before


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ({"MONGODB_ATLAS_CLIENT_SECRET": "mdb_sa_sk_wrong-71c3"}, ["401", "MONGODB_ATLAS_CLIENT_SECRET"]),
        ({"MONGODB_ATLAS_CLIENT_SECRET": ""}, ["MONGODB_ATLAS_CLIENT_SECRET"]),
        (
            {"MONGODB_ATLAS_PUBLIC_KEY": credentials.PUBLIC_KEY, "MONGODB_ATLAS_PRIVATE_KEY": credentials.PRIVATE_KEY},
            ["MONGODB_ATLAS_PUBLIC_KEY", "MONGODB_ATLAS_CLIENT_ID"],
        ),
        ({"MONGODB_ATLAS_BASE_URL": ""}, ["MONGODB_ATLAS_BASE_URL", ". .lab/env"]),
    ],
    ids=["a wrong secret", "half of a service account", "both kinds", "Atlas itself"],
)
def test_wrong_credentials_are_said_before_anything_is_created(laboratory, environment, shell, words):
    before = environment.writes_anywhere()
    output = laboratory.play(SITE, *ATLAS, code=2, **shell)
    for word in words:
        assert word in message(output)
    assert not any(value in output for name, value in shell.items() if value and name.endswith(("SECRET", "KEY")))
    assert environment.writes_anywhere() == before


def test_an_api_key_does_as_well_as_a_service_account(laboratory, environment):
    key = {"MONGODB_ATLAS_PUBLIC_KEY": credentials.PUBLIC_KEY, "MONGODB_ATLAS_PRIVATE_KEY": credentials.PRIVATE_KEY}
    none = {"MONGODB_ATLAS_CLIENT_ID": "", "MONGODB_ATLAS_CLIENT_SECRET": ""}
    output = laboratory.play(SITE, *ATLAS, **key, **none)
    assert key["MONGODB_ATLAS_PRIVATE_KEY"] not in output
    assert lets_in(environment.uri())


def test_a_second_run_and_a_check_write_nothing(laboratory, environment):
    before = environment.writes_anywhere()
    assert changed(laboratory.play(SITE, *ATLAS)) == 0
    assert changed(laboratory.play(SITE, *ATLAS, "--check", "--diff")) == 0
    assert environment.writes_anywhere() == before


def fault(laboratory: Laboratory, action: str, mode: str, times: int = 1) -> None:
    laboratory.lab("fault-api", "atlas", action, mode, "--times", str(times))


def test_what_passes_by_itself_is_not_even_said(laboratory, fresh):
    """Throttled, or out of order for a moment: the run goes on."""
    fault(laboratory, "list*", "throttle", 2)
    fault(laboratory, "getCluster", "error", 2)
    fault(laboratory, "createCluster", "throttle")
    laboratory.play(SITE, *fresh.options)
    assert laboratory.lab("fault-api").startswith("no faults")
    assert fresh.is_complete()


@pytest.mark.parametrize(
    ("action", "mode", "words"),
    [
        ("createCluster", "refuse", ["403", "cluster calstack-fresh"]),
        ("createProjectIpAccessList", "fails", ["203.0.113.10", "FAILED"]),
        ("createProject", "gone", ["410", "update the collection"]),
        ("createCluster", "lost", ["broke", "run the same command again"]),
        ("createDatabaseUser", "lost", ["broke", "run the same command again"]),
    ],
)
def test_what_does_not_pass_is_said_and_the_next_run_completes_it(laboratory, fresh, action, mode, words):
    fault(laboratory, action, mode, 0)
    said = message(laboratory.play(SITE, *fresh.options, code=2))
    for word in words:
        assert word in said
    laboratory.lab("fault-api", "none")
    assert fresh.is_complete()


@pytest.mark.parametrize("operation", ["createCluster", "createDatabaseUser"])
def test_a_run_killed_in_the_middle_is_completed_by_the_next(laboratory, fresh, operation):
    before = fresh.writes().count(operation)
    running = laboratory.start(SITE, *fresh.options)
    try:
        until(lambda: fresh.writes().count(operation) > before, operation, every=0.01)
        assert running.poll() is None, "it was over before it could be killed"
    finally:
        kill_tree(running.pid)
        running.communicate()
    assert fresh.is_complete()
