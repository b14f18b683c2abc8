"""The module as Ansible calls it, against the lab's Atlas over loopback."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import CREATE_FLEX_CLUSTER
from ansible_collections.calstack.aws.plugins.modules import atlas_info
from atlas_account import AtlasAccount, project_in, served
from module_answer import ANSIBLES_OWN

from lab.atlas.credentials import CLIENT_SECRET


@pytest.fixture
def atlas(monkeypatch):
    account = AtlasAccount()
    project = project_in(account)
    provider = {"backingProviderName": "AWS", "regionName": "EU_WEST_1"}
    account.api.call(CREATE_FLEX_CLUSTER, body={"name": "c", "providerSettings": provider}, project=project)
    with served(account) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield account


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args(given), pytest.raises(SystemExit):
        atlas_info.main()
    printed = capsys.readouterr().out
    assert CLIENT_SECRET not in printed
    return json.loads(printed)


def test_every_key_it_returns_is_documented(atlas, capsys):
    documented = yaml.safe_load(atlas_info.RETURN)
    answer = call(capsys, project_name="calstack-dev")
    assert not answer["changed"]
    assert answer.keys() - ANSIBLES_OWN == documented.keys()
    assert answer["clusters"][0].keys() == documented["clusters"]["contains"].keys()
    assert answer["project"].keys() == documented["project"]["contains"].keys()


def test_a_dry_run_looks_as_well(atlas, capsys):
    assert call(capsys, project_name="calstack-dev", _ansible_check_mode=True)["clusters"][0]["name"] == "c"


def test_one_project_must_be_named(atlas, capsys):
    assert "project_id" in call(capsys)["msg"]


def test_a_refusal_is_one_message(atlas, capsys):
    atlas.faults["listFlexClusters"] = ["refuse"]
    answer = call(capsys, project_name="calstack-dev")
    assert answer["failed"]
    assert "USER_UNAUTHORIZED" in answer["msg"]
