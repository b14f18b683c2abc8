"""The module as Ansible calls it."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.modules import release_support
from emulator import account
from module_answer import ANSIBLES_OWN

# Warnings are kept per process: here those of other tests may be among them.
BASE = {"environment_name": "dev", "stack_name": "calstack-dev"}
GIVEN = {
    "rule_arn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/x/1/2/3",
    "service_arns": {
        colour: f"arn:aws:ecs:eu-west-1:123456789012:service/x/x-{colour}" for colour in ("blue", "green")
    },
}


@pytest.fixture
def aws():
    with account() as made:
        yield made


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        release_support.main()
    return json.loads(capsys.readouterr().out)


def test_what_is_documented_is_what_is_taken():
    documented = {
        name: {key: option[key] for key in ("type", "default") if key in option}
        for name, option in yaml.safe_load(release_support.DOCUMENTATION)["options"].items()
    }
    assert documented == release_support.OPTIONS


def test_every_key_it_returns_is_documented(aws, capsys):
    answer = call(capsys, **GIVEN)
    assert answer["changed"]
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(release_support.RETURN).keys()
    assert not call(capsys, **GIVEN)["changed"]


def test_a_missing_rule_is_one_message(aws, capsys):
    answer = call(capsys)
    assert answer["failed"]
    assert answer["msg"].startswith("release_rule_arn is empty")


def test_absent_needs_nothing_but_names(aws, capsys):
    call(capsys, **GIVEN)
    assert call(capsys, state="absent")["changed"]
    assert not call(capsys, state="absent")["changed"]
