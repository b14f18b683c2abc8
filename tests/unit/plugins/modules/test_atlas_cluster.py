"""The module as Ansible calls it, against the lab's Atlas over loopback."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.modules import atlas_cluster
from atlas_account import AtlasAccount, project_in, served
from module_answer import ANSIBLES_OWN

from lab.atlas.credentials import CLIENT_SECRET
from lab.atlas.world import IDLE

BASE = {"project_name": "calstack-dev", "name": "calstack-dev"}
M0 = {"instance_size": "M0", "region": "eu-west-1"}


@pytest.fixture
def atlas(monkeypatch):
    account = AtlasAccount()
    project_in(account)
    with served(account) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield account


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        atlas_cluster.main()
    printed = capsys.readouterr().out
    assert CLIENT_SECRET not in printed
    return json.loads(printed)


def option(given):
    """What of an option must be documented, and of its own options."""
    kept = {key: given[key] for key in ("type", "choices", "required", "default") if key in given}
    inner = given.get("options") or given.get("suboptions") or {}
    return kept | ({"options": {name: option(item) for name, item in inner.items()}} if inner else {})


def test_what_is_documented_is_what_is_taken():
    documented = yaml.safe_load(atlas_cluster.DOCUMENTATION)["options"]
    taken = {name: option(item) for name, item in atlas_cluster.OPTIONS.items()}
    assert {name: option(item) for name, item in documented.items()} == taken


def test_every_key_it_returns_is_documented(atlas, capsys):
    answer = call(capsys, wait=False, **M0)
    assert answer["changed"]
    documented = yaml.safe_load(atlas_cluster.RETURN)
    assert answer.keys() - ANSIBLES_OWN == documented.keys()
    assert answer["connection_strings"].keys() == documented["connection_strings"]["contains"].keys()
    assert (answer["state_name"], answer["instance_size"]) == ("CREATING", "M0")
    assert answer["connection_strings"]["standard"].startswith("mongodb://127.103.")
    atlas.cluster().state = IDLE
    again = call(capsys, **M0)
    assert (again["changed"], again["state_name"]) == (False, "IDLE")


def test_a_dry_run_shows_what_would_be_created(atlas, capsys):
    answer = call(capsys, _ansible_check_mode=True, **M0)
    assert answer["diff"]["prepared"].startswith("+ cluster calstack-dev\n    instance_size: M0")
    assert "state_name" not in answer
    assert atlas.writes() == []


def test_a_dry_run_needs_no_project(atlas, capsys):
    answer = call(capsys, _ansible_check_mode=True, project_name="planned", **M0)
    assert (answer["changed"], answer["project_id"]) == (True, "(known after apply)")


def test_without_a_project_it_says_who_makes_one(atlas, capsys):
    answer = call(capsys, project_name="other", **M0)
    assert answer["failed"]
    assert "atlas_project_name" in answer["msg"]


def test_a_wrong_option_is_one_message_before_anything_is_done(atlas, capsys):
    answer = call(capsys, instance_size="M10", region="eu-west-1", point_in_time=True)
    assert answer["failed"]
    assert answer["msg"].startswith("atlas_point_in_time needs atlas_backup")
    assert atlas.writes() == []


def test_it_gives_up_when_the_time_is_over(atlas, capsys):
    answer = call(capsys, wait_timeout=0, **M0)
    assert answer["failed"]
    assert "cluster calstack-dev was not ready after 0 s; last seen: CREATING" in answer["msg"]


def test_it_tells_its_progress(atlas, capsys, tmp_path):
    call(capsys, wait_timeout=0, progress_file=str(tmp_path / "progress"), **M0)
    told = json.loads((tmp_path / "progress").read_text().splitlines()[0])
    assert told["told"] == "status"
    assert "cluster calstack-dev is CREATING" in told["text"]


def test_absent_needs_nothing_but_names(atlas, capsys):
    call(capsys, wait=False, **M0)
    answer = call(capsys, state="absent", wait=False)
    assert answer["changed"]
    assert answer.keys() - ANSIBLES_OWN == {"changes"}
    assert not call(capsys, state="absent", wait=False)["changed"]
