"""The module as Ansible calls it, against the lab's Atlas and an emulated account: no password in anything it says."""

import base64
import json
from dataclasses import replace
from urllib.parse import quote

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.module_utils._atlas.operations import CREATE_CLUSTER
from ansible_collections.calstack.aws.plugins.module_utils._connection.uri import split
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._secrets.api import tag_list
from ansible_collections.calstack.aws.plugins.modules import atlas_connection_secret as module
from atlas_account import AtlasAccount, project_in, served
from atlas_lab import free
from atlas_modules import documented, taken
from emulator import account
from module_answer import ANSIBLES_OWN

from lab.ca import LocalCa

NAME = "calstack/dev/database"
BASE = {
    "environment_name": "dev",
    "stack_name": "calstack-dev",
    "project_name": "calstack-dev",
    "secret_name": NAME,
    "database": "calstack",
}
OLD = "p@ss/w:rd+51é"


@pytest.fixture
def atlas(monkeypatch, tmp_path):
    made = AtlasAccount()
    made.world.settings = replace(made.world.settings, home=tmp_path)
    authority = LocalCa(made.world.settings)
    made.api.call(CREATE_CLUSTER, body=free("calstack-dev"), project=project_in(made))
    with served(made) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield made
    authority.remove()


@pytest.fixture
def aws():
    with account() as made:
        yield made("secretsmanager")


def call(capsys, check=False, **given):
    """The module's answer, and all that it prints."""
    own = {"_ansible_check_mode": check, "_ansible_diff": True, "_ansible_verbosity": 4, "_ansible_debug": True}
    with patch_module_args(BASE | own | given), pytest.raises(SystemExit):
        module.main()
    printed = capsys.readouterr()
    return json.loads(printed.out), printed.out + printed.err


def value(aws, stage="AWSCURRENT"):
    return json.loads(aws.get_secret_value(SecretId=NAME, VersionStage=stage)["SecretString"])["MONGO_URI"]


def shapes(password):
    encoded = base64.b64encode(password.encode()).decode()
    return {password, quote(password, safe=""), json.dumps(password)[1:-1], encoded, encoded.rstrip("=")[:-1]}


def test_what_is_documented_is_what_is_taken():
    assert documented(module) == taken(module.OPTIONS)
    described = [option["description"] for option in yaml.safe_load(module.DOCUMENTATION)["options"].values()]
    lines = [line for text in described for line in ([text] if isinstance(text, str) else text)]
    assert [line for line in lines if not isinstance(line, str)] == []


def test_every_key_it_returns_is_documented(atlas, aws, capsys):
    told, _printed = call(capsys)
    returned = yaml.safe_load(module.RETURN)
    assert told["changed"]
    assert told.keys() - ANSIBLES_OWN == returned.keys()
    assert not call(capsys)[0]["changed"]
    assert call(capsys, state="absent")[0].keys() - ANSIBLES_OWN == {"changes"}


def test_nothing_it_says_has_a_password_in_it(atlas, aws, capsys):
    tags = Scope("dev", "secrets", "calstack-dev").tags(NAME)
    old = f"mongodb://me:{quote(OLD, safe='')}@old.example.com/"
    aws.create_secret(Name=NAME, SecretString=json.dumps({"MONGO_URI": old}), Tags=tag_list(tags))
    said = []
    for given in ({}, {"take_over": True}, {"goal": "prepared"}, {"goal": "current"}, {"goal": "retired"}, {}):
        said += [call(capsys, check=True, **given)[1], call(capsys, **given)[1]]
    atlas.faults["createDatabaseUser"] = ["refuse"] * 9
    said.append(call(capsys, goal="prepared")[1])
    assert '"failed": true' in said[-1]
    versions = aws.list_secret_version_ids(SecretId=NAME, IncludeDeprecated=True)["Versions"]
    stored = [aws.get_secret_value(SecretId=NAME, VersionId=item["VersionId"])["SecretString"] for item in versions]
    passwords = {split(json.loads(text)["MONGO_URI"]).login.password for text in stored}
    assert len(passwords) >= 3
    text = "\n".join(said)
    assert [shape for password in passwords for shape in shapes(password) if shape in text] == []
    assert "mongodb://calstack" not in text


def test_a_dry_run_on_nothing_at_all_completes(atlas, aws, capsys):
    told, _printed = call(capsys, check=True, project_name="planned")
    assert (told["changed"], told["secret_arn"]) == (True, "(known after apply)")
    assert "createDatabaseUser" not in atlas.writes()


def test_what_is_wrong_is_one_message(atlas, aws, capsys):
    told, _printed = call(capsys, recovery_days=3)
    assert told["failed"]
    assert told["msg"].startswith("atlas_recovery_days is 3")


def test_a_refusal_of_atlas_is_a_failure_and_never_an_absence(atlas, aws, capsys):
    call(capsys)
    before = value(aws)
    atlas.faults["listDatabaseUsers"] = ["refuse"]
    told, _printed = call(capsys)
    assert told["failed"]
    assert "reading database users: Atlas answered 403" in told["msg"]
    assert value(aws) == before
