"""The module as Ansible calls it."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.module_utils._connection_check import check
from ansible_collections.calstack.aws.plugins.modules import atlas_connection_check
from connection_check_account import made
from ecs_account import push, ready, site
from module_answer import ANSIBLES_OWN

BASE = {"environment_name": "dev", "stack_name": "calstack-dev"}
KEYS = ("type", "elements", "choices", "default", "required")
GOOD = json.dumps({"calstack_check": 1, "ok": True, "host": "db:27017", "version": "8.0.1", "ms": 12})


@pytest.fixture
def world():
    with ready() as (aws, given):
        push(aws, "v1")
        site(aws, given)
        aws.calls.clear()
        yield made(aws)


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        atlas_connection_check.main()
    return json.loads(capsys.readouterr().out)


def test_what_is_documented_is_what_is_taken():
    options = yaml.safe_load(atlas_connection_check.DOCUMENTATION)["options"]
    documented = {name: {key: option[key] for key in KEYS if key in option} for name, option in options.items()}
    taken = {
        name: {key: option[key] for key in KEYS if key in option}
        for name, option in atlas_connection_check.OPTIONS.items()
        if name not in BASE
    }
    assert documented == taken


def test_every_key_it_returns_is_documented(world, capsys, monkeypatch):
    def at_once(calls, teller):
        return check.Check(calls, teller, clock=lambda: world.now, sleep=world.sleep)

    monkeypatch.setattr(atlas_connection_check, "Check", at_once)
    world.ends(0, GOOD)
    answer = call(capsys, secret_arn=world.secret_arn)
    assert answer["checked"]
    assert answer["changed"] is False
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(atlas_connection_check.RETURN).keys()
    world.ends(1, "anything")
    answer = call(capsys, secret_arn=world.secret_arn, key="OTHER")
    assert answer["failed"]
    assert answer["msg"].startswith("OTHER of the secret calstack/dev/database (AWSCURRENT) does not work from")


def test_check_mode_runs_nothing(world, capsys):
    world.aws.calls.clear()
    answer = call(capsys, secret_arn="(known after apply)", _ansible_check_mode=True)
    assert (answer["checked"], answer["changed"]) == (False, False)
    assert not world.aws.writes


def test_wrong_input_ends_in_one_message(world, capsys):
    assert call(capsys, secret_arn=world.secret_arn, key="-")["msg"].startswith("atlas_check_key is '-'")
