"""The module as Ansible calls it, against the lab's Atlas over loopback."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.modules import atlas_project
from atlas_account import AtlasAccount, project_in, served
from module_answer import ANSIBLES_OWN

from lab.atlas.credentials import CLIENT_SECRET

OURS = {"calstack:environment": "dev"}


@pytest.fixture
def atlas(monkeypatch):
    account = AtlasAccount()
    with served(account) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield account


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args({"name": "calstack-dev", **given}), pytest.raises(SystemExit):
        atlas_project.main()
    printed = capsys.readouterr().out
    assert CLIENT_SECRET not in printed
    return json.loads(printed)


def test_what_is_documented_is_what_is_taken():
    documented = yaml.safe_load(atlas_project.DOCUMENTATION)["options"]
    taken = {
        name: {key: option[key] for key in ("type", "required", "default") if key in option}
        for name, option in atlas_project.OPTIONS.items()
    }
    assert {
        name: {key: item[key] for key in item if key != "description"} for name, item in documented.items()
    } == taken


def test_every_key_it_returns_is_documented(atlas, capsys):
    answer = call(capsys, tags=OURS)
    assert answer["changed"]
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(atlas_project.RETURN).keys()
    assert answer["project_id"] in atlas.world.projects
    again = call(capsys, tags=OURS)
    assert (again["changed"], again["project_id"]) == (False, answer["project_id"])


def test_a_dry_run_shows_what_would_be_created(atlas, capsys):
    answer = call(capsys, _ansible_check_mode=True)
    assert answer["diff"]["prepared"].startswith("+ project calstack-dev")
    assert answer["project_id"] == "(known after apply)"
    assert atlas.writes() == []


def test_absent_takes_what_is_ours_and_warns_of_the_rest(atlas, capsys):
    call(capsys, tags=OURS)
    assert call(capsys, tags=OURS, state="absent")["changed"]
    project_in(atlas)
    answer = call(capsys, tags=OURS, state="absent")
    assert not answer["changed"]
    assert "left alone" in str(answer["warnings"])
    assert "project_id" not in answer


def test_a_wrong_secret_is_one_message_without_it(atlas, capsys):
    answer = call(capsys, client_secret="mdb_sa_sk_wrong-one")
    assert answer["failed"]
    assert "MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET" in answer["msg"]
    assert "wrong-one" not in str(answer)


def test_the_organization_comes_from_the_environment(atlas, capsys, monkeypatch):
    monkeypatch.setenv("MONGODB_ATLAS_ORG_ID", "f" * 24)
    answer = call(capsys)
    assert answer["failed"]
    assert f"organization {'f' * 24} (atlas_org_id)" in answer["msg"]
